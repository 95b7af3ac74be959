"""A net of two inputs, two hidden neurons and one output, drawn with its numbers."""

import streamlit as st

from core.concepts.backpropagation import Backward, Example, Forward, Net
from ui.palette import GREY, GROUND

WIDTH, HEIGHT, RADIUS = 460, 290, 30
INPUTS = ((40, 70), (40, 220))
HIDDEN = ((225, 70), (225, 220))
OUTPUT = (410, 145)
# Ink, and the colour of what comes back: dark enough to be read on light ground, light enough on dark.
_COLOURS = {"light": ("#141310", "#0072B2", "#A84300"), "dark": ("#ECE9E2", "#56B4E9", "#F0A04B")}
_AT = {
    (0, 0): 0.5,
    (1, 1): 0.5,
    (0, 1): 0.26,
    (1, 0): 0.26,
}  # where on its line a weight stands: those that cross keep apart


def drawing(example: Example, net: Net, passed: Forward, back: Backward) -> str:
    """The net as SVG."""
    theme = st.context.theme.type or "light"
    ink, line, backwards = _COLOURS[theme]
    parts = []
    for given, start in enumerate(INPUTS):
        for hidden, end in enumerate(HIDDEN):
            numbers = net.hidden[hidden, given], back.parameters.hidden[hidden, given]
            parts += _edge(start, end, *numbers, at=_AT[given, hidden])
    for hidden, start in enumerate(HIDDEN):
        parts += _edge(start, OUTPUT, net.output[hidden], back.parameters.output[hidden], at=0.5)
    for place, name, value in zip(INPUTS, ("x₁", "x₂"), example.inputs, strict=True):
        parts += _node(place, name, f"{value:.1f}", "")
    for place, name, value, error in zip(HIDDEN, ("h₁", "h₂"), passed.activations, back.hidden_errors, strict=True):
        parts += _node(place, name, f"{value:.2f}", f"{error:+.3f}")
    parts += _node(OUTPUT, "p", f"{passed.probability:.2f}", f"{back.output_error:+.3f}")
    style = (
        f"<style>text{{fill:{ink};font:15px Inter,sans-serif;text-anchor:middle}}.back{{fill:{backwards};font-size:14px}}"
        f".halo{{stroke:{GROUND[theme]};stroke-width:5px;paint-order:stroke}}"
        f"circle{{fill:{GROUND[theme]};stroke:{line};stroke-width:2}}line{{stroke:{GREY};stroke-width:1.5}}</style>"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{2 * WIDTH}" height="{2 * HEIGHT}">'
        f"{style}{''.join(parts)}</svg>"
    )


def _edge(start: tuple[int, int], end: tuple[int, int], weight: float, gradient: float, at: float) -> list[str]:
    """A line with its weight, and below that its gradient. Lines come first, so that circles cover their ends."""
    x, y = (round(begin + at * (finish - begin)) for begin, finish in zip(start, end, strict=True))
    return [
        f'<line x1="{start[0]}" y1="{start[1]}" x2="{end[0]}" y2="{end[1]}"/>',
        f'<text class="halo" x="{x}" y="{y - 4}">{weight:.2f}</text>',
        f'<text class="halo back" x="{x}" y="{y + 14}">{gradient:+.3f}</text>',
    ]


def _node(place: tuple[int, int], name: str, value: str, error: str) -> list[str]:
    """A circle with what it gives in it, its name above and what comes back to it below."""
    x, y = place
    return [
        f'<circle cx="{x}" cy="{y}" r="{RADIUS}"/>',
        f'<text x="{x}" y="{y + 5}">{value}</text>',
        f'<text class="halo" x="{x}" y="{y - RADIUS - 7}">{name}</text>',
        f'<text class="back halo" x="{x}" y="{y + RADIUS + 18}">{error}</text>',
    ]
