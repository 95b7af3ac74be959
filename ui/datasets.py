"""A dataset at a glance: how much of what, what will hurt training, what it looks like."""

import numpy as np
import pandas as pd
import streamlit as st

from core.data.cautions import cautions
from core.data.imageset import load_split
from core.data.profile import Profile, profile_of, sizes_of
from core.data.versions import Dataset
from core.errors import VitrineError
from core.evaluation.studies import duplicates_in
from core.messages import words
from ui.formats import number, plain
from ui.i18n import _, ngettext
from ui.pictures import enlarged
from ui.states import message, show_error

SIDE = 32  # pixels: the side whose cache the import makes
SAMPLES = 12  # pictures a class
SEED = 0
AT_ONCE = 2  # warnings on the page; the others are a click below
_ICONS = {
    "data_copies": ":material/content_copy:",
    "data_leak": ":material/content_copy:",
    "data_unbalanced": ":material/balance:",
}


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
    st.caption(
        _("{source} · licence: {licence} · fingerprint {fingerprint}").format(
            source=plain(dataset.source), licence=plain(dataset.licence), fingerprint=dataset.fingerprint[:12]
        )
    )
    if dataset.skipped:
        _left_out(dataset)


def warnings(dataset: Dataset) -> None:
    """What will hurt training or make the test worth little, and what to do; where nothing will, that."""
    searched = duplicates_in(dataset)
    try:
        sizes, profile = sizes_of(dataset), known_profile(dataset)
    except VitrineError as error:
        show_error(error)
        return
    found = cautions(dataset, sizes, profile, searched)
    for caution in found[:AT_ONCE]:
        _warn(caution)
    if more := found[AT_ONCE:]:
        text = ngettext("{n} thing more to know before training", "{n} things more to know before training", len(more))
        with st.expander(text.format(n=len(more)), icon=":material/warning:"):
            for caution in more:
                _warn(caution)
    if not found:
        text = _("Classes, sizes and colours: nothing was found that will hurt training.")
        if searched is None:
            text += " " + _("Whether pictures are there twice, nobody has looked yet: see Quality.")
        st.caption(f":material/check_circle: {text}")


def known_profile(dataset: Dataset) -> Profile | None:
    """What the pictures are like, with a word of patience while they are counted; None where they cannot be read, which samples say."""
    try:
        with st.spinner(_("Looking at the pictures"), show_time=True):
            return profile_of(dataset)
    except VitrineError:
        return None


def _warn(caution: VitrineError) -> None:
    st.warning(message(caution), icon=_ICONS.get(caution.code, ":material/warning:"))


def _left_out(dataset: Dataset) -> None:
    title = ngettext(
        "{n} file could not be read and was left out",
        "{n} files could not be read and were left out",
        len(dataset.skipped),
    )
    if any(file["code"] == "image_there_already" for file in dataset.skipped):
        title = ngettext("{n} file was left out", "{n} files were left out", len(dataset.skipped))
    with st.expander(title.format(n=number(len(dataset.skipped)))):
        st.dataframe(
            pd.DataFrame(
                [(file["path"], words(file["code"], file["params"], _)) for file in dataset.skipped],
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
    st.header(title.format(n=low, high=high), anchor=False)
    st.bar_chart(
        table,
        horizontal=True,
        sort=False,
        x_label="",
        y_label=_("images"),
        height=130 + 28 * len(table),
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
