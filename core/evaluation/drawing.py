"""Small drawings for the report, as SVG text: they need no script and no network, and print as sharp as the paper is."""

from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT, MARGIN = 420, 240, 36
ACCENT, GREY = "#0072B2", "#8C8579"


def line_chart(
    lines: Sequence[tuple[str, Sequence[tuple[float, float]]]],
    band: Sequence[tuple[float, float, float]],
    axes: tuple[str, str],
    alt: str,
    floor: float = 0.0,
) -> str:
    """Lines in a square from 0 (or `floor`, upwards) to 1, drawn from the first, grey and dashed, to the last, in the accent colour.

    Args:
        lines: name and (x, y) points of each.
        band: (x, lower, upper): an interval around the last line.
        axes: titles of the horizontal and the vertical one.
        alt: what the drawing shows, for who cannot see it.
    """
    parts = [_axes(axes, floor)]
    if band:
        outline = [(x, high) for x, _low, high in band] + [(x, low) for x, low, _high in reversed(band)]
        points = " ".join(_place(x, y, floor) for x, y in outline)
        parts.append(f'<polygon points="{points}" fill="{ACCENT}" opacity="0.16"/>')
    for number, (name, points_of) in enumerate(lines):
        last = number == len(lines) - 1
        style = f'stroke="{ACCENT}" stroke-width="2.5"' if last else f'stroke="{GREY}" stroke-dasharray="4 3"'
        points = " ".join(_place(x, y, floor) for x, y in points_of)
        parts.append(f'<polyline points="{points}" fill="none" {style}><title>{escape(name)}</title></polyline>')
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(alt, quote=True)}" '
        f'font-size="11" fill="#5a554b">{"".join(parts)}</svg>'
    )


def _axes(axes: tuple[str, str], floor: float) -> str:
    parts = []
    for step in range(6):
        share = step / 5
        value = floor + share * (1 - floor)
        x, y = _place(share, floor, floor).split(","), _place(0, value, floor).split(",")
        parts.append(
            f'<line x1="{MARGIN}" x2="{WIDTH - 8}" y1="{y[1]}" y2="{y[1]}" stroke="#dfdbd1" stroke-width="0.7"/>'
        )
        parts.append(f'<text x="{MARGIN - 4}" y="{float(y[1]) + 4}" text-anchor="end">{value:.0%}</text>')
        parts.append(f'<text x="{x[0]}" y="{HEIGHT - MARGIN + 14}" text-anchor="middle">{share:.0%}</text>')
    parts.append(f'<text x="{(WIDTH + MARGIN) / 2}" y="{HEIGHT - 6}" text-anchor="middle">{escape(axes[0])}</text>')
    parts.append(f'<text x="{MARGIN}" y="12">{escape(axes[1])}</text>')
    return "".join(parts)


def _place(x: float, y: float, floor: float) -> str:
    left, right, top, bottom = MARGIN, WIDTH - 8, 20, HEIGHT - MARGIN
    return f"{left + x * (right - left):.1f},{bottom - (max(y, floor) - floor) / (1 - floor) * (bottom - top):.1f}"
