"""Verdicts in words, and how often they are to be believed."""

from contextlib import suppress

import pandas as pd
import streamlit as st

from core.bundle.predictor import Answer
from core.errors import VitrineError
from core.evaluation.facts import sureness
from core.evaluation.studies import study
from core.evaluation.unknowns import LeftOut, Unknowns
from core.runs.run import Run
from core.serving.models import original
from ui.formats import number, part, plain
from ui.i18n import _
from ui.judging import predictions_of
from ui.unknowns import set_name

MOST, HALF = 0.75, 0.5  # of the images of an unknown set, in every set that was measured
KINDS = ("known", "unsure", "unknown")


def kind_name(verdict: str) -> str:
    """A kind of verdict in words."""
    return {"known": _("known"), "unsure": _("unsure"), "unknown": _("unknown"), "error": _("not readable")}[verdict]


def sentence(answer: Answer) -> str:
    """The verdict as one would say it."""
    (first, sure), (second, _share) = answer.ranked[:2]
    if answer.verdict == "known":
        return _("{label}, {sure}").format(label=first, sure=sureness(sure))
    if answer.verdict == "unsure":
        return _("{first} or {second}: not sure").format(first=first, second=second)
    return _("None of the things I know")


def explanation(answer: Answer) -> str:
    """What the verdict means."""
    return {
        "known": _("Its best class is probable enough to be named alone. That is no guarantee."),
        "unsure": _("Its best class is not probable enough to be named alone. A person should look."),
        "unknown": _(
            "It looks less like the training images than nearly all of those held out. Its best guess may mislead."
        ),
    }[answer.verdict]


def claim(run: Run) -> str:
    """A sentence on images of none of its classes that follows from what was measured; nothing where nothing was."""
    found: Unknowns | None = study(run, "unknowns")
    if found is None:
        return ""
    far = [one.caught / one.n for one in found.sets]
    left_out: LeftOut | None = study(run, "left-out")
    near = [pair.caught / pair.n for pair in left_out.pairs] if left_out else []
    if min(far) >= MOST and near and min(near) >= MOST:
        return _("It mostly notices when it sees none of them.")
    if min(far) >= MOST and near and max(near) < HALF:
        return _("It mostly notices what looks nothing like them, but not what looks much like one of them.")
    if min(far) >= MOST:
        return _("It mostly notices what looks nothing like them.")
    if max(far) < HALF:
        return _("It mostly does not notice when it sees none of them.")
    return _("Whether it notices that it sees none of them depends on what it sees instead.")


def rates(run: Run) -> None:
    """How often the model is sure, rightly and wrongly, and how often it refuses, as it was measured."""
    own = _of_known_things(run)
    found: Unknowns | None = study(run, "unknowns")
    if found is None:
        st.caption(f":material/fact_check: {own}{_of_left_out(run)}")
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(_("How often it notices what looks nothing like them has not been measured yet."))
            st.page_link("pages/evaluate.py", label=_("Measure it"), icon=":material/science:", width="content")
        return
    worst, *_others, best = sorted(found.sets, key=lambda one: found.caught(one).value)
    low, high = (part(one.caught, one.n, 0) for one in (worst, best))
    text = _("It notices {low} of the images of “{worst}” to {high} of “{best}”, none of which it knows.")
    if low == high:
        text = _("It notices {low} of the images of every set of unknown things that it was shown.")
    others = text.format(low=low, worst=plain(set_name(worst)), high=high, best=plain(set_name(best)))
    st.caption(f":material/fact_check: {own} {others}{_of_left_out(run)}")


def _of_left_out(run: Run) -> str:
    """What was measured of unknown things that look much like the known ones; nothing where nothing was."""
    found: LeftOut | None = study(run, "left-out")
    if found is None:
        return ""
    worst, *_others, best = sorted(found.pairs, key=lambda pair: pair.caught / pair.n)
    low, high = (part(one.caught, one.n, 0) for one in (worst, best))
    text = _("Networks of the same recipe noticed {low} to {high} of classes that they were never told of.")
    if low == high:
        text = _("Networks of the same recipe noticed {low} of classes that they were never told of.")
    return " " + text.format(low=low, high=high)


def _of_known_things(run: Run) -> str:
    stored = None
    with suppress(VitrineError):  # they, or the sealed model, are damaged; what answers can answer all the same
        stored, metadata = predictions_of(run), original(run).metadata
    if stored is None:
        return _("How often it is right is not known here.")
    found = stored.verdicts(metadata)
    text = _(
        "Measured on the sealed model with {n} test images, each seen once: it names {known} of the things that it knows, and {correct} of these rightly; "
        "it is not sure of {unsure}, and refuses {unknown}."
    )
    if not found.known:
        text = _(
            "Measured on the sealed model with {n} test images, each seen once: it names none of the things that it knows; "
            "it is not sure of {unsure}, and refuses {unknown}."
        )
    return text.format(
        n=number(found.n),
        known=part(found.known, found.n),
        correct=part(found.correct, max(found.known, 1)),
        unsure=part(found.unsure, found.n),
        unknown=part(found.unknown, found.n),
    )


def as_shown(probability: float) -> float:
    """A probability for a column of percents: it is never quite sure, and rounding must not make it so."""
    return min(probability, 0.9999)


def bars(ranked: list[tuple[str, float]]) -> None:
    """Probabilities as bars with their numbers."""
    shown = [(name, as_shown(share)) for name, share in ranked]
    st.dataframe(
        pd.DataFrame(shown, columns=["class", "probability"]),
        hide_index=True,
        column_config={
            "class": st.column_config.TextColumn(_("Class"), width="small"),
            "probability": st.column_config.ProgressColumn(
                _("Probability"), format="percent", min_value=0.0, max_value=1.0
            ),
        },
        alt=_("Probability of each class, highest first"),
    )
