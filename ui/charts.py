"""Plotly charts in the house's manner: the title is the finding, the frame is bare, the ground is the page's.

Plotly is imported when the first chart is drawn: no page's heading waits for it.
"""

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from core.business.costs import CostCurve, Value
from ui.formats import large_number, money, plain
from ui.i18n import _
from ui.palette import ACCENT, GREY, ORANGE, SKY, VERMILLION, faded

if TYPE_CHECKING:
    import plotly.graph_objects as go

_INK = {"light": "#5A554B", "dark": "#C4BEB2"}
_POINTS = 160  # of a curve on the screen
_LARGE = 1e8  # parameters: "hundreds of millions" and more are called large


@dataclass(frozen=True)
class Rung:
    """A model on the ladder of sizes; `source` says where its number of parameters stands.

    A mixture of experts is drawn as a ring; `active` of its parameters work on each token, where that is published.
    """

    name: str
    parameters: int
    source: str
    own: bool = False
    expert: bool = False
    active: int | None = None


def show_chart(
    figure: "go.Figure",
    title: str,
    key: str,
    height: int = 380,
    on_click: Callable[[], None] | None = None,
    top: int = 16,
) -> None:
    """A figure under its finding, without tool bar, named for screen readers. The title is no Markdown: names stand in it.

    Args:
        on_click: called when a point was clicked, which the session state has under `key`.
        top: pixels above the plot, for the names of small charts.
    """
    ink = _INK.get(st.context.theme.type or "")  # the template's own grey is too pale for reading
    figure.update_layout(font_color=ink)
    figure.update_xaxes(color=ink, title_font_color=ink)
    figure.update_yaxes(color=ink, title_font_color=ink)
    figure.update_layout(height=height, margin={"t": top, "b": 8, "l": 8, "r": 8}, hovermode="closest", dragmode=False)
    st.header(plain(title), anchor=False)
    st.plotly_chart(
        figure,
        key=key,
        config={"displayModeBar": False, "typesetMath": False},
        on_select=on_click or "ignore",
        selection_mode="points",
        alt=title,
    )


def escaped(name: str) -> str:
    """A name in a figure: Plotly takes tags for tags. A ``$`` is one, because no formulas are set."""
    return html.escape(name, quote=False)


def add_band(
    figure: "go.Figure", x: Sequence[float] | np.ndarray, ends: np.ndarray, colour: str = ACCENT, **place: int
) -> None:
    """A 95% interval around a line: lower and upper `ends` `[n, 2]` at `x` `[n]`; `place` is a row and column of small charts."""
    figure.add_scatter(
        x=np.concatenate([x, x[::-1]]),
        y=np.concatenate([ends[:, 0], ends[::-1, 1]]),
        mode="lines",
        fill="toself",
        fillcolor=faded(colour, 0.16),
        line={"width": 0},
        hoverinfo="skip",
        name=_("95% interval"),
        **place,
    )


def ladder(rungs: Sequence[Rung]) -> "go.Figure":
    """Models by number of parameters on a logarithmic scale, the own one in the accent colour."""
    import plotly.graph_objects as go

    rungs = sorted(rungs, key=lambda rung: rung.parameters)
    low, high = 4, 15.8  # beyond the largest there is room for its number
    figure = go.Figure()
    figure.add_vrect(_LARGE, 10**high, fillcolor=faded(GREY, 0.12), line_width=0, layer="below")
    for rung in rungs:
        _add(figure, rung, 10**low)
    figure.add_annotation(
        x=np.log10(_LARGE),
        y=1.0,
        yref="paper",
        text=_("called large"),
        showarrow=False,
        xanchor="left",
        yanchor="bottom",
    )
    figure.update_xaxes(
        type="log",
        range=[low, high],
        tickvals=[1e6, 1e9, 1e12],
        ticktext=[_("1 million"), _("1 billion"), _("1 trillion")],
        tickangle=0,
        title=_("parameters, logarithmic"),
    )
    figure.update_yaxes(showgrid=False, title=None, automargin=True)
    return figure


