"""What the pictures of a dataset are like as a whole: colours, sizes, and pictures that are there twice."""

import functools
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from core import data_tasks
from core.data.corrections import correct
from core.data.duplicates import DuplicatePair, Duplicates
from core.data.profile import Profile, Sizes, sizes_of
from core.data.versions import Dataset
from core.errors import VitrineError
from core.evaluation.studies import duplicates_in
from ui.charts import show_chart
from ui.conflicts import conflicts
from ui.datasets import SIDE, known_profile
from ui.formats import number, percent, plain
from ui.i18n import _, ngettext
from ui.paging import show_more, visible
from ui.palette import ACCENT
from ui.pictures import enlarged
from ui.rows import Look, looking
from ui.states import show_error
from ui.studies import follow
from ui.versions import look_at

if TYPE_CHECKING:
    import plotly.graph_objects as go

PAIRS_AT_ONCE = 12
THUMBNAIL = 96  # pixels on the screen
CELLS = 40  # of the chart of sizes, each way, where there are more different sizes than these


def quality(dataset: Dataset) -> None:
    """The findings, one below the other; first what no training can mend."""
    conflicts(dataset)
    try:
        sizes = sizes_of(dataset)
    except VitrineError as error:
        show_error(error)
        return
    _sizes(sizes)
    profile = known_profile(dataset)
    if profile is not None:
        _colours(dataset, profile)
    duplicates(dataset, profile)


def _sizes(sizes: Sizes) -> None:
    low, high = int(sizes.shorter.min()), int(sizes.shorter.max())
    width, height = int(sizes.width[0]), int(sizes.height[0])
    if (sizes.width == width).all() and (sizes.height == height).all():
        st.header(_("Every image came with {width} × {height} pixels").format(width=width, height=height), anchor=False)
        return
    median = int(np.median(sizes.shorter))
    title = _("Images came with {low:,} to {high:,} pixels on their shorter side; half of them with {median:,} or more")
    show_chart(_chart(sizes), title.format(low=low, high=high, median=median), "sizes", height=360)


def _chart(sizes: Sizes) -> "go.Figure":
    """Width and height before anything was resized; the larger a mark, the more images."""
    import plotly.graph_objects as go

    points, counts = np.unique(np.stack([sizes.width, sizes.height], 1), axis=0, return_counts=True)
    if len(points) > CELLS:
        table, wide, high = np.histogram2d(sizes.width, sizes.height, bins=CELLS)
        x, y = np.nonzero(table)
        points = np.stack([(wide[:-1] + wide[1:])[x] / 2, (high[:-1] + high[1:])[y] / 2], 1).round()
        counts = table[x, y].astype(int)
    figure = go.Figure(
        go.Scatter(
            x=points[:, 0],
            y=points[:, 1],
            mode="markers",
            marker={"color": ACCENT, "opacity": 0.6, "size": 6 + 24 * np.sqrt(counts / counts.max())},
            customdata=counts,
            hovertemplate=_("%{x:,.0f} × %{y:,.0f} pixels: %{customdata:,} images") + "<extra></extra>",
        )
    )
    figure.update_xaxes(title=_("width in pixels"), rangemode="tozero")
    figure.update_yaxes(title=_("height in pixels"), rangemode="tozero")
    return figure


def _colours(dataset: Dataset, profile: Profile) -> None:
    grey = sum(profile.grey)
    train = dataset.size("train")
    if grey == train:
        title = _("All training images are grey")
    elif grey:
        title = _("{share} of the training images are grey, the others coloured").format(share=percent(grey / train))
    else:
        title = _("All training images are coloured")
    st.header(title, anchor=False)
    table = pd.DataFrame(
        {
            _("Channel"): [_("red"), _("green"), _("blue")],
            _("Mean"): profile.mean,
            _("Deviation"): profile.deviation,
        }
    )
    shown = st.column_config.NumberColumn(format="%.4f")
    st.dataframe(table, hide_index=True, width=420, column_config={_("Mean"): shown, _("Deviation"): shown})
    st.caption(
        _("Over all pixels of the {n} training images at {side} × {side}, on a scale of 0 to 1.").format(
            n=number(train), side=SIDE
        )
    )


