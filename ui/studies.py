"""A measurement that takes long: the button that begins it, its progress, and what it found once it is there."""

import functools
from collections.abc import Callable
from typing import Any

import streamlit as st

from core import tasks
from core.data.versions import Dataset
from core.errors import VitrineError
from core.evaluation.studies import study
from core.runs.run import Run
from core.training.recipes import complete
from core.training.speeds import expect
from ui.formats import rough_duration
from ui.i18n import _
from ui.pickers import known_runs
from ui.progress import FAILED, how_far, job_bar, what_failed
from ui.states import message

TICK = 0.5


def measured(run: Run, kind: str, label: str, about: str, dataset: Dataset | None = None) -> Any | None:
    """What the study found; while there is nothing, the way to it is drawn instead.

    Args:
        label: of the button that begins it.
        about: what it measures and why it takes long, in a sentence.
        dataset: whose rows the study names, if it names any.
    """
    found, last = study(run, kind, dataset), functools.partial(tasks.last_study, run, kind)
    if found is None:
        st.markdown(about)
    job = last()
    if found is None or (job is not None and (job.active or job.state in FAILED)):
        follow(last, functools.partial(tasks.measure, run, kind), f"measure-{kind}", None if found else label)
    return found


def follow(
    last: Callable[[], Run | None],
    submit: Callable[[], object],
    key: str,
    label: str | None,
    icon: str = ":material/science:",
) -> None:
    """The progress of a job, or why it came to nothing, and the button that begins it. The page is drawn anew once it is done.

    Args:
        last: finds the newest of its kind.
        label: of the button; None where there is to be none.
    """
    job = last()
    working = job is not None and job.active
    st.fragment(_panel, run_every=TICK if working else None)(last, submit, key, label, icon, working)


def how_long(run: Run, dataset: Dataset, trainings: int) -> str:
    """What so many trainings by the run's recipe would take here, wherever the run itself was trained; nothing of one that is of a later version."""
    try:
        recipe = complete(run.recipe)
    except VitrineError:
        return ""
    expected = expect(recipe, dataset, known_runs())
    text = _("On this machine that takes about {time}.")
    if expected.source == "guess":
        text = _("On this machine that takes roughly {time}, guessed from the number of operations.")
    return text.format(time=rough_duration(trainings * expected.seconds))


def measure_again(run: Run, kind: str) -> None:
    """A small way to have it done once more."""
    st.button(
        _("Measure again"),
        icon=":material/refresh:",
        key=f"again-{kind}",
        on_click=begin,
        args=(functools.partial(tasks.measure, run, kind),),
    )


def _panel(
    last: Callable[[], Run | None],
    submit: Callable[[], object],
    key: str,
    label: str | None,
    icon: str,
    was_working: bool,
) -> None:
    job = last()
    working = job is not None and job.active
    if was_working != working:
        st.rerun()  # it has begun, and is to be followed; or it is done, and the page shows what it found
    if job is not None and working:
        job_bar(job, how_far(job))
        return
    if job is not None and job.state in FAILED:
        st.error(what_failed(job), icon=":material/error:")
    if label:
        st.button(label, icon=icon, key=key, on_click=begin, args=(submit,), type="primary")


def begin(submit: Callable[[], object]) -> None:
    """Submit a job; what is refused is said in a corner of the page."""
    try:
        submit()
    except VitrineError as error:
        st.toast(message(error), icon=":material/error:")
