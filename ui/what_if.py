"""What if the photo were darker, blurred, noisy, aslant or closer? Sliders, the picture and the verdict, moving together."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from core.bundle.predictor import Answer, Predictor
from core.evaluation.corruptions import blur, darkness, noise, rotated
from ui.i18n import _
from ui.pictures import address
from ui.verdicts import sentence

SHOWN = 5  # classes
LIMITS = {
    "blur": (0.0, 0.07),
    "light": (-0.9, 0.9),
    "noise": (0.0, 0.16),
    "rotation": (-45.0, 45.0),
    "crop": (0.0, 0.6),
}
STEPS = 50  # of a slider; an even number, so that nothing in the middle is one
TURN = "rotation"  # told in degrees; the others as shares

_WHAT_IF = st.components.v2.component(
    "what_if",
    html="""<section><div><img alt=""><button type="button"></button></div>
<div><output aria-live="polite"></output><ol></ol><div class="sliders"></div></div></section>
""",
    css="""section { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: 1.5rem; }
img { width: 100%; image-rendering: pixelated; border-radius: var(--st-base-radius); }
output { display: block; font-size: 1.5rem; min-height: 2.25rem; }
ol { list-style: none; margin: 0.5rem 0 1rem; padding: 0; }
li { display: grid; grid-template-columns: 7rem 1fr 3.5rem; gap: 0.5rem; align-items: center; line-height: 1.75; }
.name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.track { background: var(--st-secondary-background-color); height: 0.5rem; border-radius: 0.25rem; overflow: hidden; }
.track i { display: block; height: 100%; background: var(--st-primary-color); }
.share { text-align: right; font-variant-numeric: tabular-nums; }
label { display: grid; grid-template-columns: 7rem 1fr 3.5rem; gap: 0.5rem; align-items: center; min-height: 2.25rem; }
.slider { position: relative; display: block; }
.slider.both::before { content: ""; position: absolute; left: calc(50% - 1px); top: 0; bottom: 0; width: 2px; background: var(--st-border-color); }
input { position: relative; width: 100%; margin: 0; vertical-align: middle; accent-color: var(--st-primary-color); }
button { font: inherit; color: var(--st-text-color); background: transparent; border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); padding: 0.25rem 0.75rem; min-height: 2.5rem; cursor: pointer; margin-top: 0.5rem; }
""",
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
)


@st.fragment
def what_if(model: Predictor, photo: np.ndarray, before: Answer, key: str) -> None:
    """The sliders for a photo uint8 `[h, w, 3]`, as the model gets it, and what the model made of it as it is."""
    titles = {
        "blur": _("Blur"),
        "light": _("Light"),
        "noise": _("Noise"),
        "rotation": _("Rotation"),
        "crop": _("Closer"),
    }
    values = chosen(key)
    picture = changed(photo, values)
    (after,) = model.look([picture])
    # Of the photo as it is: bars that change places cannot be followed.
    order = np.argsort(-before.probabilities)[:SHOWN]
    bars = [(model.classes[place], float(after.probabilities[place])) for place in order]
    if len(model.classes) > SHOWN:
        bars.append((_("all others"), max(0.0, 1 - sum(share for _name, share in bars))))
    _WHAT_IF(
        key=key,
        data={
            "sliders": [
                {
                    "name": name,
                    "title": title,
                    "low": low,
                    "high": high,
                    "step": (high - low) / STEPS,
                    "unit": "°" if name == TURN else "%",
                    "factor": 1 if name == TURN else 100,
                }
                for name, title in titles.items()
                for low, high in [LIMITS[name]]
            ],
            "values": values,
            "scheme": st.context.theme.type or "light",
            "picture": address(picture),
            "verdict": sentence(after),
            "bars": [{"name": name, "share": share} for name, share in bars],
            "words": {"reset": _("As it was"), "picture": _("The photo after what the sliders do to it")},
        },
        on_values_change=lambda: None,
    )
    st.caption(
        _(
            "Blur and closer are shares of the picture’s width, noise of the way from black to white, light of each pixel’s own brightness; they "
            "change what the model gets, as the stress test does."
        )
    )


def chosen(key: str) -> dict[str, float]:
    """What the sliders say; what comes from a browser is checked before it is used."""
    state: Any = st.session_state.get(key) or {}
    given = state.get("values")
    given = given if isinstance(given, dict) else {}
    return {name: _within(given.get(name), *limits) for name, limits in LIMITS.items()}


def changed(photo: np.ndarray, values: Mapping[str, float]) -> np.ndarray:
    """The photo uint8 `[h, w, 3]` after all that: the same code as the stress test's."""
    random = np.random.default_rng(0)  # the same noise at every step, so that only the slider moves
    if values["crop"]:
        height, width = photo.shape[:2]
        down, right = (round(length * values["crop"] / 2) for length in (height, width))
        box = (right, down, width - right, height - down)
        # At its old size again: how often the model looks hangs on it.
        photo = np.asarray(Image.fromarray(photo).resize((width, height), Image.Resampling.BICUBIC, box))
    if values["rotation"]:
        photo = rotated(photo, values["rotation"])
    images = photo[None]
    for harm, amount in ((blur, values["blur"]), (darkness, -values["light"]), (noise, values["noise"])):
        if amount:
            images = harm(images, amount, random)
    return images[0]


def _within(value: Any, low: float, high: float) -> float:
    return float(value) if isinstance(value, int | float) and low <= value <= high else 0.0
