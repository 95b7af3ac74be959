"""What may be wrong with the images themselves: labels that a model doubts, and pictures that are there twice."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from core.data.duplicates import Duplicates, Pair
from core.data.imageset import load_split
from core.data.versions import Dataset
from core.errors import VitrineError
from core.evaluation.labels import Doubt, Doubts
from core.evaluation.metrics import share
from core.evaluation.predictions import StoredPredictions
from core.runs.run import Run
from ui.corrections import corrections, judge, leave_out
from ui.formats import duration, number, percent, plain
from ui.i18n import _, ngettext
from ui.judging import Judged, missing_pictures
from ui.mistakes import THUMBNAIL
from ui.pictures import enlarged
from ui.states import show_error
from ui.studies import measure_again, measured

AT_ONCE, PAIRS_AT_ONCE = 24, 12

Seen = Callable[[int], tuple[np.ndarray, int, str]]  # from a row to its picture, its label, and the split in words


def data_errors(run: Run, judged: Judged) -> None:
    """Candidates with their pictures; what a person says of them makes a new version of the dataset."""
    if judged.dataset is None:
        assert judged.trouble is not None
        missing_pictures(run, judged.trouble)
        return
    try:
        seen = _seen(judged.dataset, int(run.recipe["image_side"]))
    except VitrineError as error:
        show_error(error)
        return
    corrections(run, judged.dataset)
    _held_out_labels(run, judged.dataset, seen)
    _training_labels(run, judged.dataset, seen)
    _duplicates(run, judged.dataset, judged.predictions, seen)


def _held_out_labels(run: Run, dataset: Dataset, seen: Seen) -> None:
    st.header(_("Labels that may be wrong"), anchor=False)
    found: Doubts | None = measured(
        run,
        "labels",
        _("Look for wrong labels"),
        _(
            "Among the images that this model never learnt from, where is it so sure of another class that the label itself may be wrong? "
            "The search is confident learning (cleanlab); you judge what it finds."
        ),
    )
    if found is None:
        return
    text = ngettext(
        "{n} of {total} test and validation images may stand under a wrong class.",
        "{n} of {total} test and validation images may stand under a wrong class.",
        found.found,
    )
    st.markdown(text.format(n=number(found.found), total=number(found.n)))
    _doubts(dataset, found, seen, "labels")
    measure_again(run, "labels")


def _training_labels(run: Run, dataset: Dataset, seen: Seen) -> None:
    st.header(_("… among the training images"), anchor=False)
    about = _(
        "A model remembers the labels that it learnt from, right or wrong. So two networks are trained by this run's recipe on one half of "
        "the training images each, and judge the other half."
    )
    if seconds := run.result.get("train_seconds"):
        text = _("Together that takes as long as one training: {time}, if this machine is the one that trained it.")
        about += " " + text.format(time=duration(seconds))
    found: Doubts | None = measured(run, "training-labels", _("Look among the training images"), about)
    if found is None:
        return
    text = ngettext(
        "{n} of {total} training images may stand under a wrong class.",
        "{n} of {total} training images may stand under a wrong class.",
        found.found,
    )
    st.markdown(text.format(n=number(found.found), total=number(found.n)))
    _doubts(dataset, found, seen, "training-labels")
    measure_again(run, "training-labels")


def _doubts(dataset: Dataset, found: Doubts, seen: Seen, key: str) -> None:
    """The pictures, the most doubtful first."""
    shown: list[Doubt] = found.worst[: AT_ONCE * st.session_state.get(f"more-{key}", 1)]
    grid = st.grid("auto", min_column_width=THUMBNAIL + 32, gap="small")
    for doubt in shown:
        given, likely = dataset.classes[doubt.given], dataset.classes[doubt.likely]
        picture, label, split = seen(doubt.row)
        with grid.cell():
            st.image(
                enlarged(picture),
                caption=plain(
                    _("{split}: “{given}”, or {sure:.0%} “{likely}”?").format(
                        split=split, given=given, sure=doubt.probability, likely=likely
                    )
                ),
                width="stretch",
                alt=_("An image under {given}, perhaps {likely}").format(given=given, likely=likely),
            )
            judge(dataset, doubt.row, label, key)
    if len(shown) < len(found.worst):
        st.button(_("Show more"), icon=":material/expand_more:", key=f"show-{key}", on_click=_more, args=(key,))


def _duplicates(run: Run, dataset: Dataset, predictions: StoredPredictions, seen: Seen) -> None:
    st.header(_("Pictures that are there twice"), anchor=False)
    found: Duplicates | None = measured(
        run,
        "duplicates",
        _("Look for duplicates"),
        _(
            "Every picture is compared with every other: the same pixels, nearly the same, or mirrored. Where training and test share a "
            "picture, a model need only remember it, and its test accuracy flatters it."
        ),
    )
    if found is None:
        return
    if not found.pairs:
        st.markdown(_("No two of its {n} pictures are alike.").format(n=number(found.n)))
        measure_again(run, "duplicates")
        return
    st.markdown(_findings(found))
    if found.leaked:
        st.markdown(_without_leaked(predictions, found))
        st.button(
            _("Leave out the training pictures that the test has too"),
            icon=":material/playlist_remove:",
            on_click=leave_out,
            args=(dataset, _copies(found)),
            help=_("They are marked; the new version is made above. The test stays as it is, and becomes honest."),
        )
    shown = found.pairs[: PAIRS_AT_ONCE * st.session_state.get("more-duplicates", 1)]
    grid = st.grid("auto", min_column_width=2 * THUMBNAIL + 64, gap="medium")
    for number_of_pair, pair in enumerate(shown):
        with grid.cell(), st.container(border=True):
            _pair(dataset, pair, seen, number_of_pair)
    if len(shown) < len(found.pairs):
        st.button(
            _("Show more"), icon=":material/expand_more:", key="show-duplicates", on_click=_more, args=("duplicates",)
        )
    measure_again(run, "duplicates")


def _findings(found: Duplicates) -> str:
    parts = [
        ngettext(
            "**{n} pair** across training and test", "**{n} pairs** across training and test", found.across
        ).format(n=number(found.across)),
        _("{n} within training").format(n=number(found.training)),
        _("{n} within the test").format(n=number(found.test)),
    ]
    if found.conflicting:
        parts.append(_("{n} of all under two different classes").format(n=number(found.conflicting)))
    return _("Among {n} pictures:").format(n=number(found.n)) + " " + ", ".join(parts) + "."


def _without_leaked(predictions: StoredPredictions, found: Duplicates) -> str:
    """What the test says without the pictures that training has too."""
    clean = ~np.isin(predictions.rows, found.leaked)
    text = _("{n} of {total} test pictures have such a copy among the training pictures.")
    told = text.format(n=number(len(found.leaked)), total=number(len(predictions)))
    if not clean.any() or clean.all():  # or the predictions are of another copy's rows
        return told
    without = share(int(predictions.right[clean].sum()), int(clean.sum()))
    return (
        told
        + " "
        + _("Without them the accuracy is {share} ({low} to {high}), instead of {whole}.").format(
            share=percent(without.value),
            low=percent(without.low),
            high=percent(without.high),
            whole=percent(predictions.accuracy),
        )
    )


def _copies(found: Duplicates) -> list[int]:
    """The training pictures that a leaked test picture is like."""
    leaked = set(found.leaked)
    both = [{pair.first, pair.second} for pair in found.pairs]
    return sorted({row for rows in both if len(rows & leaked) == 1 for row in rows - leaked})


def _pair(dataset: Dataset, pair: Pair, seen: Seen, number_of_pair: int) -> None:
    words = {"exact": _("the same pixels"), "near": _("nearly the same"), "mirrored": _("mirrored")}
    st.caption(words[pair.kind])
    for column, row in zip(st.columns(2), (pair.first, pair.second), strict=True):
        picture, label, split = seen(row)
        with column:
            name = dataset.classes[label]
            st.image(enlarged(picture), caption=plain(f"{split}: “{name}”"), width="stretch", alt=name)
            judge(dataset, row, label, f"pair-{number_of_pair}")


def _more(key: str) -> None:
    st.session_state[f"more-{key}"] = st.session_state.get(f"more-{key}", 1) + 1


def _seen(dataset: Dataset, side: int) -> Seen:
    splits = (load_split(dataset, "train", side), _("training")), (load_split(dataset, "test", side), _("test"))

    def look(row: int) -> tuple[np.ndarray, int, str]:
        images, words = next(split for split in splits if row in split[0].rows)
        place = int(np.searchsorted(images.rows, row))
        return np.asarray(images.pixels[place]), int(images.labels[place]), words

    return look
