"""The one picture that a topic works on: an image of a dataset that is here, or the visitor's own, which stays in memory."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from core.bundle.decoding import MAX_BYTES, Decoded, shared_pool
from core.data.lookup import images_for
from core.data.versions import Dataset, get_dataset, list_datasets
from core.errors import VitrineError
from core.runs.run import Run
from ui.formats import plain
from ui.i18n import _
from ui.photos import TYPES, keep_off_the_disk
from ui.states import show_error

_NEXT = "picture-next"


@dataclass(frozen=True)
class Picture:
    """A file that was given or picked; `key` tells it from every other one, `label` is its class where that is known."""

    key: str
    name: str
    file: bytes
    label: str = ""

    def pixels(self, side: int) -> np.ndarray:
        """Its middle as uint8 `[side, side, 3]`, as a decoder gives it.

        Raises:
            VitrineError: why it cannot be read.
        """
        return _decoded(self.key, self.file, side)


def chosen_picture(run: Run | None) -> Picture | None:
    """Where the picture comes from, and which; None while none is given, or its dataset is damaged. The run's images come first."""
    own = _("Your own")
    way = st.segmented_control(
        _("Where the picture comes from"),
        [_("From a dataset"), own],
        default=_("From a dataset"),
        required=True,
        key="picture-from",
        label_visibility="collapsed",
    )
    if way == own:
        return _uploaded()
    try:
        return _picked(run)
    except VitrineError as error:
        show_error(error)
        return None


def _uploaded() -> Picture | None:
    keep_off_the_disk()
    file = st.file_uploader(
        _("Picture"),
        type=TYPES,
        max_upload_size=MAX_BYTES >> 20,
        help=_("It is looked at in memory and never written to disk."),
        key="picture-own",
    )
    if file is None:
        return None
    st.caption(_("Of a picture that is not square, the middle is taken."))
    return Picture(file.file_id, file.name, file.getvalue())


def _picked(run: Run | None) -> Picture:
    """A training image, by its class: the test images are for the test."""
    datasets = {dataset.name: dataset for dataset in list_datasets()}
    names = list(datasets)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(_("Images of"), names, names.index(_nearest(run, datasets)), key="picture-data", width=220)
        dataset = datasets[name]
        label = st.selectbox(_("Class"), dataset.classes, key=f"picture-class-{name}", format_func=plain, width=220)
        if st.button(_("Another"), icon=":material/shuffle:", key="picture-another"):
            st.session_state[_NEXT] = st.session_state.get(_NEXT, 0) + 1
    rows = _rows(dataset.name, dataset.version, dataset.classes.index(label))
    row = int(rows[st.session_state.get(_NEXT, 0) % len(rows)])
    key = f"{dataset.fingerprint} {row}"
    name = _("{name}, image {row}").format(name=label, row=row)
    return Picture(key, name, _original(dataset.name, dataset.version, row), label)


def _nearest(run: Run | None, datasets: dict[str, Dataset]) -> str:
    """The dataset whose images the run knows; else the first, which is always there."""
    if run is not None:
        try:
            return datasets[images_for(run).name].name
        except (VitrineError, KeyError):  # they are not here, or their dataset was deleted
            pass
    return next(iter(datasets))


@st.cache_data(max_entries=64, show_spinner=False)
def _rows(data: str, version: int, label: int) -> np.ndarray:
    """The rows of a class's training images in the manifest."""
    table = get_dataset(data, version).manifest("split", "label")
    return np.flatnonzero((table["split"].to_numpy() == "train") & (table["label"].to_numpy() == label))


@st.cache_data(max_entries=4, show_spinner=False)  # files of up to 32 MiB
def _original(data: str, version: int, row: int) -> bytes:
    return get_dataset(data, version).original(row)


@st.cache_data(max_entries=8, show_spinner=False)
def _decoded(key: str, _file: bytes, side: int) -> np.ndarray:
    """`key` stands for the file, which is not hashed again at every rerun."""
    (image,) = shared_pool().decode([_file], side)
    if not isinstance(image, Decoded):
        raise VitrineError(image.code, **image.params)
    return image.pixels
