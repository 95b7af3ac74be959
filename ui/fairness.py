"""Whether the model serves some images worse than others: by class, by folder, by what the user knows of them."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from core.data.attributes import MAX_BYTES, add_attributes, attributes_of
from core.data.versions import Dataset
from core.errors import VitrineError
from core.evaluation.groups import Gap, Group, gap, groups
from core.evaluation.predictions import StoredPredictions
from ui.charts import escaped, show_chart
from ui.confusions import open_class
from ui.formats import number, percent, plain
from ui.i18n import _, ngettext
from ui.judging import Judged
from ui.palette import ACCENT, ORANGE, faded
from ui.states import show_error

if TYPE_CHECKING:
    import plotly.graph_objects as go

LEAST = 10  # images that a group needs to be shown
MOST = 40  # groups on the screen
_CLASSES = "fairness-class"  # key of the chart
_TROUBLE = "attributes-trouble"  # why the last table was refused


def by_class(predictions: StoredPredictions) -> None:
    """Accuracy and confidence of each class."""
    names = [predictions.classes[label] for label in predictions.labels]

    def show() -> None:
        """A class that is clicked opens the mistakes on its images."""
        if points := st.session_state[_CLASSES]["selection"]["points"]:
            open_class(points[0]["customdata"][0])

    found = groups(names, predictions.right, predictions.confidence)
    _shown(found, _CLASSES, _("class"), show, [predictions.classes.index(group.name) for group in found])


def by_attribute(judged: Judged) -> None:
    """The same over what else is known of the images, and the way to bring it."""
    if judged.dataset is None:
        return
    try:
        attributes = attributes_of(judged.dataset)
    except VitrineError as error:
        show_error(error)
        return
    rows, predictions = judged.predictions.rows, judged.predictions
    known = {name: [values[row] for row in rows.tolist()] for name, values in attributes.items()}
    known = {name: values for name, values in known.items() if len(set(values) - {""}) > 1}
    if known:
        chosen = st.selectbox(_("Also by"), list(known), format_func=plain, key=f"attribute-{judged.dataset.name}")
        values = known[chosen]
        told = np.array([bool(value) for value in values])
        named = [value for value in values if value]
        found = groups(named, predictions.right[told], predictions.confidence[told])
        few = [group for group in found if group.n < LEAST]
        _shown([group for group in found if group.n >= LEAST], "fairness-attribute", chosen)
        if few:
            st.caption(
                ngettext(
                    "{n} group of fewer than {least} images is left out: it would say nothing.",
                    "{n} groups of fewer than {least} images are left out: they would say nothing.",
                    len(few),
                ).format(n=len(few), least=LEAST)
            )
    _bring(judged.dataset)


def _bring(dataset: Dataset) -> None:
    with st.expander(_("Bring what you know of the images"), icon=":material/table:"):
        st.markdown(
            _(
                "A CSV table with a column `path` that names the images as their ZIP did (`cat/1.jpg`) and a column for each attribute: "
                "light, place, camera, age group. Sub-folders below the class folders count as attributes by themselves."
            )
        )
        st.file_uploader(
            _("Table"),
            type=["csv"],
            key=f"attributes-{dataset.name}-{dataset.version}",
            max_upload_size=MAX_BYTES >> 20,
            on_change=_keep,
            args=(dataset,),
        )
        if error := st.session_state.pop(_TROUBLE, None):
            show_error(error)


def _keep(dataset: Dataset) -> None:
    file = st.session_state[f"attributes-{dataset.name}-{dataset.version}"]
    if file is None:
        return
    try:
        count, names = add_attributes(dataset, file.getvalue())
        text = _("{n} images now have: {names}.").format(n=number(count), names=plain(", ".join(names)))
        st.toast(text, icon=":material/table:")
        st.session_state[f"attribute-{dataset.name}"] = names[0]
    except VitrineError as error:
        st.session_state[_TROUBLE] = error


def _shown(
    found: list[Group], key: str, kind: str, on_click: Callable[[], None] | None = None, labels: Sequence[int] = ()
) -> None:
    """The chart; with a click on a group, whose number among the classes is in `labels`, if that leads anywhere."""
    distance = gap(found)
    if distance is None:
        return
    places = range(len(found))
    few = places if len(found) <= MOST else [*places[: MOST // 2], *places[-MOST // 2 :]]
    figure = _dots([found[place] for place in few], [[labels[place]] for place in few] if labels else None)
    show_chart(figure, _title(distance), key, 140 + 26 * len(few), on_click)
    text = _verdict(distance, kind)
    st.caption(text + " " + _("A click on a class opens its mistakes.") if on_click else text)


def _title(distance: Gap) -> str:
    return _("From {low} (“{worst}”) to {high} (“{best}”)").format(
        low=percent(distance.worst.accuracy.value, 0),
        worst=distance.worst.name,
        high=percent(distance.best.accuracy.value, 0),
        best=distance.best.name,
    )


def _verdict(distance: Gap, kind: str) -> str:
    size = f"{100 * distance.size:.1f}"
    if distance.is_noise:
        text = _(
            "A gap of {size} points that may be noise: were all alike, one this large would come by chance in {p} of such tests."
        )
        return text.format(size=size, p=percent(distance.p, 0))
    text = _(
        "A gap of {size} points that is more than noise: were all alike, one this large would come by chance in {p} of such tests. "
        "More, or other, training images by {kind} are the first thing to try."
    )
    return text.format(size=size, p=percent(distance.p, 1) if distance.p else "<0.1%", kind=plain(kind))


def _dots(found: list[Group], data: list[list[int]] | None) -> "go.Figure":
    """Accuracy with its interval, and mean confidence beside it: where the second is larger, the model overrates itself."""
    import plotly.graph_objects as go

    names = [f"{escaped(group.name)} ({number(group.n)})" for group in found]
    figure = go.Figure()
    figure.add_scatter(
        x=[group.accuracy.value for group in found],
        y=names,
        mode="markers",
        name=_("named rightly, 95% interval"),
        marker={"color": ACCENT, "size": 11},
        customdata=data,
        error_x={
            "array": [group.accuracy.high - group.accuracy.value for group in found],
            "arrayminus": [group.accuracy.value - group.accuracy.low for group in found],
            "color": faded(ACCENT, 0.6),
        },
        hovertemplate="%{y}: %{x:.1%}<extra></extra>",
    )
    figure.add_scatter(
        x=[group.confidence.value for group in found],
        y=names,
        mode="markers",
        name=_("how sure it was, on average"),
        marker={"color": ORANGE, "size": 9, "symbol": "diamond-open"},
        customdata=data,
        hovertemplate="%{y}: %{x:.1%}<extra></extra>",
    )
    figure.update_xaxes(tickformat=".0%", title=_("of test images"))
    figure.update_yaxes(autorange="reversed", title=None, automargin=True, showgrid=True)
    figure.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "title": None})
    return figure
