"""A run as it trains: how far it is, what it shows, and what one can do with it. Updates in place."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.data.lookup import images_for
from core.errors import VitrineError
from core.runs import jobs, launcher
from core.runs.library import get_run
from core.runs.store import Run, store
from core.training.cautions import DIVERGED
from core.training.recipe import Recipe
from core.training.recipes import complete
from ui.curves import curves_of, learning_curves
from ui.findings import findings, learning_rate
from ui.formats import duration, percent, plain
from ui.i18n import _, ngettext
from ui.narrator import calmer
from ui.own_classes import show_recipes
from ui.pickers import expect_dataset, focus_run, known_runs
from ui.recipe_state import start_from
from ui.run_record import environment, log
from ui.samples import sample_predictions
from ui.settings import title_of, value_words
from ui.states import ended_words, epochs_words, icon, message, phase_words, show_error
from ui.transfer import new_head, predict_link

TICK = 1.0  # seconds between two looks at a run at work …
FIRST_TICK = 0.4  # … before its first point: somebody waits for it
# … and at one that takes so many seconds in all: each look takes time from the training.
LONGER = ((300.0, 20.0), (60.0, 10.0))
TICKS = (5.0, 10.0, 20.0)


def live_run(run: Run, compared: Run | None) -> None:
    """The run's panel, the curves of `compared` behind its own; ticks while the run is at work."""
    st.fragment(_panel, run_every=_tick(run))(run.id, compared, _moment_of(run))


def compared_run(run: Run) -> Run | None:
    """The run whose curves are drawn behind: chosen here, at first the one whose recipe it was trained again by."""
    if not run.recipe["epochs"]:
        return None
    others = [other for other in known_runs() if other.id != run.id and other.data == run.data and other.epoch]
    if not others:
        return None
    before = [other.id for other in others]
    again = run.spec.get("again")
    return st.selectbox(
        _("Compare with"),
        [None, *others],
        index=1 + before.index(again) if again in before else 0,
        format_func=lambda other: other.name if other else _("no other run"),
        key=f"compare-{run.id}",
    )


def _moment_of(run: Run) -> tuple[str, bool, float | None]:
    """What, when it changes, the rest of the page has to be told of: the picker and the table speak of the run too."""
    return run.state, bool(run.metrics), _tick(run)


def _tick(run: Run) -> float | None:
    """Seconds until the next look at a run; None at one that has ended."""
    if not run.active:
        return None
    if not run.metrics:
        return FIRST_TICK
    left, done = run.progress.get("eta_seconds"), run.progress.get("done", 0.0)
    if not left or done >= 1:
        return TICK
    longest = next((tick for whole, tick in LONGER if left / (1 - done) > whole), TICK)
    # Not longer than what is left of it, or the page would come late to its end.
    return max(tick for tick in (TICK, *TICKS) if tick <= max(TICK, min(longest, left)))


def _panel(run_id: str, compared: Run | None, then: tuple[str, bool, float | None]) -> None:
    try:
        run = get_run(run_id)
    except VitrineError:
        st.rerun()  # it was deleted in another window
    if _moment_of(run) != then:
        st.rerun()
    st.subheader(f"{icon(run)} {plain(run.name)}", anchor=False)
    st.progress(min(run.progress.get("done", 0.0), 1.0) if run.state != "finished" else 1.0, text=_moment(run))
    _trouble(run)
    _actions(run)
    if not run.recipe["epochs"]:
        new_head(run)
        return
    curves, recipe = curves_of(run), _recipe_of(run)
    if recipe:
        findings(run, recipe, curves)
    if run.active or any(curves.values()):
        learning_curves(run, recipe, curves, compared)
        if recipe:
            learning_rate(run, recipe, curves)
    sample_predictions(run)


def _recipe_of(run: Run) -> Recipe | None:
    """The run's recipe; None where a later version wrote it, whose settings mean nothing here."""
    try:
        return complete(run.recipe)
    except VitrineError:
        return None


def _moment(run: Run) -> str:
    """Where the run is, in one line."""
    epochs = run.recipe.get("epochs", 0)
    if run.state == "queued":
        ahead = _ahead(run)
        return (
            ngettext(
                "Waiting for its turn, {n} run ahead of it", "Waiting for its turn, {n} runs ahead of it", ahead
            ).format(n=ahead)
            if ahead
            else _("Starting")
        )
    if run.state == "running":
        parts = [phase_words(run)]
        if run.progress.get("phase") == "training":
            parts.append(_("epoch {epoch} of {epochs}").format(epoch=min(run.epoch + 1, epochs), epochs=epochs))
        if speed := run.progress.get("images_per_second"):
            parts.append(_("{n:,.0f} images/s").format(n=speed))
        if share := run.progress.get("machine_share"):
            parts.append(_("{share} of the machine's peak").format(share=percent(share, 0)))
        if left := run.progress.get("eta_seconds"):
            parts.append(_("about {time} left").format(time=duration(left)))
        return " · ".join(parts)
    parts = [
        ended_words(run),
        epochs_words(run),
    ]
    if run.result.get("kept_epoch", run.epoch) != run.epoch:
        parts.append(_("weights of epoch {epoch}, its best").format(epoch=run.result["kept_epoch"]))
    if speed := run.result.get("images_per_second"):
        parts.append(_("trained in {time}").format(time=duration(run.result["seconds"])))
        if speed >= 1:  # a new head is learnt from few photos, whose number says nothing of speed
            parts.append(_("{n:,.0f} images/s").format(n=speed))
    return " · ".join(parts)


