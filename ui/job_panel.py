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
    if failed := [run for run in runs if _failed(run, runs)]:
        _failures(failed)


def _failed(run: Run, others: list[Run]) -> bool:
    """Whether it came to nothing, and nobody has tried it again since."""
    tried_again = any(other.data == run.data and other.created > run.created for other in others)
    return _came_to_nothing(run) and not tried_again


def _came_to_nothing(run: Run) -> bool:
    return not run.active and (run.message is not None or run.state == "interrupted")


def _line(run: Run) -> None:
    text = _("Importing “{name}”") if run.kind == "import" else _("Downloading “{name}”")
    if run.spec.get("add"):
        text = _("Adding to “{name}”")
    job_bar(run, text.format(name=plain(run.name)), how_far(run))


def _failures(failed: list[Run]) -> None:
    """The newest of them, those before it folded away, and a button that puts away whatever came to nothing."""
    newest, before = failed[-1], failed[:-1]
    text, button = st.columns([6, 1], vertical_alignment="center")
    text.error(_sentence(newest), icon=":material/error:")
    with button:
        _try_again(newest)
        st.button(_("Dismiss all") if before else _("Dismiss"), key="dismiss", on_click=_dismiss)
    if before:
        title = ngettext("{n} more failed before it", "{n} more failed before it", len(before))
        with st.expander(title.format(n=len(before))):
            for run in reversed(before):
                st.markdown(_sentence(run))
                _try_again(run)


def _try_again(run: Run) -> None:
    if run.state == "interrupted":
        st.button(_("Try again"), key=f"resume-{run.id}", on_click=_resume, args=(run.id,))


def _sentence(run: Run) -> str:
    arrived = _("“{name}” was imported, but its training could not begin. {reason}")
    said = arrived if "version" in run.result else _("“{name}” was not imported. {reason}")
    if run.spec.get("add"):
        said = _("Nothing was added to “{name}”. {reason}")
    return said.format(name=plain(run.name), reason=what_failed(run))


def _dismiss() -> None:
    # Older ones too: what stood behind a later one of its name would come back with its going.
    for run in [run for kind in FETCHING for run in store().runs(kind) if _came_to_nothing(run)]:
        with suppress(VitrineError):  # another window was faster
            jobs.delete(run.id)


def _resume(run_id: str) -> None:
    with suppress(VitrineError):  # somebody else was faster, which the next look shows
        jobs.resume(run_id)
