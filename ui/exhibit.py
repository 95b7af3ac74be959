"""One photo in full: the verdict and what it rests on, why, what if, and what it looks like to the model."""

from typing import Any

import numpy as np
import streamlit as st

from core.bundle.decoding import Decoded, Rejected
from core.bundle.predictor import Answer, Predictor
from core.errors import VitrineError
from core.runs.run import Run
from ui.alike import alike
from ui.formats import plain
from ui.i18n import _
from ui.many import Judgement
from ui.pictures import enlarged, fitted
from ui.states import show_error
from ui.telling import tell_better
from ui.verdicts import bars, explanation, sentence
from ui.what_if import what_if
from ui.why import why

PREVIEW = 480  # pixels of the photo's longer side on the page
LONG = 2.0  # longer over shorter side, from which it is said what the model does not see
SHOWN = 5  # probabilities shown at first
_DECODED = "exhibit"


def exhibit(model: Predictor, run: Run, judged: Judgement) -> None:
    """The photo, the verdict and its probabilities; below, what one can ask further."""
    answer = judged.answer
    assert answer is not None
    image = _decoded(model, judged)
    if isinstance(image, Rejected):
        show_error(VitrineError(image.code, **image.params))
        return
    photo, verdict = st.columns([2, 3], gap="large", vertical_alignment="top")
    with photo:
        assert image.preview is not None  # it was asked for
        caption = plain(_facts(judged.photo.name, image))
        st.image(fitted(image.preview), width="stretch", caption=caption, alt=judged.photo.name)
        if not model.metadata.ground and max(image.width, image.height) >= LONG * min(image.width, image.height):
            st.caption(_("The model sees the square in the middle alone. Cut the photo to what it is to judge."))
    with verdict:
        st.header(plain(sentence(answer)), anchor=False)
        st.caption(explanation(answer))
        bars(answer.ranked[:SHOWN])
        tell_better(model, run, judged, image.pixels)
    _further(model, run, judged, answer, image)


def _further(model: Predictor, run: Run, judged: Judgement, answer: Answer, image: Decoded) -> None:
    key = f"{judged.sha256[:12]} {judged.mark}"
    reasons, changes, others, seen = st.tabs(
        [_("Why?"), _("What if?"), _("What it resembles"), _("As the model sees it")], key="further", on_change="rerun"
    )
    if reasons.open:
        with reasons:
            why(model, image.pixels, answer, key)
    if changes.open:
        with changes:
            what_if(model, image.pixels, answer, f"what-if-{key}")
    if others.open:
        with others:
            alike(model, run, image.pixels)
    if seen.open:
        with seen:
            _as_seen(model, answer, image.pixels)


def _as_seen(model: Predictor, answer: Answer, square: np.ndarray) -> None:
    looks = model.looks(square)
    pictures, numbers = st.columns([2, 3], gap="large")
    with pictures, st.container(horizontal=True, gap="small"):
        for place, look in enumerate(looks, 1):
            st.image(enlarged(look), width=160, alt=_("Look {n} of the model at the photo, very small").format(n=place))
    with numbers:
        text = (
            _("{side} × {side} pixels: nothing else reaches the model.")
            if len(looks) == 1
            else _(
                "{side} × {side} pixels, {n} looks, each closer: people leave room around what they take photos of, and the training "
                "images do not. The verdict is the mean of all looks."
            )
        )
        st.caption(text.format(side=model.side, n=len(looks)))
        bars(answer.ranked)


def forget() -> None:
    """Let go of the photo that was looked at last."""
    st.session_state.pop(_DECODED, None)


def _decoded(model: Predictor, judged: Judgement) -> Decoded | Rejected:
    """The photo with a preview, as this model takes it; kept as long as it is looked at."""
    wanted = (judged.mark, judged.photo.key)
    key, image = st.session_state.get(_DECODED, (None, None))
    if key != wanted or image is None:
        file: Any = judged.photo.read()
        (image,) = model.read([file], PREVIEW)
        st.session_state[_DECODED] = (wanted, image)
    found: Decoded | Rejected = image
    return found


def _facts(name: str, image: Decoded) -> str:
    facts = [name, f"{image.width} × {image.height}", image.format]
    if image.frames > 1:
        facts.append(_("first of {n} frames").format(n=image.frames))
    return " · ".join(facts)
