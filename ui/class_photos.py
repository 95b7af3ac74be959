"""Photos given class by class, as files or shot by shot with the camera. They stay in memory until somebody asks to keep them."""

import io
import unicodedata
from typing import IO

import numpy as np
import streamlit as st

from core.bundle.decoding import MAX_BYTES, Decoded, shared_pool
from core.errors import VitrineError
from ui.formats import plain
from ui.i18n import _, ngettext
from ui.photos import TYPES

Files = list[tuple[str, IO[bytes]]]
Given = list[tuple[str, Files]]
"""Of each class its name, as it was typed, and the photos with theirs."""

SHOWN = 12  # of the shots of a class, the last
BLANK = 2.0  # levels of brightness that a photo differs from one grey, below which there is nothing on it
THUMBNAIL, CAMERA = 72, 480  # pixels


def class_photos(place: str, fewest: int) -> None:
    """A box for each class, at least so many, and a camera for all of them.

    Args:
        place: tells the boxes of one page from those of another.
    """
    rows: list[int] = st.session_state.setdefault(_rows(place), list(range(fewest)))
    for number, row in enumerate(rows, start=1):
        _one_class(place, number, row, removable=len(rows) > fewest)
    st.button(
        _("Add a class"), icon=":material/add:", key=f"{place}-add", on_click=_add, args=(place,), width="stretch"
    )
    _camera(place, rows)


def given_photos(place: str) -> Given:
    """What is in the boxes at this moment: a callback may be called before they are drawn again."""
    given = []
    for row in st.session_state.get(_rows(place), []):
        name = " ".join(st.session_state.get(f"{place}-name-{row}", "").split())
        files: Files = [(photo.name, photo) for photo in st.session_state.get(f"{place}-photos-{row}") or []]
        files += [(f"shot-{count:03d}.jpg", io.BytesIO(shot)) for count, shot in enumerate(_shots(place, row), start=1)]
        given.append((unicodedata.normalize("NFC", name), files))
    return given


def by_name(given: Given) -> dict[str, Files]:
    """The photos by class; a class that nothing was said of is left out.

    Raises:
        VitrineError: ``class_unnamed`` or ``class_twice``.
    """
    photos: dict[str, Files] = {}
    for number, (name, files) in enumerate(given, start=1):
        if files and not name:
            raise VitrineError("class_unnamed", number=number)
        if name.casefold() in map(str.casefold, photos):
            raise VitrineError("class_twice", name=name)
        if name:
            photos[name] = files
    return photos


def forget_photos(place: str) -> None:
    """Begin anew with empty boxes; nothing of the photos stays."""
    rows: list[int] = st.session_state.get(_rows(place), [])
    for row in rows:
        st.session_state.pop(_shots_key(place, row), None)
    if rows:  # other numbers, so that the boxes are other ones
        st.session_state[_rows(place)] = [max(rows) + 1 + number for number in range(len(rows))]


def _one_class(place: str, number: int, row: int, *, removable: bool) -> None:
    """A class's name and photos, those of the camera included."""
    with st.container(border=True, gap="small"):
        st.text_input(
            _("Class {n}").format(n=number), max_chars=64, key=f"{place}-name-{row}", placeholder=_("its name")
        )
        st.file_uploader(
            _("Photos of class {n}").format(n=number),
            type=TYPES,
            accept_multiple_files=True,
            max_upload_size=MAX_BYTES >> 20,
            key=f"{place}-photos-{row}",
        )
        shots = _shots(place, row)
        if shots:
            _strip(place, row, shots)
        if removable:
            label = _("Remove class {n}").format(n=number)
            st.button(label, icon=":material/delete:", key=f"{place}-remove-{row}", on_click=_remove, args=(place, row))


def _strip(place: str, row: int, shots: list[bytes]) -> None:
    text = ngettext("{n} photo from the camera", "{n} photos from the camera", len(shots))
    st.caption(text.format(n=len(shots)))
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        for count, shot in list(enumerate(shots, start=1))[-SHOWN:]:
            st.image(_small(shot), width=THUMBNAIL, alt=_("Photo {n} from the camera").format(n=count))
        st.button(
            _("Remove the last"),
            icon=":material/backspace:",
            type="tertiary",
            key=f"{place}-unshoot-{row}",
            on_click=_unshoot,
            args=(place, row),
        )


def _camera(place: str, rows: list[int]) -> None:
    """One camera, whose shots go to the class that is chosen; after each it is ready for the next."""
    if not st.toggle(_("Use the camera"), key=f"{place}-camera"):
        return
    names = {
        row: st.session_state[f"{place}-name-{row}"].strip() or _("Class {n}").format(n=number)
        for number, row in enumerate(rows, start=1)
    }
    row = st.segmented_control(
        _("These photos show"),
        list(names),
        format_func=lambda one: plain(names[one]),
        default=rows[0],
        required=True,
        key=f"{place}-target-{'-'.join(map(str, names))}",
    )
    # After a shot another camera takes its place, as Streamlit's shows the photo until somebody clears it.
    number = st.session_state.setdefault(_shot(place), 0)
    st.camera_input(
        _("Photo {n} of {name}").format(n=len(_shots(place, row)) + 1, name=plain(names[row])),
        key=f"{_shot(place)}-{number}",
        on_change=_shoot,
        args=(place, row, number),
        width=CAMERA,
        resolution="480p",  # without one Streamlit starts the camera twice after each shot
        help=_("Photos stay in memory until you import them, and are gone when you leave."),
    )


def _shoot(place: str, row: int, number: int) -> None:
    """Keep the shot of that number, once: Streamlit may tell of one twice, where another rerun comes between."""
    shot = st.session_state[f"{_shot(place)}-{number}"]
    if not shot or st.session_state[_shot(place)] != number:
        return
    st.session_state[_shot(place)] = number + 1
    if _small(shot.getvalue()).std() < BLANK:
        st.toast(
            _("That photo shows nothing: the camera was not ready. Take it again."), icon=":material/no_photography:"
        )
    else:
        _shots(place, row).append(shot.getvalue())


def _unshoot(place: str, row: int) -> None:
    del _shots(place, row)[-1:]  # of two quick clicks the second may find none


def _shots(place: str, row: int) -> list[bytes]:
    shots: list[bytes] = st.session_state.setdefault(_shots_key(place, row), [])
    return shots


def _small(shot: bytes) -> np.ndarray:
    (image,) = shared_pool().decode([shot], 2 * THUMBNAIL)
    return image.pixels if isinstance(image, Decoded) else np.full((THUMBNAIL, THUMBNAIL, 3), 128, np.uint8)


def _rows(place: str) -> str:
    """Where the classes on the screen are kept, as numbers: the fields of one keep theirs when another is removed."""
    return f"{place}-rows"


def _shot(place: str) -> str:
    """Where the number of the next shot is kept. Each has a camera of its own, also the one after a shot that failed."""
    return f"{place}-shot"


def _shots_key(place: str, row: int) -> str:
    return f"{place}-shots-{row}"


def _add(place: str) -> None:
    rows = st.session_state[_rows(place)]
    rows.append(max(rows) + 1)


def _remove(place: str, row: int) -> None:
    st.session_state[_rows(place)] = [one for one in st.session_state[_rows(place)] if one != row]
    st.session_state.pop(_shots_key(place, row), None)
