"""Gradient descent to play with: a surface, a learning rate, momentum, and the way down, or out."""

import math
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from core.concepts.descent import STEPS, SURFACES, Path, Surface, descend, largest_rate
from ui.charts import show_chart
from ui.i18n import _, content, ngettext
from ui.palette import ACCENT, GREY, GROUND, ORANGE, VERMILLION, blend, faded

if TYPE_CHECKING:
    import plotly.graph_objects as go

# fmt: off
RATES = (
    0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.095, 0.1, 0.105, 0.12, 0.14, 0.16, 0.18, 0.19, 0.2,
    0.22, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0, 1.05, 1.2, 1.4, 1.6, 1.8, 1.9, 2.0,
)
# fmt: on
GRID = 60  # places a side at which the surface is drawn


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
        show_chart(_map(surface, path), _finding(surface, path, rate, momentum), "descent-map", height=400, top=24)
    with losses:
        show_chart(_losses(path), _loss_finding(path), "descent-loss", height=400, top=24)
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
    first, last = (f"{loss:.2g}" for loss in (path.losses[0], path.losses[-1]))
    if path.losses[-1] < path.losses[0]:
        return _("The loss falls from {first} to {last}").format(first=first, last=last)
    return _("The loss rises from {first} to {last}").format(first=first, last=last)


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


def _map(surface: Surface, path: Path) -> "go.Figure":
    """The surface as a map, dark where the loss is low, and the way over it."""
    import plotly.graph_objects as go

    left, right, bottom, top = surface.view
    x, y = np.linspace(left, right, GRID), np.linspace(bottom, top, GRID)
    heights = surface.loss(np.stack(np.meshgrid(x, y), -1))
    ground = GROUND[st.context.theme.type or "light"]
    figure = go.Figure(
        go.Contour(
            x=x,
            y=y,
            z=np.log10(heights + 0.02),  # even steps would leave the valley's floor without a line
            colorscale=[[0, blend(ACCENT, ground, 0.55)], [1, ground]],
            showscale=False,
            ncontours=14,
            line={"color": faded(GREY, 0.45), "width": 1},
            hoverinfo="skip",
        )
    )
    _spots(figure, surface)
    colour = VERMILLION if path.outcome == "left" else ORANGE
    figure.add_scatter(
        x=path.points[:, 0],
        y=path.points[:, 1],
        mode="lines+markers",
        line={"color": colour, "width": 2},
        marker={"color": colour, "size": [12, *[5] * (path.steps - 1), 12], "line": {"width": 0}},
        customdata=path.losses,
        hovertemplate=_("step %{pointNumber}: loss %{customdata:.3g}") + "<extra></extra>",
        showlegend=False,
    )
    figure.update_xaxes(range=[left, right], title=_("parameter a"), showgrid=False, zeroline=False)
    figure.update_yaxes(range=[bottom, top], title=_("parameter b"), showgrid=False, zeroline=False)
    return figure


def _spots(figure: "go.Figure", surface: Surface) -> None:
    """The minima and the saddle between them, by name."""
    words = [_("minimum")] if len(surface.minima) == 1 else [_("deeper"), _("shallower")]
    spots = [*zip(surface.minima, words, strict=True), *((saddle, _("saddle")) for saddle in surface.saddles)]
    figure.add_scatter(
        x=[place[0] for place, _word in spots],
        y=[place[1] for place, _word in spots],
        mode="markers+text",
        marker={"symbol": "cross-thin", "size": 12, "line": {"width": 2, "color": GREY}},
        text=[word for _place, word in spots],
        textposition="bottom right",
        hoverinfo="skip",
        showlegend=False,
    )


def _losses(path: Path) -> "go.Figure":
    """The loss by step, on a logarithmic scale."""
    import plotly.graph_objects as go

    colour = VERMILLION if path.outcome == "left" else ORANGE
    figure = go.Figure()
    figure.add_scatter(
        x=np.arange(path.steps + 1),
        y=np.maximum(path.losses, 1e-6),  # a logarithm has no zero
        mode="lines+markers" if path.steps < 40 else "lines",
        line={"color": colour, "width": 3},
        hovertemplate=_("step %{x}: loss %{y:.3g}") + "<extra></extra>",
    )
    figure.update_xaxes(range=[0, min(STEPS, max(10, path.steps)) * 1.02], title=_("steps"), showgrid=False)
    figure.update_yaxes(type="log", title=_("loss, logarithmic"), exponentformat="power", dtick=1)
    return figure
