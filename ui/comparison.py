"""Two models side by side: who is better, what was done differently, and which pictures they do not agree on."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from core.data.lookup import has_rows_of
from core.errors import VitrineError
from core.evaluation.comparison import Comparison, compare
from core.evaluation.metrics import Measured, confusion_matrix
from core.runs.run import Run
from core.runs.store import TRAINED
from core.training.recipe import SETTINGS
from core.training.recipes import complete
from ui.charts import escaped, show_chart
from ui.curves import overlaid
from ui.evaluation import count_look
from ui.formats import number, plain
from ui.i18n import _
from ui.judging import Judged, pictures, predictions_of
from ui.palette import ACCENT, GROUND, ORANGE
from ui.pickers import known_runs
from ui.pictures import enlarged
from ui.settings import title_of, value_words
from ui.states import show_error

if TYPE_CHECKING:
    import plotly.graph_objects as go

CHANGED = 12  # pictures each way


def comparison(run: Run, judged: Judged) -> None:
    """Everything about the chosen run, A, and another one on the same test images, B."""
    others = [other for other in known_runs() if _comparable(other, run, judged)]
    if not others:
        st.caption(_("There is no other finished model that was tested on the same images. Train a second one."))
        st.page_link("pages/train.py", label=_("Train another"), icon=":material/model_training:")
        return
    ids = [other.id for other in others]
    again = run.spec.get("again")
    other = st.selectbox(
        _("Compare with"),
        others,
        index=ids.index(again) if again in ids else 0,
        format_func=lambda one: one.name,
        key=f"against-{run.id}",
    )
    theirs = predictions_of(other)
    assert theirs is not None
    count_look(other)
    try:
        found = compare(judged.predictions, theirs)
    except VitrineError as error:
        show_error(error)
        return
    st.header(plain(_verdict(found, run.name, other.name)), anchor=False)
    st.markdown(_in_words(found, run.name, other.name))
    _differences(run, other)
    overlaid(run, other)
    _confusion_difference(found, judged, theirs.predicted[found.second], run.name, other.name)
    _changed(found, run, other, judged, theirs.predicted[found.second])


def _comparable(other: Run, run: Run, judged: Judged) -> bool:
    """Whether the other run's stored predictions are of the same rows."""
    if other.id == run.id or other.state not in TRAINED or not other.predictions.exists():
        return False
    if judged.dataset is not None:
        return has_rows_of(judged.dataset, other)
    return other.bundled and run.bundled and other.spec["row_order"] == run.spec["row_order"]


def _verdict(found: Comparison, a: str, b: str) -> str:
    if found.better is None:
        return _("No difference beyond chance")
    better, worse = (b, a) if found.better == "b" else (a, b)
    return _("{better} is better than {worse}").format(better=better, worse=worse)


def _in_words(found: Comparison, a: str, b: str) -> str:
    """McNemar's test as a sentence."""
    gain, won, lost = found.gain, int(found.only_b.sum()), int(found.only_a.sum())
    if gain.value < 0:  # the better one is spoken of
        a, b, won, lost = b, a, lost, won
        gain = Measured(-gain.value, -gain.high, -gain.low)
    text = _(
        "**{b}** names {gain:.1f} points more test images rightly than **{a}** (95% interval {low:+.1f} to {high:+.1f}; {n} images). "
        "Of those that only one of them names rightly, {b} has {won} and {a} has {lost}. Were both equally good, so uneven a split would "
        "come by chance {chance} (McNemar's test)."
    )
    return text.format(
        a=plain(a),
        b=plain(b),
        gain=100 * gain.value,
        low=100 * gain.low,
        high=100 * gain.high,
        n=number(found.n),
        won=number(won),
        lost=number(lost),
        chance=_chance(found.p),
    )


def _chance(p: float) -> str:
    if p > 0.5:
        return _("more often than not")
    if p < 1e-6:
        return _("less than once in a million times")
    return _("once in {n} times").format(n=number(round(1 / p)))


