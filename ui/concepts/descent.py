"""Gradient descent to play with: a surface, a learning rate, momentum, and the way down, or out."""

import math

import numpy as np
import streamlit as st

from core.concepts.descent import SURFACES, Path, Surface, descend, largest_rate
from ui.concepts.plots import Spec, axis, dots, grid, line, pairs, show_plot
from ui.formats import large_number
from ui.i18n import _, content, ngettext
from ui.palette import ACCENT, GREY, ORANGE, VERMILLION

# fmt: off
RATES = (
    0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.095, 0.1, 0.105, 0.12, 0.14, 0.16, 0.18, 0.19, 0.2,
    0.22, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0, 1.05, 1.2, 1.4, 1.6, 1.8, 1.9, 2.0,
)
# fmt: on
GRID = 101  # places at which the surface is drawn
LEVELS = (0.004, 1.3, 9)  # of the loss at the start: the lowest that is drawn, the highest, and how many
FEW = 60  # steps that are marked one by one
FAR_OUT = 1e3  # where a path is drawn no further
LEAST = 1e-6  # a loss on the chart: a logarithm has no zero


@st.fragment
def descent() -> None:
    """The sliders above, the way on the surface and the loss by step below."""
    names = {"bowl": _("A bowl"), "valley": _("A narrow valley"), "two-minima": _("Two minima")}
    kind = st.segmented_control(
        _("Surface"),
        list(SURFACES),
        default="valley",
        required=True,
        format_func=names.__getitem__,
        key="descent-surface",
        label_visibility="collapsed",
    )
    with st.grid(2, min_column_width=150, gap="medium"):
        rate = st.select_slider(_("Learning rate"), RATES, 0.02, format_func="{:g}".format, key="descent-rate")
        momentum = st.slider(_("Momentum"), 0.0, 0.95, 0.0, 0.05, key="descent-momentum")
    surface = SURFACES[kind or "valley"]
    path = descend(surface, rate, momentum)
    way, losses = st.columns([3, 2], gap="large", vertical_alignment="bottom")
    with way:
        show_plot(_map(surface, path), _finding(surface, path, rate, momentum), "descent-map", height=400)
    with losses:
        show_plot(_losses(path), _loss_finding(path), "descent-loss", height=400)
    st.markdown(_limit(surface, path, rate, momentum))
    with st.expander(_("What the two sliders do"), icon=":material/menu_book:"):
        st.markdown(content("descent"))


def _finding(surface: Surface, path: Path, rate: float, momentum: float) -> str:
    """How it ends."""
    if path.outcome == "left":
        return _("Swings out: each step lands higher than the one before")
    if path.outcome == "under way":
        if surface.quadratic and math.isclose(rate, largest_rate(surface.curvatures[0], momentum)):
            return _("Swings for ever: this rate is the limit itself")
        return _("Still under way after {n} steps").format(n=path.steps)
    where = _("the minimum")
    if len(surface.minima) > 1:
        where = [_("the deeper minimum"), _("the shallower minimum")][path.minimum or 0]
    return ngettext("Reaches {where} in {n} step", "Reaches {where} in {n} steps", path.steps).format(
        where=where, n=path.steps
    )


def _loss_finding(path: Path) -> str:
    first, last = _figures(path.losses[0]), _figures(path.losses[-1])
    if path.losses[-1] < path.losses[0]:
        return _("The loss falls from {first} to {last}").format(first=first, last=last)
    return _("The loss rises from {first} to {last}").format(first=first, last=last)


def _figures(loss: float) -> str:
    """Two of them, and no power of ten: ``0.012``, ``39``, ``55,000``."""
    rounded = float(f"{loss:.2g}")
    return large_number(rounded) if rounded >= 10 else f"{rounded:g}"


