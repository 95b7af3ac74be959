"""The evaluation in at most seven sentences. Each quotes what was measured and stored, and leads to where that is shown."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import streamlit as st

from core.evaluation.groups import Gap, gap, groups
from core.evaluation.metrics import confusion_matrix
from core.evaluation.predictions import StoredPredictions
from core.evaluation.references import people_on
from core.evaluation.reliability import coverage
from core.evaluation.stress import ADVERSARIAL, Stress
from core.evaluation.studies import study
from core.evaluation.summary import Summary
from core.evaluation.unknowns import Unknowns
from core.runs.run import Run
from ui.confusions import CELL, Cell
from ui.formats import number, percent, plain
from ui.i18n import _, ngettext
from ui.mistakes import ALL
from ui.stress import name_of
from ui.unknowns import set_name

SECTION = "section"  # the key of the tabs of the page
MOST = 7
SURE = 0.8  # share of images that is decided in the sentence about coverage


@dataclass(frozen=True)
class Sentence:
    """One finding, and the section whose figures it quotes; for a mistake the cell of the matrix that has its pictures."""

    text: str
    section: str
    cell: Cell = ALL


def story(run: Run, predictions: StoredPredictions, summary: Summary) -> None:
    """The sentences; a click on one opens its evidence."""
    with st.container(gap="xsmall"):
        for place, sentence in enumerate(tell(run, predictions, summary)):
            st.button(
                sentence.text,
                key=f"sentence-{place}",
                type="tertiary",
                icon=":material/arrow_forward:",
                on_click=_open,
                args=(sentence,),
                wrap=True,
            )


def tell(run: Run, predictions: StoredPredictions, summary: Summary) -> list[Sentence]:
    """What there is to say: what the model is good at, where it fails, how far it can be trusted, what to try next."""
    names = [predictions.classes[label] for label in predictions.labels]
    distance = gap(groups(names, predictions.right, predictions.confidence))
    found: Stress | None = study(run, "stress")
    unknowns: Unknowns | None = study(run, "unknowns")
    parts = (
        _standing(predictions, summary),
        _best_and_worst(distance),
        _confused(predictions),
        _calibrated(summary),
        _covered(predictions) if unknowns is None else _refused(unknowns),
        _stressed(found),
        _next(predictions, distance, found),
    )
    return [sentence for part in parts for sentence in part][:MOST]


def _open(sentence: Sentence) -> None:
    st.session_state[SECTION], st.session_state[CELL] = sentence.section, sentence.cell


def _standing(predictions: StoredPredictions, summary: Summary) -> Iterator[Sentence]:
    people = people_on(predictions.classes)
    accuracy = summary.accuracy
    if people and accuracy.low <= people.accuracy <= accuracy.high:
        text = _(
            "It names {share} ({low} to {high}) of {n} images that it never saw rightly: about as many as people do ({people})."
        )
    elif people and accuracy.value > people.accuracy:
        text = _(
            "It names {share} ({low} to {high}) of {n} images that it never saw rightly: more than people do ({people})."
        )
    elif people:
        text = _("It names {share} ({low} to {high}) of {n} images that it never saw rightly; people reach {people}.")
    else:
        text = _(
            "It names {share} ({low} to {high}) of {n} images that it never saw rightly; always naming the commonest class reaches {base}."
        )
    yield Sentence(
        text.format(
            share=percent(accuracy.value),
            low=percent(accuracy.low),
            high=percent(accuracy.high),
            n=number(summary.n),
            people=percent(people.accuracy) if people else "",
            base=percent(summary.base_rate),
        ),
        _("Mistakes"),
    )


def _best_and_worst(distance: Gap | None) -> Iterator[Sentence]:
    if distance is None or not distance.size:
        return
    text = (
        _("Classes differ by no more than chance would make them: from {low} (“{worst}”) to {high} (“{best}”).")
        if distance.is_noise
        else _("It is best at “{best}” ({high}) and worst at “{worst}” ({low}), which is more than chance.")
    )
    yield Sentence(
        text.format(
            best=plain(distance.best.name),
            worst=plain(distance.worst.name),
            high=percent(distance.best.accuracy.value),
            low=percent(distance.worst.accuracy.value),
        ),
        _("Fairness"),
    )


def _confused(predictions: StoredPredictions) -> Iterator[Sentence]:
    matrix = confusion_matrix(predictions.labels, predictions.predicted, len(predictions.classes))
    np.fill_diagonal(matrix, 0)
    if not matrix.any():
        return
    true, said = (int(place) for place in np.unravel_index(matrix.argmax(), matrix.shape))
    text = ngettext(
        "Its one mistake takes “{true}” for “{said}”.",
        "Its commonest mistake takes “{true}” for “{said}”: {n} of {total}.",
        int(matrix.sum()),
    )
    yield Sentence(
        text.format(
            total=number(matrix.sum()),
            n=number(matrix[true, said]),
            true=plain(predictions.classes[true]),
            said=plain(predictions.classes[said]),
        ),
        _("Mistakes"),
        (true, said),
    )


def _calibrated(summary: Summary) -> Iterator[Sentence]:
    error = summary.calibration_error
    if error.high < 0.03:
        text = _("Its probabilities mean what they say: {error} off on average ({low} to {high}).")
    else:
        text = _("Its probabilities are {error} off on average ({low} to {high}): take them with care.")
    yield Sentence(
        text.format(error=percent(error.value), low=percent(error.low), high=percent(error.high)), _("Trust")
    )


def _covered(predictions: StoredPredictions) -> Iterator[Sentence]:
    curve = coverage(predictions.confidence, predictions.right)
    place = max(0, round(SURE * len(predictions)) - 1)
    if curve.accuracy[place] <= curve.accuracy[-1]:
        return
    yield Sentence(
        _("Left to decide the {share} that it is surest of, it is right in {right}.").format(
            share=percent(SURE, 0), right=percent(float(curve.accuracy[place]))
        ),
        _("Trust"),
    )


def _refused(unknowns: Unknowns) -> Iterator[Sentence]:
    worst = unknowns.worst
    text = _("Shown what it never learnt, it refuses {caught} of “{name}”, the hardest set, and {own} of its own kind.")
    yield Sentence(
        text.format(
            caught=percent(unknowns.caught(worst).value, 0),
            name=plain(set_name(worst)),
            own=percent(unknowns.false_refusals.value),
        ),
        _("Unknown inputs"),
    )


def _stressed(found: Stress | None) -> Iterator[Sentence]:
    if found is None:
        return
    daily = [kind for kind in found.correct if kind != ADVERSARIAL]
    worst = max(daily, key=found.loss)
    yield Sentence(
        _("Of what happens to photos, “{kind}” harms it most: {loss:.0f} points on average.").format(
            kind=name_of(worst), loss=100 * found.loss(worst)
        ),
        _("Stress test"),
    )


def _next(predictions: StoredPredictions, distance: Gap | None, found: Stress | None) -> Iterator[Sentence]:
    """The one thing to try first."""
    if found is None:
        yield Sentence(_("How it bears blur, darkness and slant has not been measured yet."), _("Stress test"))
    elif distance is not None and not distance.is_noise:
        text = _("To try next: more, or cleaner, training images of “{worst}”; wrong labels can be looked for.")
        yield Sentence(text.format(worst=plain(distance.worst.name)), _("Data errors"))
    elif predictions.correct < len(predictions):
        yield Sentence(_("To try next: look at its most confident mistakes; some may be wrong labels."), _("Mistakes"))
