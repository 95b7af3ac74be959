"""Which version of a dataset the Data page looks at: the current one, unless an earlier one was opened."""

import pandas as pd
import streamlit as st

from core.data.revisions import Change, change_of, history, make_current
from core.data.versions import Dataset, get_dataset
from core.errors import VitrineError
from ui.formats import number, plain
from ui.i18n import _, ngettext
from ui.pickers import expect_dataset
from ui.states import message

_VERSION = "version"  # the key of the widget, and its name in the address
_CURRENT = 0  # stands for the newest version, whatever its number


def chosen_version(dataset: Dataset) -> Dataset:
    """The select box of versions, drawn where it is called if there are several; the current one at first.

    Args:
        dataset: the current version.
    """
    versions = {_CURRENT: dataset} | {version.version: version for version in history(dataset.name)[1:]}
    if len(versions) == 1:
        return dataset
    if st.session_state.get(_VERSION, _CURRENT) not in versions:
        show_current()  # another dataset was chosen
    number = st.selectbox(
        _("Version"),
        list(versions),
        key=_VERSION,
        bind="query-params",
        format_func=lambda one: _("{n}, the current one").format(n=dataset.version) if one == _CURRENT else str(one),
    )
    return versions[number]


def show_current() -> None:
    """Look at the newest version from now on."""
    st.session_state[_VERSION] = _CURRENT  # said, not forgotten: the address would bring the other back


def look_at(made: Dataset) -> None:
    """Look at what was made just now, under whatever name, and say so."""
    expect_dataset(made.name)
    show_current()
    text = _("“{name}”, version {version}: {train} images to train on, {test} for the test.")
    figures = {"train": number(made.size("train")), "test": number(made.size("test"))}
    st.toast(text.format(name=plain(made.name), version=made.version, **figures), icon=":material/check:")


def earlier_version(dataset: Dataset) -> None:
    """Where an earlier version is open: that it is one, and the way to make it current again."""
    current = get_dataset(dataset.name)
    if dataset.version == current.version:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            _("This is version {version}. Training takes version {current}, the current one.").format(
                version=dataset.version, current=current.version
            )
        )
        st.button(
            _("Make version {n} current again").format(n=dataset.version),
            icon=":material/history:",
            on_click=_make_current,
            args=(dataset,),
            help=_("A new version with these very images. Those between stay."),
        )


def versions(dataset: Dataset) -> None:
    """All versions, when they were made, and what each changed."""
    known = history(dataset.name)
    title = ngettext("There is {n} version", "There are {n} versions", len(known))
    st.header(title.format(n=len(known)), anchor=False)
    rows = [
        {
            _("Version"): version.version,
            _("Made"): pd.Timestamp(version.created),
            _("Images"): version.images,
            _("What changed"): _words(version, is_oldest=version == known[-1]),
            _("From"): version.source,
        }
        for version in known
    ]
    made = st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm")
    st.dataframe(pd.DataFrame(rows), hide_index=True, column_config={_("Made"): made})
    if len(known) > 1:
        st.caption(_("An earlier one is opened by the choice beside the dataset, at the top of the page."))


@st.cache_data(max_entries=64, show_spinner=False)
def _change(name: str, version: int, fingerprint: str) -> Change | None:
    """The fingerprint stands for what is in the version."""
    return change_of(get_dataset(name, version))


def _words(version: Dataset, *, is_oldest: bool) -> str:
    change = _change(version.name, version.version, version.fingerprint)
    if change is None:
        is_first = is_oldest and version.parent is None
        return _("the first") if is_first else _("unknown: what it followed is gone")
    parts = [
        (change.added, _("{n} added")),
        (change.removed, _("{n} left out")),
        (change.relabelled, _("{n} under another class")),
        (change.moved, _("{n} between training and test")),
    ]
    said = [text.format(n=number(count)) for count, text in parts if count]
    return ", ".join(said) or _("nothing")


def _make_current(dataset: Dataset) -> None:
    try:
        made = make_current(dataset)
    except VitrineError as error:
        st.toast(message(error), icon=":material/error:")
        return
    show_current()
    text = _("Version {version} of “{name}” is current, with the images of version {n}.")
    st.toast(text.format(version=made.version, name=plain(made.name), n=dataset.version), icon=":material/check:")
