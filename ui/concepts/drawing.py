"""Small drawings as SVG, for pictures that Streamlit shows like any other: they load nothing, and read on light and dark ground."""

from html import escape

import streamlit as st

from ui.palette import GREY

WIDTH, HEIGHT = 250, 88  # pixels of every drawing: as wide as a card of the pipeline has room for
_INK = {"light": "#3A362E", "dark": "#D8D3C8"}


def drawing(*parts: str) -> str:
    """The parts on one sheet."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'font-family="Inter, Helvetica, Arial, sans-serif" font-size="12">{"".join(parts)}</svg>'
    )


def words(text: str, x: float, y: float, anchor: str = "start", bold: bool = False) -> str:
    """A line of text; `y` is where it stands on."""
    ink = _INK.get(st.context.theme.type or "light", _INK["light"])
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{ink}"{weight}>{escape(text)}</text>'


def image(address: str, x: float, y: float, width: float, height: float) -> str:
    """A picture by its address, whole, its pixels sharp."""
    return (
        f'<image href="{address}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
        'preserveAspectRatio="xMidYMid meet" style="image-rendering:pixelated"/>'
    )


def box(
    x: float, y: float, width: float, height: float, fill: str = "none", stroke: str = "none", dashed: bool = False
) -> str:
    """A rectangle with soft corners."""
    dashes = ' stroke-dasharray="5 4"' if dashed else ""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}" rx="3" fill="{fill}" '
        f'stroke="{stroke}" stroke-width="1.5"{dashes}/>'
    )


def line(points: list[tuple[float, float]], colour: str = GREY, thick: float = 1.5, dashed: bool = False) -> str:
    """A line through points."""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashes = ' stroke-dasharray="5 4"' if dashed else ""
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{thick}" stroke-linejoin="round"{dashes}/>'


def dot(x: float, y: float, radius: float, fill: str) -> str:
    """A filled circle."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{fill}"/>'


def arrow(x: float, y: float, length: float) -> str:
    """An arrow to the right."""
    end = x + length
    return line([(x, y), (end, y)]) + line([(end - 6, y - 5), (end, y), (end - 6, y + 5)])
