"""The labelling tray on the page: photos come in, the classes are chosen, and all of it can be removed."""

import time
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

import streamlit as st

from core.bundle.decoding import Rejected
from core.data.archives import Archive
from core.data.labelling import Added, Source, Target, Tray
from core.data.layout import SUFFIXES
from core.data.versions import list_datasets
from core.errors import VitrineError
from core.messages import words
from ui.formats import duration, number, plain
from ui.i18n import _, ngettext
from ui.photos import TYPES
from ui.states import show_error

NAMED = 20  # files that are named
_UPLOADS, _ADDED, _TROUBLE = "label-uploads", "label-added", "label-refused"
_NEW, _DATA, _NAME, _CLASSES = "label-new", "label-data", "label-name", "label-classes"
_KNOWN = "label-target"  # what this visit knows of the tray's target


def bring(tray: Tray, held: int) -> None:
    """Files, a folder or a ZIP into the tray; what became of the last ones."""
    title = _("Bring photos") if not held else _("Bring more photos")
    with st.expander(title, icon=":material/add_photo_alternate:", expanded=not held):
        st.caption(
            _(
                "They are kept in this installation, in its labelling tray, until they go into a dataset or you empty the tray: also when "
                "you close the browser. A folder may hold other folders, and so may a ZIP; their names do not matter."
            )
        )
        turn = st.session_state.get(_UPLOADS, 0)
        some, folder = st.columns(2)
        files = some.file_uploader(
            _("Photos, or a ZIP of them"), type=[*TYPES, "zip"], accept_multiple_files=True, key=f"label-files-{turn}"
        )
        files += folder.file_uploader(
            _("A whole folder"), type=[*TYPES, "zip"], accept_multiple_files="directory", key=f"label-folder-{turn}"
        )
        if files and st.button(
            ngettext("Put {n} file into the tray", "Put {n} files into the tray", len(files)).format(n=len(files)),
            type="primary",
            icon=":material/inbox:",
        ):
            _take(tray, files)
    if added := st.session_state.pop(_ADDED, None):
        _tell(added)
    if error := st.session_state.pop(_TROUBLE, None):
        show_error(error)


def _take(tray: Tray, files: Sequence[Any]) -> None:
    bar = st.progress(0.0, text=_("Reading the photos"))

    begun = time.monotonic()

    def progress(done: int, total: int) -> None:
        text = _("Reading the photos: {done:,} of {total:,}").format(done=done, total=total)
        if left := round((time.monotonic() - begun) * (total - done) / done):
            text += " · " + _("about {time} left").format(time=duration(left))
        bar.progress(done / total, text=text)

    try:
        st.session_state[_ADDED] = tray.add([source for file in files for source in _unpacked(file)], progress)
    except VitrineError as error:
        st.session_state[_TROUBLE] = error
    st.session_state[_UPLOADS] = st.session_state.get(_UPLOADS, 0) + 1
    st.rerun()


def _unpacked(file: Any) -> list[Source]:
    """The file itself, or the images in it if it is a ZIP."""
    if not file.name.lower().endswith(".zip"):
        return [(file.name, file.getvalue)]
    archive = Archive(file, file.name)
    images = [name for name in archive.files if PurePosixPath(name.lower()).suffix in SUFFIXES]
    if not images:
        raise VitrineError("zip_no_images", file=file.name)
    return [(name, lambda name=name: archive.read(name)) for name in images]  # type: ignore[misc]


def _tell(added: Added) -> None:
    parts = [ngettext("{n} photo came in", "{n} photos came in", added.count).format(n=number(added.count))]
    if added.twice:
        text = ngettext("{n} is here already", "{n} are here already", len(added.twice))
        parts.append(text.format(n=number(len(added.twice))))
    if added.refused:
        text = ngettext("{n} could not be read", "{n} could not be read", len(added.refused))
        parts.append(text.format(n=number(len(added.refused))))
    st.success(" · ".join(parts), icon=":material/inbox:")
    if added.twice or added.refused:
        with st.expander(_("Which were left out")):
            lines = [(name, _why(why)) for name, why in added.refused]
            lines += [(name, _("The same file, byte by byte, is in the tray.")) for name in added.twice]
            st.markdown("\n".join(f"- {plain(name)}: {why}" for name, why in lines[:NAMED]))
            if len(lines) > NAMED:
                st.caption(_("and {n:,} more").format(n=len(lines) - NAMED))


def _why(refusal: Rejected) -> str:
    return words(refusal.code, refusal.params, _)


def aim(tray: Tray) -> Target:
    """The classes to choose from: new ones, or those of a dataset."""
    target = tray.target
    if st.session_state.get(_KNOWN) != target:  # this visit begins, or another one has changed it
        st.session_state[_KNOWN], st.session_state[_NEW] = target, target.new
        if target.new:
            st.session_state[_NAME], st.session_state[_CLASSES] = target.data, ", ".join(target.classes)
        else:
            st.session_state[_DATA] = target.data
    ready = len(target.classes) > 1
    title = _("Classes: {names}").format(names=plain(", ".join(target.classes))) if ready else _("Choose the classes")
    with st.expander(title, icon=":material/category:", expanded=not ready):
        kinds = {True: _("A new dataset"), False: _("Add to a dataset")}
        new = st.segmented_control(
            _("What they are for"),
            list(kinds),
            format_func=kinds.__getitem__,
            required=True,
            key=_NEW,
            on_change=_aimed,
            label_visibility="collapsed",
        )
        if new:
            _new_target()
        else:
            _known_target()
    return target


def _new_target() -> None:
    name, classes = st.columns([1, 2])
    name.text_input(_("Name of the dataset"), max_chars=64, placeholder=_("flowers"), key=_NAME, on_change=_aimed)
    classes.text_input(
        _("Classes, with commas between them"), placeholder=_("rose, tulip, daisy"), key=_CLASSES, on_change=_aimed
    )


def _known_target() -> None:
    st.selectbox(
        _("Dataset to add to"),
        [dataset.name for dataset in list_datasets()],
        key=_DATA,
        on_change=_aimed,
        help=_("All photos go to its training images. Its test images stay what they are."),
    )


def _aimed() -> None:
    """Remember with the tray what was chosen just now."""
    state = st.session_state
    if state[_NEW]:
        names = dict.fromkeys(" ".join(part.split())[:64] for part in state.get(_CLASSES, "").split(","))
        target = Target(state.get(_NAME, "").strip(), tuple(name for name in names if name))
    else:
        known = {dataset.name: dataset for dataset in list_datasets()}
        dataset = known.get(state.get(_DATA) or "", next(iter(known.values())))
        target = Target(dataset.name, dataset.classes, new=False)
    try:
        Tray().aim(target)
        state[_KNOWN] = target
    except VitrineError as error:
        state[_TROUBLE] = error


def empty(photos: int) -> None:
    """The button that removes all of it."""
    with st.popover(_("Empty the tray…"), icon=":material/delete:"):
        st.markdown(_("All photos in the tray and their labels are removed for good. Datasets stay."))
        text = ngettext("Remove {n} photo", "Remove {n} photos", photos)
        st.button(text.format(n=number(photos)), key="label-empty", on_click=_clear)


def _clear() -> None:
    Tray().clear()
    for key in (_NEW, _DATA, _NAME, _CLASSES):
        st.session_state.pop(key, None)
