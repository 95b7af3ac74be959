"""Jobs other than training at work: an import, a download. One line each, with its progress; ticks while one works."""

from contextlib import suppress

import streamlit as st

from core.errors import VitrineError
from core.runs import jobs
from core.runs.store import Run, exists, store
from ui.formats import plain
from ui.i18n import _, ngettext
from ui.progress import how_far, job_bar, what_failed

TICK = 0.5
RECENT = 3  # jobs of each kind that are shown
FETCHING = ("import", "download")


def data_jobs() -> None:
    """The imports and downloads at work, and the newest that failed."""
    working = any(run.active for run in _recent())
    st.fragment(_panel, run_every=TICK if working else None)(working)


def being_fetched(name: str) -> bool:
    """Whether a job brings dataset `name` already."""
    return any(jobs.newest(kind, lambda run: run.active and run.data == name) for kind in FETCHING)


def _recent() -> list[Run]:
    return [run for kind in FETCHING for run in store().runs(kind, RECENT)] if exists() else []


def _panel(was_working: bool) -> None:
    runs = _recent()
    if was_working and not any(run.active for run in runs):
        st.rerun()  # the list of datasets has grown
    runs = sorted(runs, key=lambda run: run.created)
    for run in runs:
        if run.active:
            _line(run)
    failed = [run for run in runs if _failed(run, runs)]
    if not failed:
        return
    _failure(failed[-1])
    if more := len(failed) - 1:
        text = ngettext("{n} failed before it, and is shown next.", "{n} failed before it, and are shown next.", more)
        st.caption(text.format(n=more))


def _failed(run: Run, others: list[Run]) -> bool:
    """Whether it came to nothing, and nobody has tried it again since, or knows of it."""
    tried_again = any(other.data == run.data and other.created > run.created for other in others)
    trouble = not run.active and (run.message is not None or run.state == "interrupted")
    return trouble and not tried_again and run.id not in st.session_state.get("dismissed", set())


def _line(run: Run) -> None:
    text = _("Importing “{name}”") if run.kind == "import" else _("Downloading “{name}”")
    job_bar(run, text.format(name=plain(run.name)), how_far(run))


def _failure(run: Run) -> None:
    arrived = _("“{name}” was imported, but its training could not begin. {reason}")
    said = arrived if "version" in run.result else _("“{name}” was not imported. {reason}")
    text, button = st.columns([6, 1], vertical_alignment="center")
    text.error(said.format(name=plain(run.name), reason=what_failed(run)), icon=":material/error:")
    if run.state == "interrupted":
        button.button(_("Try again"), key=f"resume-{run.id}", on_click=_resume, args=(run.id,))
    if button.button(_("Dismiss"), key=f"dismiss-{run.id}"):
        st.session_state.setdefault("dismissed", set()).add(run.id)
        st.rerun()


def _resume(run_id: str) -> None:
    with suppress(VitrineError):  # somebody else was faster, which the next look shows
        jobs.resume(run_id)
