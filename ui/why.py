"""Why that verdict: a map of what it hangs on, the test of that map, and a brush to try it oneself."""

import numpy as np
import streamlit as st
from PIL import Image

from core.bundle.predictor import Answer, Predictor
from core.evaluation.facts import sureness
from core.serving.why import Why, erase, explain
from ui.formats import percent, plain
from ui.i18n import _
from ui.pad import as_mask, pad
from ui.palette import ACCENT, ORANGE
from ui.pictures import address
from ui.verdicts import sentence

SIDE = 320  # pixels of the map on the page
MOVES = 0.05  # of probability: less is no change that one could show
BRUSH = 0.14  # of the photo's side
_KNOWN = "why"


def why(model: Predictor, square: np.ndarray, answer: Answer, key: str) -> None:
    """Both halves: what the map says, and what happens when the visitor erases something.

    Args:
        square: uint8 `[s, s, 3]`, the photo as the model gets it.
        key: tells this photo and this model from others.
    """
    label = model.classes.index(answer.label)
    found = _explained(model, square, label, key)
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"**{plain(finding(found, answer.label))}**")
        st.image(_overlaid(square, found), width="stretch", alt=_("The photo; what the verdict hangs on is bright"))
        st.caption(
            _(
                "Parts of the photo are blurred away, one after the other, and the model is asked each time how probable “{label}” is. "
                "Bright: without it, less. To test that, the brightest {share} were erased, and the same shape at {n} other places."
            ).format(label=plain(answer.label), share=percent(found.share, 0), n=len(found.elsewhere))
        )
    with right:
        _erase_and_look(model, square, answer, key)


def finding(found: Why, label: str) -> str:
    """What the map's test came to, in a sentence that is true of every pair of probabilities."""
    before, after = (sureness(share) for share in (found.before, found.after))
    moved = found.before - found.after
    if moved <= -MOVES:
        text = _("This map misleads: without its bright places “{label}” rises from {before} to {after}")
    elif moved < MOVES and before == after:
        text = _("This map does not move the verdict: without its bright places “{label}” stays at {after}")
    elif moved < MOVES:
        text = _("This map hardly moves the verdict: without its bright places “{label}” goes from {before} to {after}")
    elif found.holds:
        text = _(
            "Without the bright places “{label}” falls from {before} to {after}; with other places erased instead, it is typically {median}"
        )
    else:
        text = _(
            "This map proves little: without its bright places “{label}” falls from {before} to {after}, but without others down to {least} too"
        )
    return text.format(
        label=label,
        before=before,
        after=after,
        median=percent(float(np.median(found.elsewhere)), 0),
        least=percent(float(found.elsewhere.min()), 0),
    )


@st.fragment
def _erase_and_look(model: Predictor, square: np.ndarray, answer: Answer, key: str) -> None:
    st.markdown("**" + _("Erase something, and look again") + "**")
    strokes = pad(
        f"erase-{key}",
        _("Paint over what the photo is to lose"),
        (SIDE, SIDE),
        ground="#808080",
        colour=f"{ORANGE}C0",
        thickness=BRUSH,
        background=address(_large(square)),
    )
    if not strokes:
        st.caption(_("Paint over a part of the photo. It is blurred away, and the model is asked again."))
        return
    erased = erase(square, as_mask(strokes, (SIDE, SIDE), BRUSH))
    (after,) = model.look([erased])
    share = float(after.probabilities[model.classes.index(answer.label)])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.image(_large(erased), width=112, alt=_("The photo without what was painted over"))
        text = _("“{label}” goes from {before} to {after}. The verdict now: **{verdict}**")
        st.markdown(
            text.format(
                label=plain(answer.label),
                before=sureness(answer.probability, 1),
                after=sureness(share, 1),
                verdict=plain(sentence(after)),
            )
        )


def _explained(model: Predictor, square: np.ndarray, label: int, key: str) -> Why:
    """The map of the photo that is looked at; found once."""
    known, found = st.session_state.get(_KNOWN, (None, None))
    if known != key:
        with st.spinner(_("Asking the model without each part of the photo")):
            found = explain(
                square, lambda photos: np.array([one.probabilities[label] for one in model.look(list(photos))])
            )
        st.session_state[_KNOWN] = (key, found)
    assert found is not None
    return found


def _overlaid(square: np.ndarray, found: Why) -> np.ndarray:
    """The photo, dark where nothing hangs on it and bright where much does."""
    large = _large(square).astype(np.float32)
    share = np.clip(found.importance / max(float(found.importance.max()), 1e-6), 0, 1)
    soft = Image.fromarray(np.uint8(255 * share)).resize(large.shape[1::-1], Image.Resampling.BICUBIC)
    weight = np.asarray(soft, np.float32)[:, :, None] / 255
    grey = large.mean(axis=2, keepdims=True)
    tint = np.array([int(ACCENT[place : place + 2], 16) for place in (1, 3, 5)], np.float32)
    dimmed = 0.35 * grey + 0.12 * tint
    return (dimmed + weight * (large - dimmed)).round().clip(0, 255).astype(np.uint8)


def _large(square: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(square).resize((SIDE, SIDE), Image.Resampling.BICUBIC))