def _limit(surface: Surface, path: Path, rate: float, momentum: float) -> str:
    """The largest rate at which it can settle, in words, and on which side this one is."""
    source = "[Goh, 2017](https://distill.pub/2017/momentum/)"
    if surface.quadratic:
        curvature = surface.curvatures[0]
        limit = largest_rate(curvature, momentum)
        return _(
            "The largest curvature here is $L = {curvature:g}$, the same everywhere. A descent settles exactly if the learning rate is below "
            "$2(1 + \\text{{momentum}})/L = {limit:.3g}$ ({source}). {rate:g} is {side}."
        ).format(curvature=curvature, limit=limit, source=source, rate=rate, side=_side(rate, limit))
    place = path.minimum or 0
    limit = largest_rate(surface.curvatures[place], momentum)
    words = _(
        "Here the curvature changes from place to place. At {which} it is $L = {curvature:.3g}$, so nothing settles there above a "
        "learning rate of $2(1 + \\text{{momentum}})/L = {limit:.3g}$ ({source}); {rate:g} is {side}."
    ).format(
        which=[_("the deeper minimum"), _("the shallower minimum")][place],
        curvature=surface.curvatures[place],
        limit=limit,
        source=source,
        rate=rate,
        side=_side(rate, limit),
    )
    if path.outcome == "left" and rate < limit:
        words += " " + _(
            "Further out the surface is steeper still: a step that would settle at the minimum swings out there."
        )
    return words


def _side(rate: float, limit: float) -> str:
    if math.isclose(rate, limit):
        return _("the limit itself")
    return _("below it") if rate < limit else _("above it")


def _map(surface: Surface, path: Path) -> Spec:
    """The surface as a map, dark where the loss is low, and the way over it."""
    left, right, bottom, top = surface.view
    colour = VERMILLION if path.outcome == "left" else ORANGE
    shown = path.points[(np.abs(path.points) < FAR_OUT).all(1)]
    way = line("way", pairs(*shown.T), colour, width=2)
    way |= {"showSymbol": len(shown) <= FEW, "symbol": "circle", "symbolSize": 6, "z": 4, "clip": True}
    ends = dots("ends", pairs(*shown[[0, -1]].T), colour, 14, z=5, clip=True)
    return {
        "grid": grid(),
        "xAxis": axis(_("parameter a"), left, right, axisLine={"onZero": False}),
        "yAxis": axis(_("parameter b"), bottom, top, axisLine={"onZero": False}, nameGap=34),
        "series": [*_levels(surface), _spots(surface), way, ends],
    }


def _levels(surface: Surface) -> list[Spec]:
    """Areas of low loss, each within the one before, so that their tints add up."""
    a = np.linspace(*surface.view[:2], GRID)
    areas = []
    for level in np.geomspace(*LEVELS) * float(surface.loss(np.array(surface.start))):
        width = surface.half_width(level, a)
        for border in (width, -width):
            area = line("", pairs(a, border), ACCENT, width=0)
            areas.append(area | {"areaStyle": {"origin": 0, "opacity": 0.1}, "silent": True})
    return areas


def _spots(surface: Surface) -> Spec:
    """The minima and the saddle between them, by name."""
    words = [_("minimum")] if len(surface.minima) == 1 else [_("deeper"), _("shallower")]
    spots = [*zip(surface.minima, words, strict=True), *((saddle, _("saddle")) for saddle in surface.saddles)]
    named = [{"value": list(place), "name": word} for place, word in spots]
    label = {"show": True, "formatter": "{b}", "position": "bottom", "distance": 8}
    return dots("", [], GREY, 8, silent=True, z=6) | {"data": named, "label": label}


def _losses(path: Path) -> Spec:
    """The loss by step, on a logarithmic scale."""
    colour = VERMILLION if path.outcome == "left" else ORANGE
    losses = np.maximum(path.losses, LEAST)
    low, high = (10.0 ** edge(np.log10(end)) for edge, end in ((np.floor, losses.min()), (np.ceil, losses.max())))
    return {
        "grid": grid(),
        "tooltip": {"trigger": "axis"},
        "xAxis": axis(_("steps"), 0, max(10, path.steps)),
        "yAxis": axis(
            _("loss, logarithmic"), low, high, type="log", nameGap=38, axisLabel={}, splitLine={"show": True}
        ),
        "series": [line(_("loss"), pairs(np.arange(path.steps + 1), losses), colour)],
    }
