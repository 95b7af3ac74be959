"""How images get in: a ZIP, a whole folder, or class by class from files and the camera; as a new dataset, or more for one. And public ones."""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from core import data_tasks, tasks
from core.bundle.decoding import MAX_BYTES
from core.data.corrections import own_name
from core.data.layout import find_classes
from core.data.sources import SOURCES
from core.data.versions import Dataset, list_datasets
from core.errors import VitrineError
from ui.class_photos import by_name, class_photos, forget_photos, given_photos
from ui.formats import number, plain
from ui.i18n import _, ngettext
from ui.photos import TYPES
from ui.pickers import expect_dataset
from ui.states import show_error
from ui.versions import show_current

FEWEST = 2  # classes of a new dataset
_PANEL = "add-images"  # whether the panel is open
_TROUBLE = "import-trouble"  # why the last import could not begin
_PLACE = "data"  # tells the boxes of classes from those of the Train page


def add_images(dataset: Dataset) -> None:
    """The panel, which closes itself once an import is under way.

    Args:
        dataset: which more images can be added to.
    """
    panel = st.expander(
        _("Bring your own images, or a public dataset"),
        icon=":material/add_photo_alternate:",
        key=_PANEL,
        on_change="rerun",
    )
    with panel:
        bring_your_own(dataset)
        public_sets()


def bring_your_own(dataset: Dataset) -> None:
    """Where the images are to go, which way they come, and the button that imports them."""
    targets = {"new": _("As a new dataset"), "more": _("Add to “{name}”").format(name=plain(dataset.name))}
    ways = {"zip": _("A ZIP"), "folder": _("A folder"), "classes": _("Class by class, camera")}
    with st.container(horizontal=True):
        target = st.segmented_control(
            _("Where the images go"),
            list(targets),
            format_func=targets.__getitem__,
            default="new",
            required=True,
            key="import-target",
        )
        way = st.segmented_control(
            _("How they come"), list(ways), format_func=ways.__getitem__, default="zip", required=True, key="import-way"
        )
    # A mistake leaves what was filled in where it is; the next import begins with empty fields.
    keys = {part: f"import-{part}-{st.session_state.get('imports', 0)}" for part in ("name", *ways, "test")}
    add = target == "more"
    if not add:
        st.text_input(
            _("Name"),
            placeholder=_("flowers"),
            max_chars=64,
            key=keys["name"],
            help=_("Small letters, digits, dots, dashes and underscores."),
        )
    {"zip": _zip, "folder": _folder, "classes": _classes}[way](keys, add)
    given = any(files for _name, files in given_photos(_PLACE)) if way == "classes" else st.session_state[keys[way]]
    st.button(
        _("Add") if add else _("Import"),
        type="primary",
        icon=":material/upload:",
        key="import",
        on_click=_import,
        args=(dataset if add else None, way, keys),
        disabled=not given,
        help=None if given else _("Choose images first."),
    )
    if add:
        st.caption(
            _(
                "They become training images of a new version, so that the test stays what it was; of a class that is new, a fifth is held out. "
                "Files that are there already are left out."
            )
        )
        if dataset.embedded:
            text = _("“{name}” comes with Vitrine and stays as it is: a copy, “{copy}”, gets them.")
            st.caption(text.format(name=plain(dataset.name), copy=plain(own_name(dataset))))
    if error := st.session_state.pop(_TROUBLE, None):
        show_error(error)


def _zip(keys: Mapping[str, str], add: bool) -> None:
    about = _("Put the images of each class into a folder of that name, and all folders into one ZIP.")
    if add:
        st.markdown(about)
        st.file_uploader(_("Images (ZIP)"), type="zip", key=keys["zip"])
        return
    st.markdown(f"{about} " + _("A second ZIP may hold test images; without it, a fifth of every class is held out."))
    train, test = st.columns(2)
    train.file_uploader(_("Training images (ZIP)"), type="zip", key=keys["zip"])
    test.file_uploader(_("Test images (ZIP, if you have them apart)"), type="zip", key=keys["test"])


def _folder(keys: Mapping[str, str], add: bool) -> None:
    st.markdown(
        _("Choose a folder in which every class has a folder of its own; train and test above them are understood.")
    )
    files: list[Any] = st.file_uploader(
        _("A folder of images"),
        type=TYPES,
        accept_multiple_files="directory",
        max_upload_size=MAX_BYTES >> 20,
        key=keys["folder"],
    )
    if files:
        classes = sorted({member.label for member in find_classes([file.name for file in files]).members})
        text = ngettext("{n} image, of: {names}", "{n} images, of: {names}", len(files))
        st.caption(text.format(n=number(len(files)), names=plain(", ".join(classes)) or _("no class")))


def _classes(keys: Mapping[str, str], add: bool) -> None:
    st.markdown(_("Name each class and give photos of it: as many files as you like, or shot by shot with the camera."))
    class_photos(_PLACE, 1 if add else FEWEST)


def _import(target: Dataset | None, way: str, keys: Mapping[str, str]) -> None:
    """Submit the import of what is in the fields at this moment.

    Args:
        target: what the images are added to; None for a dataset of their own.
    """
    add = target is not None
    name = target.name if target else st.session_state[keys["name"]].strip()

    def submit() -> None:
        if way == "classes":
            data_tasks.import_photos(name, by_name(given_photos(_PLACE)), add=add)
            forget_photos(_PLACE)
        elif way == "folder":
            data_tasks.import_folder(name, {file.name: file for file in st.session_state[keys["folder"]]}, add=add)
        else:
            files = [st.session_state[keys["zip"]], None if add else st.session_state[keys["test"]]]
            tasks.import_uploads(name, [(file.name, file) for file in files if file], add=add)

    _begin(submit, own_name(target) if target else name)


def _begin(submit: Callable[[], object], name: str) -> None:
    """Submit a job that brings dataset `name`, and look at that as soon as it is there."""
    try:
        submit()
    except VitrineError as error:
        st.session_state[_TROUBLE] = error
        return
    st.session_state["imports"] = st.session_state.get("imports", 0) + 1
    st.session_state[_PANEL] = False
    show_current()
    expect_dataset(name)


def public_sets() -> None:
    """Public datasets that can be downloaded."""
    known = {dataset.name for dataset in list_datasets()}
    st.markdown(_("Or take a public dataset, downloaded from its home when asked for."))
    with st.container(horizontal=True):
        for name in SOURCES:
            st.button(
                _("Download {name}").format(name=name),
                disabled=name in known,
                help=_("It is here already.") if name in known else None,
                icon=":material/download:",
                key=f"download-{name}",
                on_click=_begin,
                args=(functools.partial(tasks.download_data, name), name),
            )
