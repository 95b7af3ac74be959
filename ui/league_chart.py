"""The chart of all models: how right they are against what they cost, and which are beaten by none."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ui.charts import escaped
from ui.i18n import _
from ui.palette import ACCENT, GREY

if TYPE_CHECKING:
    import plotly.graph_objects as go

NAMED = 12  # points of a chart with their names beside them
LONGEST = 24  # signs of a name in the chart
WIDE = 4  # how many times the least value the largest is, from where on an axis is logarithmic
DOT = (0.012, 0.03)  # a dot's width and height, as shares of the chart's
LABEL = (0.5, 0.08)  # room that such a name takes, as shares of the chart's width and height
PRECISE = {
    "parameters": ".3s",
    "work": ".3s",
    "seconds": ",.0f",
    "cost": ".3~r",
}  # forms of d3, where a point is pointed at
ROUNDED = {"parameters": "~s", "work": "~s", "seconds": ",~r", "cost": "~r"}  # and on the axis


def front_chart(table: pd.DataFrame, axis: str, title: str, best: np.ndarray, focus: str) -> "go.Figure":
    """Accuracy against one measure of cost, with a line through the models that none beats for less.

    Args:
        table: a model a row, with `id`, `name`, `val_accuracy` and the measure.
        axis: the measure, a key of :data:`ROUNDED`.
        title: what the measure is, in words.
        best: of each model whether it is beaten by none `[n]`.
        focus: the id of the model whose dot is large.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    front = table[best].sort_values(axis)
    figure.add_scatter(
        x=front[axis],
        y=front["val_accuracy"],
        mode="lines",
        line={"color": ACCENT, "width": 2, "shape": "hv"},
        hoverinfo="skip",
    )
    own = (table["id"] == focus).to_numpy()
    across, up = table[axis].to_numpy(float), table["val_accuracy"].to_numpy(float)
    logarithmic = bool(0 < WIDE * across.min() < across.max())
    ticks = {"type": "log", "tickvals": _ticks(across)} if logarithmic else {"nticks": 6}
    if logarithmic:
        across = np.log10(across)
    beaten = ~best & ~own
    heaps = np.ones(len(table), int)
    if len(table) > NAMED:
        heaps[beaten] = _heaps(_unit(across)[beaten], _unit(up)[beaten])
    # Three traces of one look each: a thousand points that each have a look of their own are drawn far slower.
    for chosen, colour, size in ((beaten & (heaps > 0), GREY, 10), (best & ~own, ACCENT, 10), (own, ACCENT, 18)):
        points = table[chosen]
        figure.add_scatter(
            x=points[axis],
            y=points["val_accuracy"],
            mode="markers",
            marker={"size": size, "color": colour},
            hovertext=[_hover(name, heap) for name, heap in zip(points["name"], heaps[chosen], strict=True)],
            hovertemplate="%{hovertext}<br>%{x:" + PRECISE[axis] + "}, %{y:.1%}<extra></extra>",
            cliponaxis=False,
        )
        if len(table) <= NAMED:
            rightwards, named = _labels(across, up, np.lexsort((~best, ~own)))
            figure.data[-1].update(
                mode="markers+text",
                text=[
                    escaped(_short(name)) if shown else ""
                    for name, shown in zip(points["name"], named[chosen], strict=True)
                ],
                textposition=["top right" if right else "top left" for right in rightwards[chosen]],
            )
    if axis == "cost":
        title = _("cost of training, in your currency")
    figure.update_xaxes(title=title, range=_padded(across), tickformat=ROUNDED[axis], tickangle=0, **ticks)
    figure.update_yaxes(tickformat=".1%", title=_("validation accuracy"), range=_padded(up), nticks=6)
    figure.update_layout(showlegend=False)
    return figure


def _heaps(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """How many models the dot of each stands for `[n]`: those within a dot's size, at the best of them; 0 at the others.

    A browser draws a thousand dots slower than all the rest of the page, and pointing at a heap names one of it anyway.

    Args:
        x, y: where the models are, as shares of the chart `[n]`.
    """
    cells = pd.DataFrame({"x": x // DOT[0], "y": y // DOT[1]})
    sizes = cells.groupby(["x", "y"])["x"].transform("size")
    by_height = cells.iloc[np.argsort(-y, kind="stable")]
    return sizes.where(~by_height.duplicated().sort_index(), 0).to_numpy()


def _hover(name: str, heap: int) -> str:
    """What a dot is called when it is pointed at."""
    if heap < 2:
        return escaped(name)
    return _("{name} and {n} more close by").format(name=escaped(name), n=heap - 1)


def _unit(values: np.ndarray) -> np.ndarray:
    """Values as shares of their range."""
    return (values - values.min()) / (np.ptp(values) or 1)


def _labels(x: np.ndarray, y: np.ndarray, order: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each point whether its name stands to its right, away from the nearer edge, and whether there is room for it.

    Args:
        x, y: where the points are `[n]`.
        order: who is named first `[n]`.
    """
    across, up = _unit(x), _unit(y)
    rightwards = across < 0.5
    start = np.where(rightwards, across, across - LABEL[0])
    named = np.zeros(len(x), bool)
    for one in order:
        named[one] = not ((abs(start - start[one]) < LABEL[0]) & (abs(up - up[one]) < LABEL[1]) & named).any()
    return rightwards, named


def _ticks(values: np.ndarray) -> list[float]:
    """1, 2 and 5 times the powers of ten around the values; of more than six of these, the powers alone."""
    powers = 10.0 ** np.arange(np.floor(np.log10(values.min())) - 1, np.ceil(np.log10(values.max())) + 1)
    ticks = (powers[:, None] * [1, 2, 5]).ravel()
    within = ticks[(ticks > values.min() / 2) & (ticks < values.max() * 2)]
    return (within if len(within) <= 6 else powers).tolist()


def _padded(values: np.ndarray) -> list[float]:
    """Ends of an axis with room around its points."""
    room = 0.1 * float(np.ptp(values)) or 0.1
    return [float(values.min()) - room, float(values.max()) + room]


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
