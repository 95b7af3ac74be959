"""Photos without labels become a dataset: they come into the tray, get their labels by keyboard, and go into a version."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core import tasks
from core.data.labelled import check_amounts
from core.data.labelling import Standing, Tray
from core.errors import VitrineError
from core.runs import jobs
from core.runs.store import Run, store
from core.serving.models import predictor, servable
from core.serving.suggesting import FIRST, OVERLAP, Suggestion, knows, least_certain_first, look_on, suggest
from ui.formats import number, plain
from ui.i18n import _, ngettext
from ui.label_tray import aim, bring, empty
from ui.labeller import labeller, sent
from ui.pickers import expect_dataset
from ui.progress import how_far, job_bar
from ui.states import message, show_error

TICK = 1.0  # seconds between two looks while a model looks at the photos, or a dataset is made
LOOKING = 0.4  # seconds of them that are spent looking: labels wait meanwhile
SURFACE = "labeller"
_TROUBLE, _JOB = "label-trouble", "label-job"


def labelling() -> None:
    """All of it: photos in, classes, the surface, a dataset out."""
    st.markdown(
        _(
            "Photos without labels become a dataset as fast as you can press keys: one key for each class, Enter for what a model "
            "suggests, the photos it is least certain of first."
        )
    )
    tray = Tray()
    job = jobs.newest("label", lambda job: "files" not in job.spec)  # a table's labels never came into the tray
    if job is not None and job.active:
        st.fragment(_follow, run_every=TICK)(job.id)
        return
    if job is not None and job.id == st.session_state.get(_JOB):
        _outcome(job)
    photos = tray.photos()
    bring(tray, len(photos))
    if not photos:
        return
    target = aim(tray)
    if len(target.classes) < 2:
        st.caption(_("Name at least two classes, and the photos come up here."))
        empty(len(photos))
        return
    run = _eyes(target.classes)
    looking = run is not None and look_on(tray, run, predictor(run), 0, photos)[1] > 0
    st.fragment(_surface, run_every=TICK if looking else None)(run, looking)
    empty(len(photos))


def _eyes(classes: Sequence[str]) -> Run | None:
    """The model that suggests; the one that knows most of the classes at first."""
    able = {run.id: (run, len({*classes} & {*known})) for run, known in servable()}
    best = max(able, key=lambda one: able[one][1], default="")
    chosen = st.selectbox(
        _("Suggestions by"),
        ["", *able],
        index=[*able].index(best) + 1 if best else 0,
        format_func=lambda one: _eyes_label(*able[one], len(classes)) if one else _("nobody"),
        key="label-eyes",
        help=_(
            "A model that knows at least {n} of the classes says what it sees. Any other compares photos: those that you have labelled and "
            "that lie nearest to a photo in its eyes vote. A suggestion never counts as a label."
        ).format(n=OVERLAP),
    )
    return able[chosen][0] if chosen else None


def _eyes_label(run: Run, known: int, classes: int) -> str:
    if known >= OVERLAP:
        return _("{run}: knows {known} of {n} classes").format(run=run.name, known=known, n=classes)
    return _("{run}: compares photos with those you have labelled").format(run=run.name)


def _surface(run: Run | None, looking: bool) -> None:
    """The surface, what the model is at, and the way out: drawn anew with each batch of labels."""
    tray = Tray()
    batch = sent(SURFACE)
    try:
        standing = tray.say(batch.said)
    except VitrineError as error:  # nothing of it is told to be heard, so that the browser sends it again
        show_error(error)
        batch, standing = replace(batch, said=()), tray.standing()
    classes = standing.target.classes
    suggestions: dict[str, Suggestion] = {}
    shares, left = False, 0
    if run is not None:
        model = predictor(run)
        seen, left = look_on(tray, run, model, LOOKING if looking else 0, standing.photos)
        if looking and not left:
            st.rerun()
        suggestions = suggest(seen, classes, model.classes, standing.labels)
        shares = knows(classes, model.classes)
    labeller(
        SURFACE,
        tray,
        batch,
        standing,
        [*least_certain_first(standing.pending, suggestions), *standing.skipped],
        suggestions,
        suggesting=run is not None,
        shares=shares,
        agreed=_agreed(standing),
    )
    if run is not None:
        _explained(run, left, shares=shares, told=bool(suggestions))
    _finish(standing)


def _agreed(standing: Standing) -> str:
    if not standing.suggested:
        return ""
    return ngettext(
        "The suggestion agreed with {agreed} of your {n} label.",
        "The suggestion agreed with {agreed} of your {n} labels.",
        standing.suggested,
    ).format(agreed=standing.agreed, n=standing.suggested)


def _explained(run: Run, left: int, *, shares: bool, told: bool) -> None:
    """What the model is at, or in which order photos come.

    Args:
        left: photos that it has not seen.
        shares: whether it suggests by itself; else neighbours vote.
        told: whether there is any suggestion.
    """
    if left:
        text = ngettext("“{run}” has {n} photo left to look at.", "“{run}” has {n} photos left to look at.", left)
        st.caption(":material/visibility: " + text.format(run=plain(run.name), n=number(left)))
    elif told:
        st.caption(
            _(
                "Where the two likeliest classes are closest, a photo comes first (margin sampling: "
                "[Settles, 2009](https://burrsettles.com/pub/settles.activelearning.pdf))."
            )
        )
    elif not shares:
        st.caption(_("Suggestions begin after {n} labels, of at least two classes.").format(n=FIRST))


def _finish(standing: Standing) -> None:
    """The button that makes a dataset, with what goes into it."""
    target, counts = standing.target, Counter(standing.labels.values())
    error: VitrineError | None = st.session_state.pop(_TROUBLE, None)
    if error:
        show_error(error)
    lacking = _lacking(standing, counts)
    with st.container(horizontal=True, vertical_alignment="center"):
        n = len(standing.labels)
        name = plain(target.data) or "…"
        if target.new:
            text = ngettext("Make “{name}” of {n} photo", "Make “{name}” of {n} photos", n)
        else:
            text = ngettext("Add {n} photo to “{name}”", "Add {n} photos to “{name}”", n)
        made = st.button(
            text.format(name=name, n=number(n)),
            type="primary",
            icon=":material/library_add_check:",
            disabled=not n or lacking is not None,
            key="label-finish",
            on_click=_make,
            help=_(
                "They leave the tray, and so do those that you left out. The others stay. Until then every label can be changed."
            ),
        )
        if made and not error:  # how far it is stands in place of the surface
            st.rerun()
        st.caption(" · ".join(f"{plain(name)} {number(counts[name])}" for name in target.classes if counts[name]))
    if lacking:
        st.caption(":material/warning: " + message(lacking))


def _lacking(standing: Standing, counts: Counter[str]) -> VitrineError | None:
    """Why what is labelled by now makes no dataset yet; None where it does, or where nothing was labelled."""
    try:
        if counts:
            check_amounts(standing.target, counts)
    except VitrineError as error:
        return error
    return None


def _make() -> None:
    try:
        st.session_state[_JOB] = tasks.make_labelled().id
        expect_dataset(Tray().target.data)
    except VitrineError as error:
        st.session_state[_TROUBLE] = error


def _follow(job_id: str) -> None:
    job = store().get(job_id)
    if not job.active:
        st.rerun()
    job_bar(job, _("Making “{name}”").format(name=plain(job.name)), how_far(job))


def _outcome(job: Run) -> None:
    if job.state == "stopped":
        st.info(_("It was stopped. Nothing was made, and all labels are still here."), icon=":material/stop_circle:")
        return
    if job.state != "finished":
        gone = _("Its process is gone: a restart, or it was killed. All labels are still here.")
        st.error(message(job.message) if job.message else gone, icon=":material/error:")
        return
    text = _("**{name}**, version {version}, has {n:,} images.").format(
        name=plain(job.result["name"]), version=job.result["version"], n=job.result["images"]
    )
    if known := job.result["known"]:
        text += " " + ngettext(
            "{n} photo was in it already and was not added again.",
            "{n} photos were in it already and were not added again.",
            known,
        ).format(n=number(known))
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(":material/check_circle: " + text)
        st.page_link("pages/train.py", label=_("Train on it"), icon=":material/model_training:", width="content")
