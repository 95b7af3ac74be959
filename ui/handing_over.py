"""What one hands to people outside: the report, and the model card."""

import functools

import streamlit as st

from core.bundle.format import CARD
from core.evaluation.card import card_of
from core.evaluation.report import report_html
from core.runs.run import Run
from ui.i18n import _, translator


def _card(run: Run) -> str:
    """Of a model that comes with Vitrine the very card that is sealed with it; of one's own what is known by now."""
    return (run.bundle / CARD).read_text(encoding="utf-8") if run.bundled else card_of(run)


def hand_over(run: Run) -> None:
    """Two buttons. Both files are made when they are asked for, of what is known by then."""
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            _("Report"),
            functools.partial(report_html, run, translator()),
            f"{run.name}.html",
            "text/html",
            icon=":material/description:",
            on_click="ignore",
            help=_("One HTML file for people outside: it needs no network, and prints well."),
        )
        st.download_button(
            _("Model card"),
            functools.partial(_card, run),
            f"{run.name}.md",
            "text/markdown",
            icon=":material/badge:",
            on_click="ignore",
            help=_(
                "What the model is for, what was measured, where it fails, in Markdown; it is part of the bundle too."
            ),
        )
