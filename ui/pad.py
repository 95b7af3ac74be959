"""A canvas in the page: to draw a digit on, or to paint over what a photo is to lose."""

from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image, ImageDraw

from ui.i18n import _

Strokes = list[list[list[float]]]
"""Lines of points (x, y), each from 0 to 1."""

SMOOTH = 3  # times as large as asked for, and then made small again: edges without steps
POINTS = 20_000  # that a drawing may have; a hand makes a few hundred

_PAD = st.components.v2.component(
    "pad",
    html="""<canvas tabindex="0" role="img"></canvas>
<nav><button type="button"></button><button type="button"></button></nav>
""",
    css="""canvas { display: block; width: 100%; touch-action: none; cursor: crosshair; border-radius: var(--st-base-radius); border: 1px solid var(--st-border-color); }
canvas:focus-visible { outline: 2px solid var(--st-primary-color); }
nav { display: flex; gap: 0.5rem; margin-top: 0.25rem; }
button { font: inherit; color: var(--st-text-color); background: transparent; border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); padding: 0.25rem 0.75rem; min-height: 2.5rem; cursor: pointer; }
button:disabled { opacity: 0.5; cursor: default; }
""",
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
)


def pad(
    key: str,
    label: str,
    size: tuple[int, int],
    *,
    ground: str,
    colour: str,
    thickness: float,
    background: str = "",
) -> Strokes:
    """Draw the canvas; what was drawn on it by now.

    Args:
        label: what it is for, read out to those who do not see it.
        size: width and height in pixels; on the screen it is as wide as its place.
        ground, colour: of the canvas and of the strokes, as CSS has them.
        thickness: of a stroke, as a share of the shorter side.
        background: address of a picture below the strokes.
    """
    strokes = st.session_state[_kept(key)] = drawn_on(key)
    _PAD(
        key=key,
        data={
            "strokes": strokes,
            "width": size[0],
            "height": size[1],
            "ground": ground,
            "colour": colour,
            "thickness": thickness,
            "background": background,
            "words": {
                "label": label + ". " + _("Arrow keys move the pen, the space bar puts it down and lifts it."),
                "undo": _("Undo"),
                "clear": _("Clear"),
            },
        },
        on_strokes_change=lambda: None,
    )
    return strokes


def drawn_on(key: str) -> Strokes:
    """What was drawn on the canvas of that key, before its page was left too; what comes from a browser is checked before it is used."""
    state: Any = st.session_state.get(key) or {}
    if "strokes" not in state:  # nothing was done on it since its page was opened
        kept: Strokes = st.session_state.get(_kept(key), [])
        return kept
    strokes = state["strokes"]
    return strokes if _are_strokes(strokes) else []


def _kept(key: str) -> str:
    return f"drawn-on-{key}"


def as_mask(strokes: Strokes, size: tuple[int, int], thickness: float) -> np.ndarray:
    """The strokes as float32 `[height, width]`, 1 where there is ink.

    Args:
        size: width and height in pixels.
    """
    width, height = (SMOOTH * length for length in size)
    pen = thickness * min(width, height)
    image = Image.new("L", (width, height))
    draw = ImageDraw.Draw(image)
    for stroke in strokes:
        points = [(x * width, y * height) for x, y in stroke]
        draw.line(points, fill=255, width=max(1, round(pen)), joint="curve")
        for x, y in (points[0], points[-1]):  # round ends
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=255)
    return np.asarray(image.resize(size, Image.Resampling.BOX), np.float32) / 255


def _are_strokes(strokes: Any) -> bool:
    try:
        points = [point for stroke in strokes for point in stroke]
        return (
            all(strokes) and len(points) <= POINTS and all(0 <= x <= 1 and 0 <= y <= 1 for x, y in points)
        )  # NaN is not between
    except (TypeError, ValueError):
        return False
