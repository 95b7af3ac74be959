"""What a page shows while there is nothing to show: what is missing, and the one button that makes it or leads there."""

from collections.abc import Callable

import streamlit as st

from core import tasks
from core.errors import VitrineError
from core.runs import jobs
from core.runs.store import Run
from core.training.presets import PRESETS
from ui.formats import plain
from ui.i18n import _
from ui.pickers import expect_run
from ui.states import show_error

_TROUBLE = "begin-trouble"
FIRST = ("digits", "article-cnn")  # what a first model learns from, and how


def nothing_trained(run: Run | None) -> None:
    """Say why there is no finished model to look at, and do what makes one: train a first one, or go on with what ended early."""
    if run is None:
        data, preset = FIRST
        empty(
            _("There is no model yet"),
            _("Train one first, with the digits that come with Vitrine. The Train page says how long that takes here."),
            "pages/train.py",
            _("Choose what to train"),
            ":material/tune:",
            (_("Train a first model"), ":material/model_training:", lambda: tasks.train(data, PRESETS[preset])),
        )
    elif run.active:
        empty(
            _("“{run}” is still training").format(run=plain(run.name)),
            _("Its model can be seen here once training has ended."),
            "pages/train.py",
            _("Watch it train"),
            ":material/monitoring:",
        )
    else:
        empty(
            _("“{run}” has left no model").format(run=plain(run.name)),
            _("It ended before one could be sealed. Resume it, or choose another run in the sidebar."),
            "pages/train.py",
            _("See what happened"),
            ":material/model_training:",
            (_("Resume"), ":material/play_arrow:", lambda: jobs.resume(run.id))
            if run.state in jobs.RESUMABLE
            else None,
        )


def empty(
    title: str,
    text: str,
    page: str,
    link: str,
    icon: str,
    action: tuple[str, str, Callable[[], Run]] | None = None,
) -> None:
    """An empty showcase: a title, one sentence, and the way out of it.

    Args:
        page: where the link leads.
        action: label and icon of a button, and the run that it begins.
    """
    with st.container(border=True, horizontal_alignment="center", gap="small"):
        st.space("medium")
        st.header(title, anchor=False, text_alignment="center")
        st.markdown(text, text_alignment="center")
        if action:
            label, sign, begin = action
            st.button(label, type="primary", icon=sign, key="begin", on_click=_begin, args=(begin,))
            if error := st.session_state.pop(_TROUBLE, None):
                show_error(error)
        st.page_link(page, label=link if action else f"**{link}**", icon=icon)
        st.space("medium")


def _begin(action: Callable[[], Run]) -> None:
    try:
        expect_run(action().id)  # the page then says that it trains, and leads there
    except VitrineError as error:
        st.session_state[_TROUBLE] = error
