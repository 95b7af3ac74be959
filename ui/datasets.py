"""The parts of the Data page: what there is, what it looks like, how to bring one's own."""

import numpy as np
import pandas as pd
import streamlit as st

from core import tasks
from core.data.imageset import load_split
from core.data.sources import SOURCES
from core.data.versions import Dataset, delete_dataset, list_datasets
from core.errors import VitrineError
from ui.i18n import _
from ui.pictures import enlarged
from ui.states import message, show_error

SIDE = 32  # pixels: the side whose cache the import makes
SAMPLES = 12  # pictures a class
SEED = 0
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
            source=dataset.source, licence=dataset.licence, fingerprint=dataset.fingerprint[:12]
        )
    )
    if dataset.skipped:
        with st.expander(_("{n} files could not be read and were left out").format(n=len(dataset.skipped))):
            st.dataframe(
                pd.DataFrame(
                    [(file["path"], message(VitrineError(file["code"], **file["params"]))) for file in dataset.skipped],
                    columns=[_("File"), _("Why")],
                ),
                hide_index=True,
            )


def balance(dataset: Dataset) -> None:
    """Images by class and split."""
    table = (
        pd.DataFrame(dataset.counts).fillna(0).astype(int).rename(columns={"train": _("training"), "test": _("test")})
    )
    table = table.reindex(dataset.classes)
    low, high = table.sum(axis=1).min(), table.sum(axis=1).max()
    title = _("{n:,} images of every class") if low == high else _("From {n:,} to {high:,} images a class")
    st.subheader(title.format(n=low, high=high), anchor=False)
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
    st.subheader(_("What it looks like"))
    try:
        with st.spinner(_("Preparing the pictures"), show_time=True):
            images = load_split(dataset, "train", SIDE)
    except VitrineError as error:
        show_error(error)
        return
    chosen = st.pills(
        _("Class"), [_("All"), *dataset.classes], default=_("All"), required=True, key=f"class-{dataset.name}"
    )
    shown = range(len(dataset.classes)) if chosen == _("All") else [dataset.classes.index(chosen)]
    random = np.random.default_rng(SEED)
    pictures = []
    for label in shown:
        members = np.flatnonzero(images.labels == label)
        wanted = min(len(members), max(1, SAMPLES * 2 // len(shown)) if chosen == _("All") else SAMPLES * 2)
        pictures += [
            (int(index), dataset.classes[label]) for index in np.sort(random.choice(members, wanted, replace=False))
        ]
    with st.grid("auto", min_column_width=88, gap="small"):
        for index, name in pictures:
            st.image(enlarged(np.asarray(images.pixels[index]), 96), caption=name, width="stretch", alt=name)


def bring_your_own() -> None:
    """Import of a ZIP: one folder per class."""
    st.markdown(
        _(
            "Put the images of each class into a folder of that name, and all folders into one ZIP. "
            "A second ZIP may hold test images; without it, a fifth of every class is held out."
        )
    )
    with st.form("import", border=False, clear_on_submit=True):
        name = st.text_input(_("Name"), placeholder=_("flowers"), max_chars=64)
        train, test = st.columns(2)
        train_zip = train.file_uploader(_("Training images (ZIP)"), type="zip")
        test_zip = test.file_uploader(_("Test images (ZIP, if you have them apart)"), type="zip")
        submitted = st.form_submit_button(_("Import"), type="primary", icon=":material/upload:")
    if not submitted:
        return
    if train_zip is None:
        st.error(_("Choose a ZIP of training images first."), icon=":material/error:")
        return
    try:
        run = tasks.import_data(
            name.strip(), tasks.keep_upload(train_zip), tasks.keep_upload(test_zip) if test_zip else None, uploaded=True
        )
    except VitrineError as error:
        show_error(error)
        return
    st.session_state["data"] = name.strip()
    st.toast(_("Importing “{name}”").format(name=run.name))
    st.rerun()


def public_sets() -> None:
    """Public datasets that can be downloaded."""
    known = {dataset.name for dataset in list_datasets()}
    st.markdown(_("Public datasets, downloaded from their home when asked for:"))
    with st.container(horizontal=True):
        for name in SOURCES:
            if st.button(
                _("Download {name}").format(name=name),
                disabled=name in known,
                help=_("It is here already.") if name in known else None,
                icon=":material/download:",
                key=f"download-{name}",
            ):
                tasks.download_data(name)
                st.rerun()


def remove(dataset: Dataset) -> None:
    """Hide a dataset; runs that refer to it keep it."""
    with st.popover(_("Delete…"), icon=":material/delete:"):
        st.markdown(
            _("“{name}” disappears from the lists. Runs trained on it keep what they need.").format(name=dataset.name)
        )
        if st.button(_("Delete “{name}”").format(name=dataset.name), key=f"delete-{dataset.name}"):
            try:
                delete_dataset(dataset.name)
            except VitrineError as error:
                show_error(error)
            else:
                st.rerun()
