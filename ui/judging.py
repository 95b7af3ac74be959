"""What a run is judged by: its stored predictions and their pictures, or another copy of its dataset where only that is here."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st

from core import tasks
from core.data.imageset import load_split
from core.data.lookup import has_rows_of, images_for
from core.data.sources import SOURCES
from core.data.versions import Dataset
from core.errors import VitrineError
from core.evaluation.predictions import StoredPredictions, evaluate_on, evaluate_run
from core.evaluation.summary import Summary, summarise
from core.runs.library import get_run
from core.runs.run import Run
from ui.formats import duration, file_size, plain
from ui.i18n import _
from ui.job_panel import being_fetched, data_jobs
from ui.states import message, show_error


@dataclass(frozen=True)
class Judged:
    """Predictions of a test split.

    Attributes:
        key: the same for the same predictions, and for no others.
        dataset: whose rows they are; None when it is not here.
        trouble: why it is not, or cannot be read.
    """

    predictions: StoredPredictions
    key: str
    dataset: Dataset | None
    trouble: VitrineError | None = None


def judged(run: Run) -> Judged | None:
    """What there is to judge the run by; None while it has no model.

    Raises:
        VitrineError: its predictions are damaged, and what they were made of is too.
    """
    stored = predictions_of(run)
    if stored is None:
        return None
    key = f"{run.id} {run.predictions.stat().st_mtime_ns}"
    try:
        dataset = images_for(run)
        if has_rows_of(dataset, run):
            return Judged(stored, key, dataset)
        return Judged(_on_copy(dataset, run), f"{key} {dataset.fingerprint}", dataset)
    except VitrineError as error:  # the figures stand without their pictures
        return Judged(stored, key, None, error)


def predictions_of(run: Run) -> StoredPredictions | None:
    """The stored test predictions, or None while the run has none, or none of the bundle that it has.

    Raises:
        VitrineError: they are damaged, and what they were made of is too.
    """
    if run.active or not run.has_bundle or not run.predictions.exists():
        return None
    return _stored(run.id, run.predictions.stat().st_mtime_ns)


def summary_of(judged: Judged) -> Summary:
    """The figures at the head of the evaluation."""
    return _summary(judged.key, judged.predictions)


@st.cache_data(max_entries=64, show_spinner=False)
def _summary(key: str, _predictions: StoredPredictions) -> Summary:
    return summarise(_predictions)


def another_copy(run: Run, dataset: Dataset | None) -> None:
    """A word where the figures are those of another copy of the images than the run learnt from."""
    if dataset is not None and not has_rows_of(dataset, run):
        text = _(
            "Its test images do not come with Vitrine, and {data} here is another copy of them. So the sealed bundle was asked "
            "again: figures and pictures on this page are of {data}, version {version}, test split."
        )
        st.caption(":material/info: " + text.format(data=plain(dataset.name), version=dataset.version))


def what_was_judged(run: Run, dataset: Dataset | None) -> None:
    """Whose test images the figures are of."""
    if run.bundled:
        text = _("All figures come from the predictions that the sealed bundle made of {data}, test split.")
        st.caption(text.format(data=plain(dataset.name if dataset else run.data)))
    else:
        text = _(
            "All figures come from the predictions that the sealed bundle made of {data}, version {version}, test split."
        )
        st.caption(text.format(data=plain(run.data), version=run.data_version))


def pictures(run: Run, judged: Judged) -> Callable[[int], np.ndarray] | None:
    """From a row of the manifest to its picture, uint8 `[side, side, 3]`; None where there are none, which is said then."""
    if judged.dataset is None:
        missing_pictures(run, judged.trouble)
        return None
    try:
        images = load_split(judged.dataset, "test", int(run.recipe["image_side"]))
    except VitrineError as error:  # the figures stand without their pictures
        show_error(error)
        return None
    position = {row: index for index, row in enumerate(images.rows.tolist())}
    return lambda row: np.asarray(images.pixels[position[row]])


def missing_pictures(run: Run, trouble: VitrineError | None) -> None:
    """Say why there are no pictures, and offer to get them where they can be had."""
    assert trouble is not None  # or the dataset were here
    if trouble.code != "dataset_not_here":
        show_error(trouble)
        return
    st.markdown(
        _("The pictures are those of “{data}”, which does not come with Vitrine. All else does without them.").format(
            data=plain(run.data)
        )
    )
    bring_images(run)


def bring_images(run: Run) -> None:
    """The way to get the images that a model learnt from and that are not here."""
    if run.data in SOURCES:
        st.button(
            _("Download {name}").format(name=plain(run.data)),
            icon=":material/download:",
            key=f"get-{run.data}",
            on_click=_download,
            args=(run.data,),
            disabled=being_fetched(run.data),
            help=_("{size} from its home, once.").format(size=file_size(SOURCES[run.data].size)),
        )
    else:
        st.page_link("pages/data.py", label=_("Bring its images"), icon=":material/add_photo_alternate:")
    data_jobs()


def _download(name: str) -> None:
    try:
        tasks.download_data(name)
    except VitrineError as error:
        st.toast(message(error), icon=":material/error:")


@st.cache_data(max_entries=4, show_spinner=False)
def _stored(run_id: str, written: int) -> StoredPredictions:
    """`written` is the file's time, so that a resumed run is read anew."""
    return evaluate_run(get_run(run_id))


@st.cache_resource
def _on_copies() -> dict[tuple[str, str, int], StoredPredictions]:
    """What bundled models said of copies, by run, fingerprint and version: seconds of work each, done once a process."""
    return {}


def _on_copy(dataset: Dataset, run: Run) -> StoredPredictions:
    known, key = _on_copies(), (run.id, dataset.fingerprint, dataset.version)
    if key in known:
        return known[key]
    text = _("“{run}” judges the test images of {data}").format(run=plain(run.name), data=plain(dataset.name))
    bar, started = st.progress(0.0, text=text), time.perf_counter()

    def report(share: float) -> None:
        left = (time.perf_counter() - started) * (1 - share) / share
        bar.progress(share, text=f"{text} · " + _("about {time} left").format(time=duration(left)))

    known[key] = evaluate_on(dataset, run, report)
    bar.empty()
    return known[key]
