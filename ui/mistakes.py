"""The pictures behind the figures: the most confident mistakes, or those of one cell of the confusion matrix."""

import numpy as np
import streamlit as st

from core.evaluation.facts import sureness
from core.evaluation.predictions import StoredPredictions
from core.runs.run import Run
from ui.confusions import ANY, CELL, Cell
from ui.corrections import corrections, judge
from ui.formats import number, plain
from ui.i18n import _, ngettext
from ui.judging import Judged, pictures
from ui.paging import show_more, visible
from ui.pictures import enlarged

THUMBNAIL = 96  # pixels on the screen
AT_ONCE = 24
ALL = (-1, -1)  # stands for no cell: a select box takes None for no choice


def mistakes(run: Run, judged: Judged) -> None:
    """Pictures of what the model was surest of: its mistakes, or what is in the cell that was chosen."""
    predictions = judged.predictions
    cell = _chosen_cell(predictions)
    places = np.flatnonzero(~predictions.right) if cell is None else _members(predictions, cell)
    places = places[np.argsort(-predictions.confidence[places], kind="stable")]
    key = f"pictures-of-{cell}"
    shown = min(visible(AT_ONCE, key), len(places))
    st.header(plain(_title(predictions, cell, shown, len(places))), anchor=False)
    if len(places):
        gallery(run, judged, places, key)


def gallery(run: Run, judged: Judged, places: np.ndarray, key: str) -> None:
    """Pictures of test images by their places among the predictions, in that order, what was said of each, and the choice to correct its label."""
    predictions = judged.predictions
    picture_of = pictures(run, judged)
    if picture_of is None:
        return
    assert judged.dataset is not None  # where pictures are, it is
    corrections(run, judged.dataset)
    grid = st.grid("auto", min_column_width=THUMBNAIL + 16, gap="small")
    for index in places[: visible(AT_ONCE, key)]:
        true = predictions.classes[predictions.labels[index]]
        said = predictions.classes[predictions.predicted[index]]
        sure, row = predictions.confidence[index], int(predictions.rows[index])
        with grid.cell():
            st.image(
                enlarged(picture_of(row)),
                caption=plain(_("{said} {sure}, is {true}").format(said=said, sure=sureness(sure), true=true)),
                width="stretch",
                alt=_("An image of class {true} taken for {said}").format(true=true, said=said),
            )
            judge(judged.dataset, row, int(predictions.labels[index]), "mistake")
    show_more(len(places), AT_ONCE, key)


def _chosen_cell(predictions: StoredPredictions) -> Cell | None:
    """The cell that was clicked, or is picked here; None for all mistakes."""
    cells, counts = np.unique(np.stack([predictions.labels, predictions.predicted], 1), axis=0, return_counts=True)
    order = np.lexsort((-counts, cells[:, 0] == cells[:, 1]))  # mistakes first, the commonest first
    sizes: dict[Cell, int] = {(int(cells[i, 0]), int(cells[i, 1])): int(counts[i]) for i in order}
    wrong = np.bincount(predictions.labels[~predictions.right], minlength=len(predictions.classes))
    sizes = {
        (label, ANY): int(wrong[label]) for label in np.argsort(-wrong, kind="stable").tolist() if wrong[label]
    } | sizes
    if st.session_state.get(CELL) not in sizes:  # an empty cell has no pictures, nor has another model's
        st.session_state[CELL] = ALL

    def words(cell: Cell) -> str:
        if cell == ALL:
            return _("all mistakes")
        true, said = (predictions.classes[label] for label in cell)
        if cell[1] == ANY:
            return _("{name} taken for anything else ({n})").format(name=true, n=number(sizes[cell]))
        if true == said:
            return _("{name}, named rightly ({n})").format(name=true, n=number(sizes[cell]))
        return _("{true} taken for {said} ({n})").format(true=true, said=said, n=number(sizes[cell]))

    cell = st.selectbox(
        _("Pictures of"),
        [ALL, *sizes],
        key=CELL,
        format_func=words,
        help=_("A click on a cell of the matrix chooses it too."),
    )
    return None if cell == ALL else cell


def _members(predictions: StoredPredictions, cell: Cell) -> np.ndarray:
    said = ~predictions.right if cell[1] == ANY else predictions.predicted == cell[1]
    return np.flatnonzero((predictions.labels == cell[0]) & said)


def _title(predictions: StoredPredictions, cell: Cell | None, shown: int, total: int) -> str:
    if cell is None:
        if not total:
            return _("It made no mistake")
        title = ngettext("Its only mistake", "Its {n} most confident mistakes, of {total:,}", total)
        return title.format(n=shown, total=total)
    true, said = (predictions.classes[label] for label in cell)
    if cell[1] == ANY:
        title = _("“{true}” taken for anything else, the surest {n} of {total:,}")
    elif true == said:
        title = _("“{true}” named rightly, the surest {n} of {total:,}")
    else:
        title = _("“{true}” taken for “{said}”, the surest {n} of {total:,}")
    return title.format(true=true, said=said, n=shown, total=total)
