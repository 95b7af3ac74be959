"""The states of a run in words, with an icon and a colour that are the same on every page."""

import streamlit as st

from core.errors import VitrineError
from core.messages import STATES, words
from core.runs import launcher
from core.runs.run import Run
from ui.formats import plain
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
    return _(STATES[state])


def icon(run: Run) -> str:
    """The icon of a run's state; one that comes with Vitrine has its own."""
    return ":material/inventory_2:" if run.bundled else ICONS[run.state]


def standing(run: Run) -> str:
    """Where a run stands, in words: its state, or that it comes with Vitrine."""
    return _("comes with Vitrine") if run.bundled else state_words(run.state)


def epochs_words(run: Run) -> str:
    """How far a run's training came."""
    if not run.recipe["epochs"]:
        return _("a new last layer")
    return _("{epoch} of {epochs} epochs").format(epoch=run.epoch, epochs=run.recipe["epochs"])


def ended_words(run: Run) -> str:
    """How a run ended, as a line begins with it."""
    if run.bundled:
        return _("Comes with Vitrine")
    return {
        "finished": _("Finished"),
        "stopped": _("Stopped"),
        "failed": _("Failed"),
        "interrupted": _("Interrupted"),
    }[run.state]


def phase_words(run: Run) -> str:
    """What a run at work is doing."""
    phases = {
        "loading": _("Loading the data"),
        "downloading": _("Downloading the weights"),
        "embedding": _("Looking at the images"),
        "training": _("Training"),
        "sealing": _("Sealing the bundle"),
        "evaluating": _("Predicting the test images"),
    }
    if launcher.stop_requested(run.id):
        return _("Stopping")
    if run.state == "queued":
        return _("Waiting for its turn")
    return phases.get(run.progress.get("phase", ""), _("Starting"))


def message(error: VitrineError) -> str:
    """An error of the core in the user's language, as Markdown that shows the names in it as they are."""
    shown = {name: plain(value) if isinstance(value, str) else value for name, value in error.params.items()}
    return words(error.code, shown, _)


def show_error(error: VitrineError) -> None:
    """An error as a sentence on the page."""
    st.error(message(error), icon=":material/error:")