def _differences(run: Run, other: Run) -> None:
    """The recipes, side by side; first what differs."""
    try:
        a, b = complete(run.recipe), complete(other.recipe)
    except VitrineError:  # of a later version
        return
    rows = [(title_of(name), value_words(getattr(a, name)), value_words(getattr(b, name))) for name in SETTINGS]
    differing = [row for row in rows if row[1] != row[2]]
    columns = [_("Setting"), plain(run.name), plain(other.name)]
    if differing:
        st.subheader(_("What was done differently"), anchor=False)
        st.table(pd.DataFrame(differing, columns=columns).set_index(columns[0]), border="horizontal")
    else:
        st.caption(_("Both were trained by the same recipe."))
    with st.expander(_("All settings")):
        st.table(pd.DataFrame(rows, columns=columns).set_index(columns[0]), border="horizontal")


def _confusion_difference(found: Comparison, judged: Judged, said_b: np.ndarray, a: str, b: str) -> None:
    """Where B makes more mistakes than A, and where fewer."""
    classes = list(judged.predictions.classes)
    labels = judged.predictions.labels[found.first]
    before = confusion_matrix(labels, judged.predictions.predicted[found.first], len(classes))
    difference = confusion_matrix(labels, said_b, len(classes)) - before
    if not difference.any():
        st.caption(_("Both take the same classes for each other equally often."))
        return
    mistakes = difference.copy()
    np.fill_diagonal(mistakes, 0)
    true, said = np.unravel_index(np.abs(mistakes).argmax(), mistakes.shape)
    template = (
        _("{b} takes “{true}” for “{said}” in {n} images fewer")
        if mistakes[true, said] < 0
        else _("{b} takes “{true}” for “{said}” in {n} images more")
    )
    title = template.format(b=b, true=classes[true], said=classes[said], n=number(abs(mistakes[true, said])))
    show_chart(_difference_map(difference, classes), title, "confusion-difference", max(360, 40 * len(classes) + 100))
    st.caption(
        _("Counts of test images, {b} less {a}: below zero is better, but on the diagonal, where above is.").format(
            a=plain(a), b=plain(b)
        )
    )


def _difference_map(difference: np.ndarray, classes: list[str]) -> "go.Figure":
    import plotly.graph_objects as go

    largest = int(np.abs(difference).max())
    ground = GROUND[st.context.theme.type or "light"]
    good = np.where(np.eye(len(classes), dtype=bool), difference, -difference)  # the colour says whether it is better
    figure = go.Figure(
        go.Heatmap(
            z=good,
            zmin=-largest,
            zmax=largest,
            text=[[f"{cell:+d}" if cell else "" for cell in row] for row in difference],
            texttemplate="%{text}",
            hovertemplate=_("%{y} named %{x}: %{text}") + "<extra></extra>",
            colorscale=[[0, ORANGE], [0.5, ground], [1, ACCENT]],
            showscale=False,
            xgap=2,
            ygap=2,
        )
    )
    places = {"tickvals": list(range(len(classes))), "ticktext": [escaped(name) for name in classes], "showgrid": False}
    figure.update_xaxes(title=_("the model says"), zeroline=False, **places)
    figure.update_yaxes(title=_("the image shows"), zeroline=False, autorange="reversed", **places)
    return figure


def _changed(found: Comparison, run: Run, other: Run, judged: Judged, said_b: np.ndarray) -> None:
    """The pictures that only one of the two names rightly."""
    if not (found.only_a.any() or found.only_b.any()):
        return
    picture_of = pictures(run, judged)
    if picture_of is None:
        return
    predictions = judged.predictions
    for name, pairs in ((other.name, found.only_b), (run.name, found.only_a)):
        st.subheader(
            plain(_("Only {run} names them rightly: {n}").format(run=name, n=number(pairs.sum()))), anchor=False
        )
        with st.grid("auto", min_column_width=112, gap="small"):
            for pair in np.flatnonzero(pairs)[:CHANGED]:
                place = found.first[pair]
                label, a, b = predictions.labels[place], predictions.predicted[place], said_b[pair]
                wrong = predictions.classes[a if pairs is found.only_b else b]
                st.image(
                    enlarged(picture_of(int(predictions.rows[place]))),
                    caption=plain(_("{true}, not {wrong}").format(true=predictions.classes[label], wrong=wrong)),
                    width="stretch",
                    alt=_("An image of class {true} taken for {said} by one of the two").format(
                        true=predictions.classes[label], said=wrong
                    ),
                )
