"""Where two models do not agree: the difference of their confusions, whose cells lead to the pictures that only one names so."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import streamlit as st

from core.evaluation.comparison import Comparison, surest_of_each_class
from core.evaluation.metrics import confusion_matrix
from core.evaluation.predictions import StoredPredictions
from core.runs.run import Run
from ui.charts import escaped, show_chart
from ui.confusions import Cell, clickable
from ui.formats import number, plain
from ui.i18n import _
from ui.judging import Judged, pictures
from ui.mistakes import ALL
from ui.paging import show_more, visible
from ui.palette import ACCENT, GROUND, ORANGE
from ui.pictures import enlarged

if TYPE_CHECKING:
    from collections.abc import Callable

    import plotly.graph_objects as go

AT_ONCE = 12  # pictures each way
_CHART, _CHOICE = "confusion-difference", "disagreement"  # keys of the chart, and of the cell whose pictures are shown


@dataclass(frozen=True)
class Pair:
    """What models A and B say of the same `n` images.

    Attributes:
        a, b: their names.
        rows, labels: of the images, in the manifest and as classes `[n]`.
        said_a, said_b: the classes that they name `[n]`.
        sure_a, sure_b: the probabilities that they give to those `[n]`.
    """

    a: str
    b: str
    classes: tuple[str, ...]
    rows: np.ndarray
    labels: np.ndarray
    said_a: np.ndarray
    said_b: np.ndarray
    sure_a: np.ndarray
    sure_b: np.ndarray

    @classmethod
    def of(cls, found: Comparison, a: StoredPredictions, b: StoredPredictions, name_a: str, name_b: str) -> Self:
        first, second = found.first, found.second
        said, sure = (a.predicted[first], b.predicted[second]), (a.confidence[first], b.confidence[second])
        return cls(name_a, name_b, a.classes, a.rows[first], a.labels[first], *said, *sure)

    def only(self, cell: Cell) -> tuple[np.ndarray, np.ndarray]:
        """Images of one true class that only A, and that only B, names as the cell says; of all classes, rightly. The surest first."""
        true, named = (self.labels, self.labels) if cell == ALL else cell
        by_a, by_b = ((self.labels == true) & (said == named) for said in (self.said_a, self.said_b))
        only_a, only_b = np.flatnonzero(by_a & ~by_b), np.flatnonzero(by_b & ~by_a)
        return (
            only_a[surest_of_each_class(self.labels[only_a], self.sure_a[only_a])],
            only_b[surest_of_each_class(self.labels[only_b], self.sure_b[only_b])],
        )

    def cells(self) -> dict[Cell, int]:
        """How many images only one of the two puts into a cell: first those named rightly, class by class, then the commonest."""
        differ = self.said_a != self.said_b
        by_a, by_b = (
            confusion_matrix(self.labels[differ], said[differ], len(self.classes))
            for said in (self.said_a, self.said_b)
        )
        counts = by_a + by_b
        true, said = np.nonzero(counts)
        order = np.lexsort((np.where(true == said, true, -counts[true, said]), true != said))
        return {(int(true[i]), int(said[i])): int(counts[true[i], said[i]]) for i in order}


def confusion_difference(pair: Pair) -> None:
    """Where B makes more mistakes than A, and where fewer. A click on a cell chooses its pictures."""
    n, classes = len(pair.classes), pair.classes
    difference = confusion_matrix(pair.labels, pair.said_b, n) - confusion_matrix(pair.labels, pair.said_a, n)
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
    title = template.format(b=pair.b, true=classes[true], said=classes[said], n=number(abs(mistakes[true, said])))
    show_chart(_difference_map(difference, classes), title, _CHART, max(360, 40 * n + 100), _choose)
    st.caption(
        _(
            "Each cell: the test images that B, {b}, has there, less those of A, {a}. Blue is where B is better: fewer mistakes, or on the "
            "diagonal more named rightly; orange is where B is worse. A click on a cell shows its pictures below."
        ).format(a=plain(pair.a), b=plain(pair.b))
    )


def _choose() -> None:
    points = st.session_state[_CHART]["selection"]["points"]
    st.session_state[_CHOICE] = tuple(points[0]["customdata"]) if points else ALL


def _difference_map(difference: np.ndarray, classes: tuple[str, ...]) -> "go.Figure":
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
            hoverinfo="skip",
            colorscale=[[0, ORANGE], [0.5, ground], [1, ACCENT]],
            showscale=False,
            xgap=2,
            ygap=2,
        )
    )
    texts = [
        _("{true} named {said}: {difference:+,}").format(
            true=escaped(true), said=escaped(said), difference=difference[row, column]
        )
        for row, true in enumerate(classes)
        for column, said in enumerate(classes)
    ]
    return clickable(figure, np.arange(len(classes)), classes, texts)


def disagreements(pair: Pair, run: Run, judged: Judged) -> None:
    """The pictures that only one of the two names rightly, or as the chosen cell says."""
    cells = pair.cells()
    if not cells:
        return
    picture_of = pictures(run, judged)
    if picture_of is not None:
        _pictures(pair, cells, picture_of)


@st.fragment
def _pictures(pair: Pair, cells: dict[Cell, int], picture_of: "Callable[[int], np.ndarray]") -> None:
    """A choice of what to see, then both ways."""
    if st.session_state.get(_CHOICE) not in cells:  # a cell on which both agree has none
        st.session_state[_CHOICE] = ALL
    right = sum(count for (true, said), count in cells.items() if true == said)

    def words(cell: Cell) -> str:
        if cell == ALL:
            return _("all classes ({n})").format(n=number(right))
        true, said = (pair.classes[label] for label in cell)
        if true == said:
            return _("{name} ({n})").format(name=true, n=number(cells[cell]))
        return _("{true} taken for {said} ({n})").format(true=true, said=said, n=number(cells[cell]))

    cell = st.selectbox(
        _("Pictures on which they differ"),
        [ALL, *cells],
        key=_CHOICE,
        format_func=words,
        help=_("Of one class or of all, those that only one names rightly; further down, those of one mistake."),
    )
    st.caption(
        _("A is {a}, B is {b}. What the one is surest of comes first, of each class in turn.").format(
            a=plain(pair.a), b=plain(pair.b)
        )
    )
    only_a, only_b = pair.only(cell)
    for letter, name, places in (("B", pair.b, only_b), ("A", pair.a, only_a)):
        st.subheader(plain(_heading(pair, cell, f"{letter}, {name},", len(places))), anchor=False)
        key = f"only-{letter}-{cell}"
        with st.grid("auto", min_column_width=112, gap="small"):
            for place in places[: visible(AT_ONCE, key)]:
                _picture(pair, place, picture_of)
        show_more(len(places), AT_ONCE, key)


def _heading(pair: Pair, cell: Cell, run: str, n: int) -> str:
    if cell[0] == cell[1]:
        return _("Only {run} names them rightly: {n}").format(run=run, n=number(n))
    true, said = (pair.classes[label] for label in cell)
    return _("Only {run} takes “{true}” for “{said}”: {n}").format(run=run, true=true, said=said, n=number(n))


def _picture(pair: Pair, place: int, picture_of: "Callable[[int], np.ndarray]") -> None:
    true, a, b = (pair.classes[named[place]] for named in (pair.labels, pair.said_a, pair.said_b))
    lines = (_("truth: {name}").format(name=true), _("A: {name}").format(name=a), _("B: {name}").format(name=b))
    st.image(
        enlarged(picture_of(int(pair.rows[place]))),
        caption="  \n".join(plain(line) for line in lines),
        width="stretch",
        alt=_("An image of class {true}; A says {a}, B says {b}").format(true=true, a=a, b=b),
    )
