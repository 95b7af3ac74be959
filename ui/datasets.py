"""The parts of the Data page: what there is, what it looks like, how to bring one's own."""

import functools
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import pandas as pd
import streamlit as st

from core import tasks
from core.bundle.decoding import Decoded, shared_pool
from core.data.imageset import load_split
from core.data.sources import SOURCES
from core.data.versions import Dataset, delete_dataset, list_datasets, restore_dataset
from core.errors import VitrineError
from core.messages import words
from ui.formats import number, plain
from ui.i18n import _, ngettext
from ui.pickers import expect_dataset
from ui.pictures import enlarged
from ui.states import show_error

SIDE = 32  # pixels: the side whose cache the import makes
SAMPLES = 12  # pictures a class
SEED = 0
PAIRS = 4  # images shown before and after preprocessing
PREVIEW = 192  # pixels of the longer side of the one before
_PANEL = "add-images"  # whether the panel is open
_TROUBLE = "import-trouble"  # why the last import could not begin
UNBALANCED = 3  # largest over smallest class, above which it is said


def facts(dataset: Dataset) -> None:
    """How many images, of what, from where."""
    images, classes, held_out, version = st.columns(4)
    images.metric(_("Images"), f"{dataset.images:,}")
    classes.metric(_("Classes"), len(dataset.classes))
    held_out.metric(
        _("Held out for the test"),
        f"{dataset.size('test'):,}",
        help=_("Only evaluation ever touches these. Validation images are taken from the others by each run."),
    )
    version.metric(_("Version"), dataset.version, help=_("A new import under this name makes a new version."))
    counts = dataset.counts["train"].values()
    if (ratio := max(counts) / max(min(counts), 1)) > UNBALANCED:
        st.warning(
            _("The classes are unbalanced: the largest has {ratio:.1f} times the images of the smallest.").format(
                ratio=ratio
            ),
            icon=":material/balance:",
        )
    st.caption(
        _("{source} · licence: {licence} · fingerprint {fingerprint}").format(
            source=plain(dataset.source), licence=plain(dataset.licence), fingerprint=dataset.fingerprint[:12]
        )
    )
    copies(dataset)
    if dataset.skipped:
        title = ngettext(
            "{n} file could not be read and was left out",
            "{n} files could not be read and were left out",
            len(dataset.skipped),
        )
        with st.expander(title.format(n=len(dataset.skipped))):
            st.dataframe(
                pd.DataFrame(
                    [(file["path"], words(file["code"], file["params"], _)) for file in dataset.skipped],
                    columns=[_("File"), _("Why")],
                ),
                hide_index=True,
            )


def copies(dataset: Dataset) -> None:
    """A word of warning where training has images of the test."""
    if dataset.copies:
        st.warning(
            ngettext(
                "{n} test image is a training image too, byte by byte: remembering it is enough to be right.",
                "{n} test images are training images too, byte by byte: remembering them is enough to be right.",
                dataset.copies,
            ).format(n=number(dataset.copies)),
            icon=":material/content_copy:",
        )


def balance(dataset: Dataset) -> None:
    """Images by class and split."""
    table = (
        pd.DataFrame(dataset.counts).fillna(0).astype(int).rename(columns={"train": _("training"), "test": _("test")})
    )
    table = table.reindex(dataset.classes)
    low, high = table.sum(axis=1).min(), table.sum(axis=1).max()
    title = _("{n:,} images of every class") if low == high else _("From {n:,} to {high:,} images a class")
    st.header(title.format(n=low, high=high), anchor=False)
    st.bar_chart(
        table,
        horizontal=True,
        sort=False,
        x_label="",
        y_label=_("images"),
        height=80 + 28 * len(table),
        alt=_("Images by class"),
    )


