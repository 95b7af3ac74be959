"""How far a job is: its bar, what it is at, the time that is left, and the button that stops it; or why it came to nothing."""

from contextlib import suppress

import streamlit as st

from core.errors import VitrineError
from core.runs import jobs
from core.runs.run import Run
from ui.formats import duration
from ui.i18n import _
from ui.states import message, phase_words

FAILED = ("failed", "interrupted")  # states of a job that came to nothing by itself


def job_bar(job: Run, *words: str, stops: bool = True) -> None:
    """Draw it, for a job at work.

    Args:
        words: what stands on the bar, before the time that is left.
        stops: whether there is a button; else it stands elsewhere on the page.
    """
    said = [*words]
    if left := job.progress.get("eta_seconds"):
        said.append(_("about {time} left").format(time=duration(left)))
    bar, button = st.columns([6, 1], vertical_alignment="bottom")
    bar.progress(min(job.progress.get("done", 0.0), 1.0), text=" · ".join(said))
    if stops and button.button(_("Stop"), key=f"stop-{job.id}", icon=":material/stop_circle:"):
        with suppress(VitrineError):  # it has ended meanwhile, which the next look shows
            jobs.stop(job.id)


def how_far(job: Run) -> str:
    """The share that is done; before there is any, what it is doing."""
    done = job.progress.get("done", 0.0)
    return f"{done:.0%}" if done else phase_words(job)


def what_failed(job: Run) -> str:
    """Why a job came to nothing."""
    return message(job.message) if job.message else _("Its process is gone: a restart, or it was killed.")
