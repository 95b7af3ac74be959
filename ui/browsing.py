"""All images of a dataset, page by page, by class and split. Only what is on the screen is read."""

import numpy as np
import streamlit as st

from core.bundle.decoding import Decoded, shared_pool
from core.data.versions import Dataset
from core.errors import VitrineError
from ui.formats import number, plain
from ui.i18n import _
from ui.pictures import enlarged
from ui.states import show_error

PAGE = 48  # pictures: it can be divided by 2, 3, 4, 6, 8 and 12 columns
THUMBNAIL = 96  # pixels of the longer side
SIDE = 8  # pixels of the square that the decoder makes beside the thumbnail, which nobody looks at
ALL = -1  # no class, or no split, in particular


def browse(dataset: Dataset) -> None:
    """The choice of class and split, the pages, and the pictures of one. Turning a page draws nothing else anew."""
    st.fragment(_browse)(dataset)


def _browse(dataset: Dataset) -> None:
    splits = {"all": _("All"), "train": _("Training"), "test": _("Test")}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        split = st.segmented_control(
            _("Split"),
            list(splits),
            format_func=splits.__getitem__,
            default="all",
            required=True,
            key="browse-split",
        )
        label = st.selectbox(
            _("Class"),
            [ALL, *range(len(dataset.classes))],
            format_func=lambda one: _("all classes") if one == ALL else dataset.classes[one],
            # Another dataset has other classes under the same numbers.
            key=f"browse-class-{dataset.name}-{dataset.version}",
            width=280,
        )
    rows = _rows(str(dataset.folder), dataset, split, label)
    if not len(rows):
        st.markdown(_("There is no such image."))
        return
    pages = -(-len(rows) // PAGE)
    page = st.pagination(pages, key=f"browse-page-{dataset.name}-{dataset.version}-{split}-{label}") if pages > 1 else 1
    shown = rows[(page - 1) * PAGE : page * PAGE]
    first = (page - 1) * PAGE + 1
    text = _("{first} to {last} of {total} images")
    st.caption(text.format(first=number(first), last=number(first + len(shown) - 1), total=number(len(rows))))
    try:
        pictures = _pictures(str(dataset.folder), tuple(shown.tolist()), dataset)
    except VitrineError as error:
        show_error(error)
        return
    with st.grid("auto", min_column_width=THUMBNAIL - 8, gap="small"):
        for picture, name, path in pictures:
            caption = plain(name) if label == ALL else ""
            st.image(
                picture, caption=caption, width="stretch", alt=_("{path}, of class {name}").format(path=path, name=name)
            )


@st.cache_data(max_entries=32, show_spinner=False)
def _rows(folder: str, _dataset: Dataset, split: str, label: int) -> np.ndarray:
    """Rows of the manifest that were asked for, class by class, training first."""
    splits, labels = (column.to_numpy(zero_copy_only=False) for column in _dataset.manifest("split", "label").columns)
    wanted = np.ones(len(labels), bool)
    if split != "all":
        wanted &= splits == split
    if label != ALL:
        wanted &= labels == label
    rows = np.flatnonzero(wanted)
    return rows[np.lexsort((splits[rows] == "test", labels[rows]))]


@st.cache_data(max_entries=16, show_spinner=False)
def _pictures(folder: str, rows: tuple[int, ...], _dataset: Dataset) -> list[tuple[np.ndarray, str, str]]:
    """The whole image of each row, small, its class, and its path. The folder stands for the dataset in the cache."""
    images = shared_pool().decode(_dataset.originals(list(rows)), SIDE, THUMBNAIL)
    table = _dataset.manifest("label", "path").take(list(rows)).to_pydict()
    return [
        (_shown(image.preview), _dataset.classes[label], path)
        for image, label, path in zip(images, table["label"], table["path"], strict=True)
        if isinstance(image, Decoded) and image.preview is not None
    ]


def _shown(preview: np.ndarray) -> np.ndarray:
    """Small images as sharp squares, as the browser would blur them; others on a square of nothing, so that rows stay even."""
    picture = preview if max(preview.shape) >= THUMBNAIL else enlarged(preview, THUMBNAIL)
    height, width = picture.shape[:2]
    if height == width:
        return picture
    side = max(height, width)
    square = np.zeros((side, side, 4), np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = np.dstack([picture, np.full((height, width), 255, np.uint8)])
    return square
