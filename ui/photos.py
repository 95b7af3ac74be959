"""The photos that a visitor gives: files, a folder, a ZIP, the camera, a drawing. Kept in memory for this visit only."""

import functools
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import streamlit as st
from PIL import Image
from starlette.formparsers import MultiPartParser

from core.bundle.decoding import MAX_BYTES, Rejected
from core.bundle.predictor import Predictor
from core.data.archives import Archive
from core.data.layout import SUFFIXES
from core.errors import VitrineError
from core.serving.sources import images_in
from ui import visit
from ui.i18n import _
from ui.pad import as_mask, pad
from ui.states import show_error

TYPES = sorted(suffix.removeprefix(".") for suffix in SUFFIXES)
ARCHIVE = 200 << 20  # bytes of a ZIP, which is in memory as long as it is given
DRAWING, PEN = 280, 0.13  # pixels of a drawing, and the width of its pen as a share of them
_WAY, _WAY_BEFORE = "photos-from", "photos-from-before"


@dataclass(frozen=True)
class Photo:
    """A file that is to be looked at.

    Attributes:
        key: tells it from every other one of this visit.
        read: its bytes, or why there are none.
    """

    key: str
    name: str
    read: Callable[[], bytes | Rejected]


def keep_off_the_disk() -> None:
    """Have photos stay in memory: Starlette would put one of more than 1 MB into a temporary file."""
    MultiPartParser.spool_max_size = max(MultiPartParser.spool_max_size, ARCHIVE + 1)


def given(model: Predictor) -> list[Photo]:
    """The ways to give photos, and what was given."""
    keep_off_the_disk()
    ways = {
        "files": (_("Files"), ":material/add_photo_alternate:"),
        "folder": (_("A folder"), ":material/folder_open:"),
        "camera": (_("Camera"), ":material/photo_camera:"),
    }
    if model.metadata.ground:  # it knows drawings
        ways["drawing"] = (_("Draw"), ":material/draw:")
    before = st.session_state.get(_WAY_BEFORE)  # the widget forgets it when its page is left
    if _WAY not in st.session_state and before in ways:
        st.session_state[_WAY] = before
    way = st.segmented_control(
        _("Where the photos come from"),
        list(ways),
        format_func=lambda one: f"{ways[one][1]} {ways[one][0]}",
        default=next(iter(ways)),
        required=True,
        key=_WAY,
        label_visibility="collapsed",
    )
    st.session_state[_WAY_BEFORE] = way
    if way == "camera":
        visit.shown_next("camera")
        # Without a resolution Streamlit starts the camera twice, and a click in between takes no photo.
        taken = st.camera_input(_("Camera"), key="camera", label_visibility="collapsed", resolution="720p")
        visit.hold([taken] if taken else [])
        return [Photo(taken.file_id, _("camera"), taken.getvalue)] if taken else []
    if way == "drawing":
        return _drawn(model)
    key = "folder" if way == "folder" else "photos"
    visit.shown_next(key)
    given_now = st.file_uploader(
        _("Photos"),
        type=[*TYPES, "zip"],
        accept_multiple_files="directory" if way == "folder" else True,
        max_upload_size=ARCHIVE >> 20,  # of a photo, what is beyond its own limit is told by name
        help=_("They are looked at in memory and never written to disk."),
        key=key,
    )
    files = visit.with_earlier(given_now)
    if not files:
        text = _(
            "JPEG, PNG, WebP, AVIF, HEIC, GIF, BMP or TIFF of up to {photo} MB, or a ZIP of them of up to {archive} MB; one or many at once."
        )
        st.caption(text.format(photo=MAX_BYTES >> 20, archive=ARCHIVE >> 20))
    return [photo for file in files for photo in _unpacked(file)]


def _unpacked(file: Any) -> list[Photo]:
    """The file itself, or the images in it if it is a ZIP."""
    if not file.name.lower().endswith(".zip"):
        return [Photo(file.file_id, file.name, file.getvalue)]
    try:
        archive = Archive(file, file.name)
        images = images_in(archive)
    except VitrineError as error:
        show_error(error)
        return []
    return [Photo(f"{file.file_id} {name}", name, functools.partial(_member, archive, name)) for name in images]


def _member(archive: Archive, name: str) -> bytes | Rejected:
    try:
        return archive.read(name)
    except VitrineError as error:
        return Rejected(error.code, error.params)


def _drawn(model: Predictor) -> list[Photo]:
    light_ground = model.metadata.ground == "light"
    ground, ink = ("#ffffff", "#000000") if light_ground else ("#000000", "#ffffff")
    place, _rest = st.columns([1, 1])
    with place:
        strokes = pad("drawing", _("Draw here"), (DRAWING, DRAWING), ground=ground, colour=ink, thickness=PEN)
    if not strokes:
        return []
    mask = as_mask(strokes, (DRAWING, DRAWING), PEN)
    grey = np.rint(255 * (1 - mask if light_ground else mask)).astype(np.uint8)
    file: IO[bytes] = io.BytesIO()
    Image.fromarray(grey).save(file, "PNG")
    data = file.getvalue()  # type: ignore[attr-defined]
    return [Photo(hashlib.sha256(data).hexdigest(), _("drawing"), lambda: data)]
