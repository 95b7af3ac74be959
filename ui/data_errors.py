"""What may be wrong with the images themselves: labels that a model doubts, and pictures that are there twice."""

import streamlit as st

from core.data.duplicates import DuplicatePair, Duplicates
from core.data.versions import Dataset
from core.errors import VitrineError
from core.evaluation.facts import sureness
from core.evaluation.labels import LabelIssue, LabelIssues
from core.evaluation.predictions import StoredPredictions
from core.runs.run import Run
from core.tasks import check_study
from ui.corrections import corrections, judge, leave_out
from ui.formats import number, percent, plain
from ui.i18n import _, ngettext
from ui.judging import Judged, missing_pictures
from ui.mistakes import THUMBNAIL
from ui.paging import show_more, visible
from ui.pictures import enlarged
from ui.rows import Look, looking
from ui.states import message, show_error
from ui.studies import how_long, measure_again, measured

AT_ONCE, PAIRS_AT_ONCE = 24, 12


def data_errors(run: Run, judged: Judged) -> None:
    """Candidates with their pictures; what a person says of them makes a new version of the dataset."""
    if judged.dataset is None:
        missing_pictures(run, judged.trouble)
        return
    try:
        look = looking(judged.dataset, int(run.recipe["image_side"]))
    except VitrineError as error:
        show_error(error)
        return
    corrections(run, judged.dataset)
    st.header(_("Labels that may be wrong"), anchor=False)
    about = _(
        "Among the images that this model never learnt from, where is it so sure of another class that the label itself may be wrong? "
        "The search is confident learning (cleanlab); you judge what it finds."
    )
    _issues(run, judged.dataset, look, "labels", _("Look for wrong labels"), about)
    st.header(_("… among the training images"), anchor=False)
    _training_issues(run, judged.dataset, look)
    st.header(_("Pictures that are there twice"), anchor=False)
    _duplicates(run, judged.dataset, judged.predictions, look)


def _training_issues(run: Run, dataset: Dataset, look: Look) -> None:
    try:
        check_study(run, "training-labels", dataset)
    except VitrineError as error:
        st.markdown(message(error))
        return
    about = _(
        "A model remembers the labels that it learnt from, right or wrong. So two networks are trained by this run's recipe on one half of "
        "the training images each, and judge the other half."
    )
    about += " " + how_long(run, dataset, 1)  # each learns from half of the images
    _issues(run, dataset, look, "training-labels", _("Look among the training images"), about)


def _issues(run: Run, dataset: Dataset, look: Look, kind: str, label: str, about: str) -> None:
    """The images in doubt, the most doubtful first; before, the way to find them."""
    found: LabelIssues | None = measured(run, kind, label, about, dataset)
    if found is None:
        return
    text = ngettext(
        "{n} of {total} images, of {where}, may stand under a wrong class.",
        "{n} of {total} images, of {where}, may stand under a wrong class.",
        found.found,
    )
    where = _("validation and test") if kind == "labels" else _("training")
    st.markdown(text.format(n=number(found.found), total=number(found.n), where=where))
    grid = st.grid("auto", min_column_width=THUMBNAIL + 32, gap="small")
    for issue in found.worst[: visible(AT_ONCE, kind)]:
        with grid.cell():
            _issue(dataset, issue, look, kind)
    show_more(len(found.worst), AT_ONCE, kind)
    measure_again(run, kind)


def _issue(dataset: Dataset, issue: LabelIssue, look: Look, place: str) -> None:
    given, likely = dataset.classes[issue.given], dataset.classes[issue.likely]
    picture, label, split = look(issue.row)
    text = _("{split}: “{given}”, or {sure} “{likely}”?")
    st.image(
        enlarged(picture),
        caption=plain(text.format(split=split, given=given, sure=sureness(issue.probability), likely=likely)),
        width="stretch",
        alt=_("An image under {given}, perhaps {likely}").format(given=given, likely=likely),
    )
    judge(dataset, issue.row, label, place)


def _duplicates(run: Run, dataset: Dataset, predictions: StoredPredictions, look: Look) -> None:
    about = _(
        "Every picture is compared with every other: the same pixels, nearly the same, or mirrored. Where training and test share a "
        "picture, a model need only remember it, and its test accuracy flatters it."
    )
    found: Duplicates | None = measured(run, "duplicates", _("Look for duplicates"), about, dataset)
    if found is None:
        return
    if not found.pairs:
        st.markdown(
            _("Of its {n} pictures no two are the same, nearly the same, or mirrored.").format(n=number(found.n))
        )
        measure_again(run, "duplicates")
        return
    st.markdown(_findings(found))
    if found.leaked:
        st.markdown(_without_leaked(predictions, found))
        st.button(
            _("Leave out the training pictures that the test has too ({n})").format(n=number(len(found.copies))),
            key="leave-out-copies",
            icon=":material/playlist_remove:",
            on_click=leave_out,
            args=(dataset, found.copies),
            help=_("They are marked, and the new version is made above. The test stays as it is, and becomes honest."),
        )
    grid = st.grid("auto", min_column_width=2 * THUMBNAIL + 64, gap="medium")
    for place, pair in enumerate(found.pairs[: visible(PAIRS_AT_ONCE, "duplicates")]):
        with grid.cell(), st.container(border=True):
            _pair(dataset, pair, look, f"pair-{place}")
    show_more(len(found.pairs), PAIRS_AT_ONCE, "duplicates")
    measure_again(run, "duplicates")


def _findings(found: Duplicates) -> str:
    text = _("Of {n} pictures, these repeat another one of their split: {training} of training, {test} of the test.")
    told = text.format(n=number(found.n), training=number(found.training), test=number(found.test))
    if found.conflicting:
        text = ngettext(
            "{n} group of pictures that are alike stands under several classes.",
            "{n} groups of pictures that are alike stand under several classes.",
            found.conflicting,
        )
        told += " " + text.format(n=number(found.conflicting))
    return told


def _without_leaked(predictions: StoredPredictions, found: Duplicates) -> str:
    """What the test says without the pictures that training has too."""
    text = _("**{n} of {total} test pictures** are among the training pictures too, or nearly.")
    told = text.format(n=number(len(found.leaked)), total=number(len(predictions)))
    without = predictions.without(found.leaked)
    if not len(without):
        return told
    low, high = without.interval
    text = _("Without them the accuracy is {share} ({low} to {high}), instead of {whole}.")
    return f"{told} " + text.format(
        share=percent(without.accuracy), low=percent(low), high=percent(high), whole=percent(predictions.accuracy)
    )


def _pair(dataset: Dataset, pair: DuplicatePair, look: Look, place: str) -> None:
    words = {"exact": _("the same pixels"), "near": _("nearly the same"), "mirrored": _("mirrored")}
    st.caption(words[pair.kind])
    for column, row in zip(st.columns(2), (pair.first, pair.second), strict=True):
        picture, label, split = look(row)
        with column:
            name = dataset.classes[label]
            st.image(enlarged(picture), caption=plain(f"{split}: “{name}”"), width="stretch", alt=name)
            judge(dataset, row, label, f"{place}-{row}")
