"""The states of a run in words, with an icon and a colour that are the same on every page."""

import streamlit as st

from core.errors import VitrineError
from core.messages import words
from core.runs.store import Run
from ui.i18n import _

ICONS = {
    "queued": ":material/hourglass_empty:",
    "running": ":material/sync:",
    "finished": ":material/check_circle:",
    "stopped": ":material/stop_circle:",
    "failed": ":material/error:",
    "interrupted": ":material/power_off:",
}


def state_words(state: str) -> str:
    """A state in the user's language."""
    return {
        "queued": _("waiting"),
        "running": _("running"),
        "finished": _("finished"),
        "stopped": _("stopped"),
        "failed": _("failed"),
        "interrupted": _("interrupted"),
    }[state]


def phase_words(run: Run) -> str:
    """What a run at work is doing."""
    phases = {
        "loading": _("Loading the data"),
        "training": _("Training"),
        "sealing": _("Sealing the bundle"),
        "evaluating": _("Predicting the test images"),
    }
    if run.state == "queued":
        return _("Waiting for its turn")
    return phases.get(run.progress.get("phase", ""), _("Starting"))


def message(error: VitrineError) -> str:
    """An error of the core in the user's language."""
    return words(error.code, error.params, _)


def show_error(error: VitrineError) -> None:
    """An error as a sentence on the page."""
    st.error(message(error), icon=":material/error:")
