"""What a run will cost, beside the button that starts it: the time at a glance, all else and what to be warned of a click below."""

import time

import psutil
import streamlit as st

from core.data.versions import Dataset
from core.errors import VitrineError
from core.studio import studio
from core.training.cautions import cautions, label_cautions
from core.training.estimate import Estimate
from core.training.recipe import Recipe
from core.training.speeds import cost_key, expect
from core.training.start import with_body
from core.training.trials import trials
from ui.formats import duration, file_size, large_number, number, rough_duration, speed
from ui.i18n import _, ngettext
from ui.pickers import known_runs
from ui.states import message, show_error

TICK = 0.5  # seconds between two looks at a trial
CROWDED = 1.5  # processes that want each processor, in the mean of a minute
REST = 1.0  # seconds that the sliders have to rest before a recipe is tried
_RESTS = "estimate-rests"  # the work that the sliders ask for, and since when


def run_estimate(dataset: Dataset, recipe: Recipe) -> None:
    """The expected time of a run: at once by what is known, and measured by a trial as soon as the sliders rest."""
    try:
        recipe = with_body(recipe)
    except VitrineError as error:
        show_error(error)
        return
    waits = waits_for_trial(dataset, recipe, expect(recipe, dataset, known_runs()))
    if waits:
        studio("trial").warm()  # while the sliders come to rest
    st.fragment(_estimate, run_every=TICK if waits else None)(dataset, recipe, waits)


def waits_for_trial(dataset: Dataset, recipe: Recipe, expected: Estimate) -> bool:
    """Whether a trial is to tell more. A run at work is not disturbed."""
    unknown = expected.source == "guess" and trials().failure(recipe, dataset) is None
    return unknown and not any(run.active for run in known_runs())


def _estimate(dataset: Dataset, recipe: Recipe, waited: bool) -> None:
    expected = expect(recipe, dataset, known_runs())
    waits = waits_for_trial(dataset, recipe, expected)
    if waited and not waits:
        st.rerun()  # the whole page, so that this need not look any more
    if waits and _rested(cost_key(recipe, dataset)) > REST:
        trials().begin(recipe, dataset)
    warnings = cautions(recipe, expected, known_runs(), psutil.virtual_memory().available)
    warnings += label_cautions(recipe, dataset.classes)
    icon = ":material/warning:" if warnings else ":material/timer:"
    with st.popover(_label(expected, waits, len(warnings)), icon=icon, width="stretch", key="estimate"):
        for warning in warnings:
            st.markdown(f":material/warning: {message(warning)}")
        _figures(expected)
        st.caption(_origin(expected, waits, trials().failure(recipe, dataset)))


def _rested(work: str) -> float:
    """For how many seconds the sliders have asked for the same work."""
    asked, since = st.session_state.get(_RESTS, ("", 0.0))
    if asked != work:
        since = time.monotonic()
        st.session_state[_RESTS] = (work, since)
    return time.monotonic() - since


def _label(expected: Estimate, waits: bool, warnings: int) -> str:
    form = _("Roughly {time}") if expected.source == "guess" else _("About {time}")
    parts = [form.format(time=rough_duration(expected.seconds))]
    if waits:
        parts.append(_("measuring"))
    elif _busy(expected):
        parts.append(_("the machine is busy"))
    if warnings:
        parts.append(ngettext("{n} warning", "{n} warnings", warnings).format(n=warnings))
    return " · ".join(parts)


def _busy(expected: Estimate) -> bool:
    """Whether others want more than the processors can give; a run or a trial alone is not more than they can."""
    return expected.busy or psutil.getloadavg()[0] > CROWDED * (psutil.cpu_count() or 1)


def _figures(expected: Estimate) -> None:
    rows = [
        (_("Expected time"), duration(expected.seconds)),
        (_("Weights"), number(expected.parameters)),
        (_("Operations of a prediction"), large_number(expected.prediction_work)),
        (_("Operations of the training"), large_number(expected.training_work)),
        (_("Memory, at most"), file_size(expected.memory)),
        (_("Speed"), speed(expected.images_per_second, expected.machine_share)),
        (_("Images to learn from"), number(expected.train_images)),
        (_("Images to validate on"), number(expected.validation_images)),
        (_("Steps an epoch"), number(expected.steps_per_epoch)),
    ]
    if not expected.training_work:  # a new head alone is learnt in no steps
        rows = [row for row in rows if row[0] not in (_("Operations of the training"), _("Steps an epoch"), _("Speed"))]
    first, *others = [f"| {name} | {value} |" for name, value in rows]
    st.markdown("\n".join([first, "|:--|--:|", *others]))


def _origin(expected: Estimate, waits: bool, failure: VitrineError | None) -> str:
    """Where the time is known from, and what may change it."""
    known = {
        "run": _("Known from runs that did the same work on this machine."),
        "trial": _("Measured on this machine by a trial of a second, and corrected by what earlier runs really took."),
        "guess": _("Guessed from the number of operations."),
    }
    parts = [known[expected.source]]
    if expected.busy:
        parts.append(_("The machine was busy with something else; alone on it, a run is faster."))
    if waits:
        parts.append(_("A trial is about to tell more."))
    elif _busy(expected) and not expected.busy:
        parts.append(_("The machine is busy with something else just now: it may take much longer."))
    if failure:
        parts.append(message(failure))
    if any(run.active for run in known_runs()):
        parts.append(_("Another run is at work: this one waits for it, or shares the machine with it."))
    return " ".join(parts)