def _add(figure: "go.Figure", rung: Rung, start: float) -> None:
    """A line from the chart's edge to the rung's number of parameters."""
    colour, size = ACCENT if rung.own else GREY, large_number(rung.parameters)
    if rung.active:
        figure.add_scatter(
            x=[rung.active],
            y=[escaped(rung.name)],
            mode="markers",
            marker={"color": colour, "size": 9},
            hovertemplate=_("{size} work on each token").format(size=large_number(rung.active)) + "<extra></extra>",
            showlegend=False,
        )
    figure.add_scatter(
        x=[start, rung.parameters],
        y=[escaped(rung.name)] * 2,
        mode="lines+markers+text",
        line={"color": colour, "width": 4 if rung.own else 2},
        marker={
            "color": colour,
            "size": [0, 16 if rung.own else 11],
            "opacity": 1,
            "symbol": "circle-open" if rung.expert else "circle",
            "line": {"width": 2 if rung.expert else 0, "color": colour},
        },
        text=["", f"  <b>{size}</b>" if rung.own else f"  {size}"],
        textposition="middle right",
        cliponaxis=False,
        hovertemplate="%{y}<br>" + rung.source + "<extra></extra>",
        showlegend=False,
    )


def cost_chart(curve: CostCurve, judged: Value, currency: str) -> "go.Figure":
    """What a month costs, from all by hand (left) to all automatic (right), with its 95% band and the cheapest point."""
    import plotly.graph_objects as go

    shown = _positions(curve)
    share = curve.automatic[shown]
    ends = np.array([curve.interval(position) for position in shown])
    figure = go.Figure()
    add_band(figure, share, ends)
    _line(figure, share, curve.reviews_money[shown], _("reviews"), {"color": GREY, "width": 2, "dash": "dot"})
    _line(figure, share, curve.mistakes_money[shown], _("mistakes"), {"color": VERMILLION, "width": 2, "dash": "dash"})
    _line(figure, share, curve.money[shown], _("together"), {"color": ACCENT, "width": 4})
    figure.data[-1].customdata = [[_threshold(curve.thresholds[position])] for position in shown]
    figure.data[-1].hovertemplate = (
        _("%{x:.0%} automatic, threshold %{customdata[0]}: %{y:,.0f} a month") + "<extra></extra>"
    )
    _mark(figure, curve, judged, currency)
    _share_axis(figure, curve)
    top = 1.25 * max(curve.money[0], curve.money[-1], 1e-9)
    figure.update_yaxes(
        title=_("{currency} a month").format(currency=escaped(currency)), range=[0, top], tickformat=",.0f"
    )
    figure.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "title": None})
    return figure


def _share_axis(figure: "go.Figure", curve: CostCurve) -> None:
    """Shares from none to all, and below each the threshold that leaves so much to the model."""
    ticks = np.linspace(0, 1, 6)
    thresholds = [curve.thresholds[np.abs(curve.automatic - tick).argmin()] for tick in ticks]
    figure.update_xaxes(
        range=[-0.02, 1.02],
        tickvals=ticks,
        ticktext=[f"{tick:.0%}<br>{_threshold(one)}" for tick, one in zip(ticks, thresholds, strict=True)],
        title=_("share left to the model · threshold"),
        showgrid=False,
    )


def _positions(curve: CostCurve) -> np.ndarray:
    """At most so many positions on the curve, evenly by share, the ends and the cheapest among them."""
    last = len(curve.thresholds) - 1
    return np.unique(np.append(np.linspace(0, last, min(_POINTS, last + 1)).round().astype(int), curve.cheapest))


def _line(figure: "go.Figure", x: np.ndarray, y: np.ndarray, name: str, line: dict[str, Any]) -> None:
    figure.add_scatter(
        x=x, y=y, mode="lines", line=line, name=name, hovertemplate="%{y:,.0f} " + name + "<extra></extra>"
    )


def _mark(figure: "go.Figure", curve: CostCurve, judged: Value, currency: str) -> None:
    """The cheapest point, and what it comes to on images that did not choose it."""
    best = curve.cheapest
    points = [
        (curve.automatic[best], curve.money[best], "circle", ORANGE, _("cheapest here: {money}")),
        (judged.automatic, judged.money, "diamond", SKY, _("on other images: {money}")),
    ]
    for share, cost, symbol, colour, name in points:
        figure.add_scatter(
            x=[share],
            y=[cost],
            mode="markers",
            marker={"color": colour, "size": 15, "symbol": symbol, "line": {"color": ACCENT, "width": 2}},
            name=name.format(money=escaped(money(round(float(cost)), currency))),
            hovertemplate=_("%{y:,.0f} a month with %{x:.0%} automatic") + "<extra></extra>",
        )


def _threshold(threshold: float) -> str:
    if np.isinf(threshold):
        return _("none")
    return f"{threshold:.2f}" if threshold < 0.99 else f"{min(threshold, 0.9999):.4f}"
