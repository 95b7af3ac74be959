"""What a run leaves to look things up in: what its process printed, and what it was made with."""

import streamlit as st

from core.evaluation.facts import environment as told
from core.runs.store import Run
from ui.formats import plain
from ui.i18n import _

LOG_LINES = 60


def log(run: Run) -> None:
    """The last lines that the run's process printed."""
    with st.popover(_("Log"), icon=":material/article:"):
        lines = run.log.read_text(errors="replace").splitlines() if run.log.exists() else []
        st.code("\n".join(lines[-LOG_LINES:]) or _("Nothing was printed yet."), language=None, wrap_lines=True)


def environment(run: Run) -> None:
    """Versions, machine, commit and data of the run. Nothing before it began, or where an earlier version kept none."""
    made_with = run.environment
    if not made_with:
        return
    with st.popover(_("Made with"), icon=":material/memory:"):
        st.markdown(_("Same recipe, same seed, and all of this alike: the same run."))
        st.table({title: plain(str(value)) for title, value in told(made_with, _)}, border="horizontal")