def duplicates(dataset: Dataset, profile: Profile | None) -> None:
    """Files that are there twice, which is known; pictures that are nearly alike, once a job has looked for them."""
    found = duplicates_in(dataset)
    st.header(_("Pictures that are there twice") if found is None else plain(_found(found)), anchor=False)
    if profile is not None:
        text = _(
            "Byte by byte: training files that repeat another one: {repeated}; test files that training has too: {copies}."
        )
        st.markdown(text.format(repeated=number(profile.repeated), copies=number(dataset.copies)))
    if found is None:
        st.markdown(
            _(
                "A search finds more: the same pixels in other files, nearly the same pictures, and mirrored ones. It compares every picture "
                "with every other."
            )
        )
    follow(
        functools.partial(data_tasks.last, "duplicates", dataset),
        functools.partial(data_tasks.submit, "duplicates", dataset),
        "find-duplicates",
        _("Look for duplicates") if found is None else None,
    )
    if found is not None:
        _pairs(dataset, found)


def _found(found: Duplicates) -> str:
    if not found.pairs:
        return _("Of its {n} pictures no two are the same, nearly the same, or mirrored").format(n=number(found.n))
    if not found.leaked:
        return _("No test picture is among the training pictures too")
    text = ngettext(
        "{n} test picture is among the training pictures too, or nearly",
        "{n} test pictures are among the training pictures too, or nearly",
        len(found.leaked),
    )
    return text.format(n=number(len(found.leaked)))


def _pairs(dataset: Dataset, found: Duplicates) -> None:
    if not found.pairs:
        return
    text = _("Of {n} pictures, these repeat another one of their split: {training} of training, {test} of the test.")
    st.markdown(text.format(n=number(found.n), training=number(found.training), test=number(found.test)))
    if found.leaked:
        st.button(
            _("Make a version without the training pictures that the test has too ({n})").format(
                n=number(len(found.copies))
            ),
            icon=":material/playlist_remove:",
            key="without-copies",
            on_click=_leave_out,
            args=(dataset, found),
            help=_("The test stays as it is, and becomes honest. The version before stays too."),
        )
    if trouble := st.session_state.pop("copies-trouble", None):
        show_error(trouble)
    try:
        look = looking(dataset, SIDE)
    except VitrineError as error:
        show_error(error)
        return
    labels = dataset.manifest("label")["label"].to_numpy()
    torn = [bool(labels[pair.first] != labels[pair.second]) for pair in found.pairs]
    if n := sum(torn):
        text = ngettext(
            "{n} pair stands under two classes: look at it first.",
            "{n} pairs stand under two classes: look at them first.",
            n,
        )
        st.markdown(text.format(n=number(n)))
    kinds = {"exact": _("the same pixels"), "near": _("nearly the same"), "mirrored": _("mirrored")}
    with st.grid("auto", min_column_width=2 * THUMBNAIL + 48, gap="medium") as grid:
        torn_first = sorted(zip(torn, found.pairs, strict=True), key=lambda one: not one[0])
        for is_torn, pair in torn_first[: visible(PAIRS_AT_ONCE, "data-duplicates")]:
            with grid.cell(), st.container(border=True):
                kind = kinds[pair.kind]
                st.caption(_("{kind}, under two classes").format(kind=kind) if is_torn else kind)
                _pair(dataset, pair, look)
    show_more(len(found.pairs), PAIRS_AT_ONCE, "data-duplicates")


def _pair(dataset: Dataset, pair: DuplicatePair, look: Look) -> None:
    for column, row in zip(st.columns(2), (pair.first, pair.second), strict=True):
        picture, label, split = look(row)
        caption = f"{split}: {dataset.classes[label]}"
        column.image(enlarged(picture), caption=plain(caption), width="stretch", alt=caption)


def _leave_out(dataset: Dataset, found: Duplicates) -> None:
    try:
        made = correct(dataset, set(found.copies), {})
    except VitrineError as error:
        st.session_state["copies-trouble"] = error
        return
    look_at(made)
