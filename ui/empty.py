"""What a page shows while there is nothing to show: what is missing, and the one link that leads there."""

import streamlit as st

from core.runs.store import Run
from ui.formats import plain
from ui.i18n import _


def nothing_trained(run: Run | None) -> None:
    """Say why there is no finished model to look at, and lead to where it is made."""
    if run is None:
        empty(
            _("There is no model yet"),
            _("Train one first. With the digits that come with Vitrine it takes less than a minute."),
            "pages/train.py",
            _("Train a model"),
            ":material/model_training:",
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
        )


def empty(title: str, text: str, page: str, link: str, icon: str) -> None:
    """An empty showcase: a title, one sentence, one link to `page`."""
    with st.container(border=True, horizontal_alignment="center", gap="small"):
        st.space("medium")
        st.header(title, anchor=False, text_alignment="center")
        st.markdown(text, text_alignment="center")
        st.page_link(page, label=f"**{link}**", icon=icon)
        st.space("medium")