def _ahead(run: Run) -> int:
    """How many jobs have to end, or to begin, before a queued run's turn comes."""
    waiting = launcher.waiting()
    working = [job for kind in jobs.TRAINS for job in store().runs(kind) if job.state == "running"]
    place = waiting.index(run.id) if run.id in waiting else 0
    return place + max(0, len(working) + 1 - launcher.slots())


def _trouble(run: Run) -> None:
    if run.message and run.state == "failed":
        st.error(message(run.message), icon=":material/error:")
        recipe = _recipe_of(run)
        if recipe and run.message.code in DIVERGED and (rate := calmer(recipe)):
            _button(
                _("Train again with {setting} {value}").format(
                    setting=title_of("learning_rate").lower(), value=value_words(rate)
                ),
                ":material/replay:",
                lambda: _again(run, {"learning_rate": rate}),
                _("Sets dataset and sliders to this run's, with a learning rate that is likely to work."),
            )
    if run.state == "interrupted":
        st.warning(
            _("Its process is gone: a restart, or it was killed. Resume goes on after the last finished epoch."),
            icon=":material/power_off:",
        )


def _actions(run: Run) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if run.active:
            _button(_("Stop"), ":material/stop_circle:", lambda: jobs.stop(run.id), _("Keeps the best weights so far."))
        elif run.has_bundle:
            predict_link()
        if run.state in jobs.RESUMABLE and not (run.message and run.message.code in DIVERGED):
            _button(
                _("Resume"), ":material/play_arrow:", lambda: jobs.resume(run.id), _("Goes on after its last epoch.")
            )
        if not run.active:
            _button(
                _("Train again with one change"),
                ":material/replay:",
                lambda: _again(run),
                _("Sets dataset and sliders to this run's. Change one, and train: both curves are drawn."),
            )
        if not run.active and not run.bundled:
            _button(_("Delete"), ":material/delete:", lambda: _delete(run), _("Can be undone for a day."))
        if not run.bundled:  # its log is with whoever trained it
            log(run)
        environment(run)


def _button(label: str, icon: str, action: Callable[[], object], help_text: str) -> None:
    # The callback acts before anything is drawn; the rerun then draws the whole page, not this fragment alone.
    if st.button(label, icon=icon, help=help_text, on_click=_attempt, args=(action,)):
        st.rerun()


def _attempt(action: Callable[[], object]) -> None:
    try:
        action()
    except VitrineError as error:  # the run changed its state between the look and the click
        st.session_state["trouble"] = error


def _again(run: Run, different: dict[str, Any] | None = None) -> None:
    show_recipes()
    start_from(run.name, complete(run.recipe), different, run.id)
    try:
        expect_dataset(images_for(run).name)
        notice = (
            _("The sliders are set as in “{run}”, with that change. Train when you like.")
            if different
            else _("The sliders are set as in “{run}”. Change one, and train.")
        )
    except VitrineError:
        notice = _("The sliders are set as in “{run}”, but “{data}” is not here: the Data page can get it.")
    st.session_state["notice"] = notice.format(run=plain(run.name), data=plain(run.data))


def _delete(run: Run) -> None:
    jobs.delete(run.id)
    st.session_state["deleted"] = run


def undo_delete() -> None:
    """Offer to bring back the run that was deleted last in this visit."""
    deleted: Run | None = st.session_state.get("deleted")
    if deleted is None or deleted.id in {run.id for run in known_runs()}:  # another window brought it back
        return
    text, button = st.columns([6, 1], vertical_alignment="center")
    text.caption(_("“{run}” was deleted.").format(run=plain(deleted.name)))
    if button.button(_("Undo"), icon=":material/undo:"):
        jobs.restore(deleted.id)
        del st.session_state["deleted"]
        focus_run(deleted.id)


def last_click() -> None:
    """Say what the last click did where that is not plain to see, or why it could not be carried out."""
    if notice := st.session_state.pop("notice", None):
        st.toast(notice, icon=":material/tune:")
    if error := st.session_state.pop("trouble", None):
        show_error(error)
