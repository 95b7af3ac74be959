"""What can be done with a whole dataset: another name, divided anew, packed to be taken away, deleted and brought back."""

import functools
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import streamlit as st

from core import data_tasks
from core.data import exports
from core.data.licence import NO_LICENCE, note_licence
from core.data.renaming import rename
from core.data.revisions import SHARES, divide
from core.data.versions import Dataset, delete_dataset, list_datasets, restore_dataset
from core.errors import VitrineError
from ui.formats import file_size, number, plain
from ui.i18n import _
from ui.pickers import expect_dataset
from ui.states import show_error
from ui.studies import follow
from ui.versions import look_at, show_current

HANDED_OUT = 1 << 30  # bytes of a ZIP that go through the browser; Streamlit holds in memory what it hands out
_HIDDEN = "hidden-data"  # the name of the dataset that was deleted last in this visit
_TROUBLE = "managing-trouble"  # what was refused, and why


def divide_anew(dataset: Dataset) -> None:
    """Other test images: a share of every class and a seed make a new version."""
    st.header(_("Divide anew into training and test"), anchor=False)
    held_out = dataset.size("test") / dataset.images
    text = _(
        "Now {test} of {n} images are for the test, {share:.0%}. Figures of models that were tested on other images cannot be compared."
    )
    st.markdown(text.format(test=number(dataset.size("test")), n=number(dataset.images), share=held_out))
    low, high = SHARES
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.slider(
            _("Share for the test"),
            low,
            high,
            0.2,
            0.05,
            format="percent",
            key=f"divide-share-{dataset.name}",
            width=320,
        )
        st.number_input(_("Seed"), 0, 2**31 - 1, 0, key=f"divide-seed-{dataset.name}", width=160)
        st.button(_("Divide"), icon=":material/call_split:", key="divide", on_click=_divide, args=(dataset,))
    _trouble("divide")


def take_away(dataset: Dataset) -> None:
    """All images as they came, in one ZIP, made by a job."""
    st.header(_("Export"), anchor=False)
    st.markdown(_("All images as they came, in one ZIP: folders train and test, and in each a folder per class."))
    file = exports.place(dataset)
    packed = file.stat().st_size if file.is_file() else None
    follow(
        functools.partial(data_tasks.last, "export", dataset),
        functools.partial(data_tasks.submit, "export", dataset),
        "export",
        _("Pack {n} images").format(n=number(dataset.images)) if packed is None else None,
        icon=":material/folder_zip:",
    )
    if packed is None:
        return
    if packed <= HANDED_OUT:
        st.download_button(
            _("Download {name} ({size})").format(name=file.name, size=file_size(packed)),
            functools.partial(_opened, file),
            file.name,
            "application/zip",
            icon=":material/download:",
            on_click="ignore",
            key="download-export",
        )
    st.caption(_("It lies in {path} for a day.").format(path=plain(str(file))))


def rename_and_delete(dataset: Dataset) -> None:
    """Another name, or away with it."""
    st.header(_("Name and licence"), anchor=False)
    if dataset.embedded:
        st.markdown(_("“{name}” comes with Vitrine: it keeps its name, and stays.").format(name=plain(dataset.name)))
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = f"rename-{dataset.name}"
        st.text_input(_("New name"), placeholder=dataset.name, max_chars=64, key=key, width=320)
        st.button(_("Rename"), icon=":material/edit:", key="rename", on_click=_rename, args=(dataset, key))
        # By its name, so that it closes with the deletion, and does not offer the next one at the same place.
        with st.popover(_("Delete…"), icon=":material/delete:", key=f"delete-{dataset.name}"):
            st.markdown(
                _("“{name}” disappears from the lists. Runs trained on it keep what they need.").format(
                    name=plain(dataset.name)
                )
            )
            st.button(_("Delete “{name}”").format(name=plain(dataset.name)), on_click=_hide, args=(dataset.name,))
    _trouble("rename")
    st.caption(_("Runs that learnt from it keep the name that it had then."))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = f"licence-{dataset.name}"
        # What was noted stands in the field: a second click takes nothing back.
        st.session_state.setdefault(key, "" if dataset.licence == NO_LICENCE else dataset.licence)
        st.text_input(_("Licence"), placeholder=_("CC BY 4.0, or: our own photos"), max_chars=120, key=key, width=320)
        st.button(_("Note it"), icon=":material/copyright:", key="licence", on_click=_note_licence, args=(dataset, key))
    _trouble("licence")
    st.caption(
        _("Under what terms the images may be used, in your words. Now: {licence}.").format(
            licence=plain(dataset.licence)
        )
    )


def undo_deletion() -> None:
    """Offer to bring back the dataset that was deleted last in this visit."""
    hidden: str | None = st.session_state.get(_HIDDEN)
    if hidden and hidden not in {known.name for known in list_datasets()}:  # nobody brought it back, or made it anew
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(_("“{name}” was deleted.").format(name=plain(hidden)), width="content")
            st.button(_("Undo"), icon=":material/undo:", on_click=_bring_back, args=(hidden,))


def _opened(file: Path) -> BinaryIO:
    """What the download reads when it is asked for."""
    try:
        return open(file, "rb")
    except FileNotFoundError as error:
        raise VitrineError("export_missing") from error


def _divide(dataset: Dataset) -> None:
    try:
        made = divide(
            dataset, st.session_state[f"divide-share-{dataset.name}"], st.session_state[f"divide-seed-{dataset.name}"]
        )
    except VitrineError as error:
        st.session_state[_TROUBLE] = ("divide", error)
        return
    look_at(made)


def _rename(dataset: Dataset, key: str) -> None:
    try:
        made = rename(dataset.name, st.session_state[key].strip())
    except VitrineError as error:
        st.session_state[_TROUBLE] = ("rename", error)
        return
    expect_dataset(made.name)
    show_current()
    text = _("“{old}” is called “{new}” from now on.")
    st.toast(text.format(old=plain(dataset.name), new=plain(made.name)), icon=":material/check:")


def _note_licence(dataset: Dataset, key: str) -> None:
    try:
        note_licence(dataset.name, st.session_state[key].strip())
    except VitrineError as error:
        st.session_state[_TROUBLE] = ("licence", error)
        return


def _trouble(place: str) -> None:
    said, error = st.session_state.get(_TROUBLE, ("", None))
    if said == place:
        del st.session_state[_TROUBLE]
        show_error(error)


def _hide(name: str) -> None:
    with suppress(VitrineError):  # another window was faster
        delete_dataset(name)
    st.session_state[_HIDDEN] = name
    expect_dataset(
        max(list_datasets(), key=lambda known: known.created).name
    )  # said, or the box would show the old one
    st.toast(_("“{name}” was deleted. Undo stands at the top.").format(name=plain(name)), icon=":material/delete:")


def _bring_back(name: str) -> None:
    if st.session_state.pop(_HIDDEN, None):  # of two quick clicks the second finds it back
        restore_dataset(name)
        expect_dataset(name)