def samples(dataset: Dataset) -> None:
    """A few training images of one class after the other."""
    st.header(_("What it looks like"))
    try:
        with st.spinner(_("Preparing the pictures"), show_time=True):
            images = load_split(dataset, "train", SIDE)
    except VitrineError as error:
        show_error(error)
        return
    # None chosen means all: a pill for that could not be told from a class of its name.
    chosen = st.pills(_("Show only"), dataset.classes, format_func=plain, key=f"class-{dataset.name}")
    shown = [dataset.classes.index(chosen)] if chosen in dataset.classes else range(len(dataset.classes))
    random = np.random.default_rng(SEED)
    pictures = []
    for label in shown:
        members = np.flatnonzero(images.labels == label)
        wanted = min(len(members), max(1, SAMPLES * 2 // len(shown)))
        pictures += [
            (int(index), dataset.classes[label]) for index in np.sort(random.choice(members, wanted, replace=False))
        ]
    with st.grid("auto", min_column_width=88, gap="small"):
        for index, name in pictures:
            st.image(enlarged(np.asarray(images.pixels[index]), 96), caption=plain(name), width="stretch", alt=name)


def add_images() -> None:
    """Import of a ZIP with a folder per class, and public datasets; closes itself once the job is under way."""
    panel = st.expander(
        _("Bring your own images, or a public dataset"),
        icon=":material/add_photo_alternate:",
        key=_PANEL,
        on_change="rerun",
    )
    with panel:
        bring_your_own()
        public_sets()


def preprocessing(dataset: Dataset) -> None:
    """What happens to an image before a network sees it, on a few examples."""
    st.header(_("Preprocessing: an image as the model sees it"), anchor=False)
    st.markdown(
        _(
            "Every image is turned upright, cropped to the square in its middle, resized to {side} × {side} pixels and scaled "
            "from 0–255 to 0–1. Of the training images each run sets a share of every class aside, drawn by its seed, to "
            "validate on. The test images stay untouched until evaluation."
        ).format(side=SIDE)
    )
    try:
        pairs = _before_and_after(dataset.fingerprint, dataset)
    except VitrineError as error:
        show_error(error)
        return
    with st.grid("auto", min_column_width=256, gap="small"):
        for (before, after), name in zip(pairs, dataset.classes, strict=False):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.image(before, width=88, caption=_("as it came"), alt=_("An image of class {name}").format(name=name))
                st.markdown(":material/arrow_forward:", width="content")
                st.image(
                    after,
                    width=88,
                    caption=_("{side} × {side}").format(side=SIDE),
                    alt=_("The same image as the model sees it"),
                )


@st.cache_data(max_entries=8, show_spinner=False)
def _before_and_after(fingerprint: str, _dataset: Dataset) -> list[tuple[np.ndarray, np.ndarray]]:
    """The first training image of some classes as it came, and as its square, both large enough to be looked at.

    The fingerprint stands for the dataset in the cache.
    """
    table = _dataset.manifest("split", "label")
    labels = np.where(table["split"].to_numpy() == "train", table["label"].to_numpy(), -1)
    rows = [int(np.argmax(labels == label)) for label in range(min(PAIRS, len(_dataset.classes)))]
    images = shared_pool().decode(_dataset.originals(rows), SIDE, PREVIEW)
    return [
        (image.preview if max(image.preview.shape) >= SIDE * 2 else enlarged(image.preview), enlarged(image.pixels))
        for image in images
        if isinstance(image, Decoded) and image.preview is not None
    ]


def bring_your_own() -> None:
    """Import of a ZIP: one folder per class."""
    st.markdown(
        _(
            "Put the images of each class into a folder of that name, and all folders into one ZIP. "
            "A second ZIP may hold test images; without it, a fifth of every class is held out."
        )
    )
    # A mistake leaves what was filled in where it is; the next import begins with empty fields.
    keys = [f"import-{part}-{st.session_state.get('imports', 0)}" for part in ("name", "train", "test")]
    st.text_input(_("Name"), placeholder=_("flowers"), max_chars=64, key=keys[0])
    train, test = st.columns(2)
    train_zip = train.file_uploader(_("Training images (ZIP)"), type="zip", key=keys[1])
    test.file_uploader(_("Test images (ZIP, if you have them apart)"), type="zip", key=keys[2])
    st.button(
        _("Import"),
        type="primary",
        icon=":material/upload:",
        on_click=_import,
        args=keys,
        disabled=train_zip is None,
        help=_("Choose a ZIP of training images first.") if train_zip is None else None,
    )
    if error := st.session_state.pop(_TROUBLE, None):
        show_error(error)


def _import(*keys: str) -> None:
    name, train_zip, test_zip = (st.session_state[key] for key in keys)
    uploads = [(file.name, file) for file in (train_zip, test_zip) if file]
    _begin(lambda: tasks.import_uploads(name.strip(), uploads), name.strip())


def _begin(submit: Callable[[], object], name: str) -> None:
    """Submit a job that brings dataset `name`, and look at that as soon as it is there."""
    try:
        submit()
    except VitrineError as error:
        st.session_state[_TROUBLE] = error
        return
    st.session_state["imports"] = st.session_state.get("imports", 0) + 1
    st.session_state[_PANEL] = False
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


def remove(dataset: Dataset) -> None:
    """Hide a dataset, and offer to bring back the one that was hidden last in this visit."""
    if not dataset.embedded:
        with st.popover(_("Delete…"), icon=":material/delete:"):
            st.markdown(
                _("“{name}” disappears from the lists. Runs trained on it keep what they need.").format(
                    name=plain(dataset.name)
                )
            )
            st.button(_("Delete “{name}”").format(name=plain(dataset.name)), on_click=_hide, args=(dataset.name,))
    hidden: str | None = st.session_state.get("hidden-data")
    if hidden and hidden not in {known.name for known in list_datasets()}:  # nobody brought it back, or made it anew
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(_("“{name}” was deleted.").format(name=plain(hidden)), width="content")
            st.button(_("Undo"), icon=":material/undo:", on_click=_bring_back, args=(hidden,))


def _hide(name: str) -> None:
    with suppress(VitrineError):  # another window was faster
        delete_dataset(name)
    st.session_state["hidden-data"] = name


def _bring_back(name: str) -> None:
    restore_dataset(name)
    del st.session_state["hidden-data"]
