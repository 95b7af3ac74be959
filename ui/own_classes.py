"""One's own classes in a minute: names and photos in, a trained model out, with one button."""

import streamlit as st

from core import tasks
from core.errors import VitrineError
from core.runs.store import Run, store
from core.training.presets import make_recipe
from ui.class_photos import by_name, class_photos, given_photos
from ui.formats import plain
from ui.i18n import _, ngettext
from ui.pickers import focus_run, known_runs
from ui.progress import job_bar
from ui.states import message, phase_words, show_error
from ui.transfer import base_choice, predict_link

TICK = 0.5
FEWEST = 2  # classes
ENOUGH = 20  # photos of a class that are worth collecting
TUNING = 10  # epochs
_FROM = "from"  # in the address too: whether to learn from data or from photos that are given here
_PLACE = "own"  # tells the boxes of classes from those of the Data page
_JOB = "own-job"  # the id of what this visit waits for
_UNREAD = "own-unread"  # how many of its photos could not be read


def own_classes_chosen() -> bool:
    """Whether to learn from photos that are given here, rather than from a dataset."""
    choices = {"data": _("From data"), "own": _("My own classes")}
    chosen = st.segmented_control(
        _("What to learn"),
        list(choices),
        format_func=choices.__getitem__,
        default="data",
        required=True,
        key=_FROM,
        bind="query-params",
        label_visibility="collapsed",
        width="stretch",
    )
    return chosen == "own"


def show_recipes() -> None:
    """Turn to the recipes and their sliders when the page is drawn next."""
    st.session_state[_FROM] = "data"


def own_classes() -> None:
    """Name the classes, give photos of each, choose what to start from, and learn."""
    st.caption(
        _(
            "Give about {n} photos of each class. They are stored in this installation as a dataset, which you can look at and "
            "delete under Data."
        ).format(n=ENOUGH)
    )
    class_photos(_PLACE, FEWEST)
    start = base_choice("own-base")
    tuned = st.toggle(
        _("Fine-tune the whole network afterwards"),
        key="own-tuned",
        help=_(
            "{n} epochs more. It takes longer, and often pays where your photos are unlike what the model learnt from."
        ).format(n=TUNING),
    )
    if st.button(_("Learn these classes"), type="primary", icon=":material/bolt:", width="stretch"):
        st.session_state.pop(_JOB, None)  # what came before goes on, but is not what this click asked for
        st.session_state.pop(_UNREAD, None)
        try:
            recipe = make_recipe("transfer", start=start, epochs=TUNING if tuned else 0)
            st.session_state[_JOB] = tasks.learn_classes(by_name(given_photos(_PLACE)), recipe).id
        except VitrineError as error:
            show_error(error)
    if unread := st.session_state.get(_UNREAD):
        text = ngettext(
            "{n} photo could not be read and was left out.", "{n} photos could not be read and were left out.", unread
        )
        st.warning(text.format(n=unread), icon=":material/broken_image:")
    if job := _watched():
        st.fragment(_follow, run_every=TICK if job.active else None)(job.active)


def _watched() -> Run | None:
    """The import that this visit has begun, then the training run that the import submitted."""
    try:
        return store().get(st.session_state[_JOB]) if _JOB in st.session_state else None
    except VitrineError:  # it was deleted
        return None


def _follow(was_active: bool) -> None:
    """How far it is, below the button; in the end, the way to Predict. The training run comes into focus as soon as there is one."""
    job = _watched()
    if job is None or job.active != was_active:
        st.rerun()
    if job.active:
        importing = job.kind == "import" and job.state == "running"
        text = _("Reading the photos") if importing else phase_words(job)
        if job.state == "queued" and (other := next((run for run in known_runs() if run.state == "running"), None)):
            text = _("It begins when “{run}” has ended").format(run=plain(other.name))
        job_bar(job, text, stops=job.kind == "import")
    elif "run_id" in job.result:
        st.session_state[_JOB] = job.result["run_id"]
        st.session_state[_UNREAD] = job.result["skipped"]
        focus_run(job.result["run_id"])
    elif job.has_bundle and job.result:
        n = job.result["validation_images"]
        st.success(
            _("Learnt: it names {right} of {n} photos rightly that it had not seen.").format(
                right=round(n * job.result["val_accuracy"]), n=n
            ),
            icon=":material/check_circle:",
        )
        predict_link()
    elif job.state == "stopped":
        st.info(_("It was stopped, and nothing was learnt."), icon=":material/stop_circle:")
    else:
        gone = _("Its process is gone: a restart, or it was killed. Learn again.")
        st.error(message(job.message) if job.message else gone, icon=":material/error:")
