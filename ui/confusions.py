"""What is taken for what: the confusion matrix, whose cells lead to their pictures, and the figures of each class."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from core.evaluation.groups import gap, groups
from core.evaluation.metrics import by_similarity, confusion_matrix, per_class
from core.evaluation.predictions import StoredPredictions
from ui.charts import escaped, show_chart
from ui.formats import plain
from ui.i18n import _
from ui.palette import ACCENT, GROUND

if TYPE_CHECKING:
    import plotly.graph_objects as go

_CHART, _TABLE = "confusion", "class-table"  # keys of the chart and of the table
SECTION, CELL = "section", "cell"  # keys of the tabs of the page, and of the cell whose pictures are shown
Cell = tuple[int, int]  # class that the image shows, class that the model says
ANY = -1  # in a cell, for any wrong class


def confusion(predictions: StoredPredictions) -> None:
    """The confusion matrix, in counts or shares of the true class; a click on a cell chooses it."""
    classes = list(predictions.classes)
    matrix = confusion_matrix(predictions.labels, predictions.predicted, len(classes))
    unit, order = st.columns(2)
    as_shares = unit.segmented_control(
        _("Show"), [_("Shares"), _("Counts")], default=_("Shares"), required=True, key="confusion-unit"
    ) == _("Shares")
    by_class = order.segmented_control(
        _("Order of the classes"),
        [_("As named"), _("Alike together")],
        default=_("As named"),
        required=True,
        key="confusion-order",
        help=_("Alike are classes that the model takes for each other."),
    ) == _("As named")
    places = np.arange(len(classes)) if by_class else by_similarity(matrix)
    figure = _heatmap(matrix, places, classes, as_shares)
    show_chart(figure, worst_confusion(matrix, classes), _CHART, max(360, 44 * len(classes) + 100), _choose)


def _choose() -> None:
    """A click on a cell is a choice of its pictures; one beside them, of none."""
    points = st.session_state[_CHART]["selection"]["points"]
    st.session_state[CELL] = tuple(points[0]["customdata"]) if points else None


def open_class(label: int) -> None:
    """Turn to the mistakes on images of a class; for callbacks."""
    st.session_state[SECTION], st.session_state[CELL] = _("Mistakes"), (label, ANY)


def _heatmap(matrix: np.ndarray, places: np.ndarray, classes: list[str], as_shares: bool) -> "go.Figure":
    import plotly.graph_objects as go

    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    counts, shares = matrix[np.ix_(places, places)], shares[np.ix_(places, places)]
    figure = go.Figure(
        go.Heatmap(
            z=shares if as_shares else counts,
            text=[[_share(cell) for cell in row] for row in shares] if as_shares else counts,
            texttemplate="%{text}",
            hoverinfo="skip",
            colorscale=[
                [0, GROUND[st.context.theme.type or "light"]],
                [1, ACCENT],
            ],  # opaque: the text contrasts with it
            showscale=False,
            xgap=2,
            ygap=2,
        )
    )
    texts = [
        _("{true} taken for {said}: {count:,}").format(
            true=escaped(classes[true]), said=escaped(classes[said]), count=matrix[true, said]
        )
        for true in places
        for said in places
    ]
    return clickable(figure, places, classes, texts)


def clickable(figure: "go.Figure", places: np.ndarray, classes: Sequence[str], texts: list[str]) -> "go.Figure":
    """A heat map of true and named classes with its axes, whose cells tell of clicks and show a text.

    Args:
        places: the classes in the order in which they stand `[n]`.
        texts: of the cells `[n * n]`, row by row.
    """
    # Plotly does not tell of clicks on a heat map: squares that nobody sees lie over its cells.
    rows, columns = np.divmod(np.arange(len(places) ** 2), len(places))
    figure.add_scatter(
        x=columns,
        y=rows,
        mode="markers",
        marker={"symbol": "square", "size": 40, "opacity": 0},
        customdata=np.stack([places[rows], places[columns]], axis=1).tolist(),  # of an array the browser makes objects
        text=texts,
        hovertemplate="%{text}<extra></extra>",
        unselected={"marker": {"opacity": 0}},
        selected={"marker": {"opacity": 0}},
        showlegend=False,
    )
    end = len(places) - 0.5
    ticks = {
        "tickvals": list(range(len(places))),
        "ticktext": [escaped(classes[place]) for place in places],
        "showgrid": False,
        "zeroline": False,
    }
    figure.update_xaxes(title=_("the model says"), range=[-0.5, end], **ticks)
    figure.update_yaxes(title=_("the image shows"), range=[end, -0.5], **ticks)
    return figure


def _share(cell: float) -> str:
    """A share in few signs; a rare mistake is not none."""
    return "<1%" if 0 < cell < 0.005 else f"{cell:.0%}" if cell else ""


def worst_confusion(matrix: np.ndarray, classes: list[str]) -> str:
    """The commonest mistake in words."""
    errors = matrix.copy()
    np.fill_diagonal(errors, 0)
    if not errors.any():
        return _("Every test image was named rightly")
    true, said = np.unravel_index(errors.argmax(), errors.shape)
    return _("Most often, “{true}” is taken for “{said}”: {count:,} of {total:,} images").format(
        true=classes[true], said=classes[said], count=errors[true, said], total=matrix[true].sum()
    )


def class_table(predictions: StoredPredictions) -> None:
    """Recall with its interval, precision and F1 for each class, worst first."""
    rows = pd.DataFrame(per_class(predictions.labels, predictions.predicted, predictions.classes))
    rows = rows.sort_values("recall", ignore_index=True)  # classes without a test image come last: they have no recall
    title = _("Hardest class: “{name}”, {recall:.0%} of its images are recognised")
    names = [predictions.classes[label] for label in predictions.labels]
    distance = gap(groups(names, predictions.right, predictions.confidence))
    if distance is not None and distance.is_noise:
        title = _("Classes differ by no more than chance would make them")
    st.header(title.format(name=plain(rows.loc[0, "class"]), recall=rows.loc[0, "recall"]))

    def show() -> None:
        """A row that is chosen opens the mistakes on images of its class."""
        if chosen := st.session_state[_TABLE]["selection"]["rows"]:
            open_class(predictions.classes.index(rows.loc[chosen[0], "class"]))

    st.dataframe(
        rows,
        key=_TABLE,
        on_select=show,
        selection_mode="single-row",
        hide_index=True,
        column_order=["class", "recall", "recall_low", "recall_high", "precision", "f1", "support"],
        column_config={
            "class": st.column_config.TextColumn(_("Class")),
            "recall": st.column_config.ProgressColumn(
                _("Recognised"),
                format="percent",
                min_value=0.0,
                max_value=1.0,
                help=_("Recall: of the images of this class, the share named so."),
            ),
            "recall_low": st.column_config.NumberColumn(
                _("95% from"), format="percent", help=_("Lower end of the 95% interval of the recall.")
            ),
            "recall_high": st.column_config.NumberColumn(
                _("to"), format="percent", help=_("Upper end of the 95% interval of the recall.")
            ),
            "precision": st.column_config.NumberColumn(
                _("Right when said"), format="percent", help=_("Precision: of the images named so, the share that are.")
            ),
            "f1": st.column_config.NumberColumn(_("F1"), format="%.3f", help=_("Harmonic mean of the two.")),
            "support": st.column_config.NumberColumn(_("Images"), format="localized"),
        },
        placeholder="–",
        alt=_("Figures for each class, the hardest first"),
    )
    st.caption(_("Choose a row to see the mistakes on images of that class."))
