"""How long a training would take on one thing and another: from seconds to millions of years."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.concepts.training_cost import Place, Workload, bill
from ui.charts import escaped
from ui.concepts.amounts import span
from ui.formats import number
from ui.i18n import _
from ui.palette import ACCENT, GREY

if TYPE_CHECKING:
    import plotly.graph_objects as go

_TICKS = (
    1 / 3600,
    1 / 60,
    1,
    24,
    24 * 365.25,
    100 * 24 * 365.25,
    1e4 * 24 * 365.25,
    1e6 * 24 * 365.25,
    1e8 * 24 * 365.25,
)


def time_chart(work: Workload, own: Place, others: Sequence[Place]) -> "go.Figure":
    """A line a place on a logarithmic scale of hours, the longest on top; the own one in the accent colour."""
    import plotly.graph_objects as go

    rows = [
        (place, bill(work, place).hours) for place in [own, *(one for one in others if name_of(one) != name_of(own))]
    ]
    rows.sort(key=lambda row: row[1])
    low, high = (np.log10(hours) for hours in (rows[0][1], rows[-1][1]))
    start = low - 0.6
    end = high + max(2.2, 0.6 * (high - start))  # room for the words, on a narrow screen too
    figure = go.Figure()
    for place, hours in rows:
        colour = ACCENT if place is own else GREY
        figure.add_scatter(
            x=[10**start, hours],
            y=[escaped(name_of(place))] * 2,
            mode="lines+markers+text",
            line={"color": colour, "width": 4 if place is own else 2},
            marker={"color": colour, "size": [0, 14 if place is own else 10], "opacity": 1},
            text=["", f"  <b>{span(hours)}</b>" if place is own else f"  {span(hours)}"],
            textposition="middle right",
            cliponaxis=False,
            hoverinfo="skip",
            showlegend=False,
        )
    ticks = [tick for tick in _TICKS if start <= np.log10(tick) <= end]
    figure.update_xaxes(
        type="log",
        range=[start, end],
        tickvals=ticks,
        ticktext=[_tick(tick) for tick in ticks],
        title=_("time to train"),
    )
    figure.update_yaxes(showgrid=False, title=None, automargin=True)
    return figure


def name_of(place: Place) -> str:
    """``10,000 × V100``; one device by its name alone."""
    return place.hardware.name if place.count == 1 else f"{number(place.count)} × {place.hardware.name}"


def _tick(hours: float) -> str:
    names = {1 / 3600: _("1 s"), 1 / 60: _("1 min"), 1: _("1 h"), 24: _("1 day"), 24 * 365.25: _("1 year")}
    return names.get(hours) or span(hours)
