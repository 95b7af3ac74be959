"""Learning curves that grow in place: one chart node for the life of the page, fed by the store."""

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
import streamlit as st

from core.runs.library import history
from core.runs.run import Run
from core.training.recipe import Recipe
from ui.i18n import _
from ui.narrator import Points, accuracy_title, loss_title, same_loss
from ui.palette import ACCENT, GREY, ORANGE, faded

Quantity = Literal["accuracy", "loss"]

HEIGHT = {"accuracy": 320, "loss": 240}  # accuracy is what people ask for
SKIES = 20.0  # a loss that no training comes back from: a guess among a thousand classes has 7


@dataclass(frozen=True)
class Curve:
    """One line of a chart."""

    name: str
    points: Points
    style: dict[str, Any]


def curves_of(run: Run) -> dict[str, Points]:
    """The curves over epochs: every step that was logged has its place among them.

    Training is what each stretch of batches gave while it was trained on; validation has one point an epoch.
    """
    curves = history(run, "epoch", "batch_loss", "batch_accuracy", "val_loss", "val_accuracy")
    place = dict(curves.pop("epoch"))
    return {key: [(place[step], value) for step, value in points if step in place] for key, points in curves.items()}


def learning_curves(run: Run, recipe: Recipe | None, own: dict[str, Points], compared: Run | None) -> None:
    """Accuracy and loss over epochs; the validation line of `compared` lies behind.

    What lies between training and validation is shaded, as far as both measure the same.
    """
    behind = curves_of(compared) if compared else {}
    epochs = max([run, *([compared] if compared else [])], key=lambda other: other.recipe["epochs"]).recipe["epochs"]
    ended = not run.active
    titles: dict[Quantity, str] = {"accuracy": accuracy_title(own, ended, run.result), "loss": loss_title(own, ended)}
    for quantity, title in titles.items():
        same = recipe is not None and (same_loss(recipe) if quantity == "loss" else not recipe.mixup)
        gap = between(own[f"batch_{quantity}"], own[f"val_{quantity}"]) if same else None
        _draw(quantity, title, _lines(quantity, own, behind, compared), gap, epochs)


def overlaid(run: Run, other: Run) -> None:
    """Validation accuracy of two runs over each other."""
    lines = [
        Curve(one.name, curves_of(one)["val_accuracy"], {"lineStyle": {"width": 3, **style}, "color": colour})
        for one, colour, style in ((run, ACCENT, {}), (other, ORANGE, {"type": "dashed"}))
    ]
    if lines[0].name == lines[1].name:
        lines[1] = replace(lines[1], name=f"{other.name} · {other.id[:6]}")
    if any(line.points for line in lines):
        epochs = max(one.recipe["epochs"] for one in (run, other))
        _draw("accuracy", _("Validation accuracy over epochs"), lines, None, epochs)


def _lines(quantity: Quantity, own: dict[str, Points], behind: dict[str, Points], compared: Run | None) -> list[Curve]:
    lines = [
        Curve(_("training"), own[f"batch_{quantity}"], {"lineStyle": {"width": 1.5, "opacity": 0.6}, "color": ORANGE}),
        Curve(_("validation"), own[f"val_{quantity}"], {"lineStyle": {"width": 3}, "color": ACCENT}),
    ]
    if compared:
        name = _("validation, {run}").format(run=compared.name)
        style = {"lineStyle": {"width": 2, "type": "dashed"}, "color": GREY}
        lines.append(Curve(name, behind[f"val_{quantity}"], style))
    return lines


def _draw(quantity: Quantity, title: str, lines: list[Curve], gap: np.ndarray | None, epochs: int) -> None:
    if highest := _highest(quantity, lines):
        title += " " + _("(drawn up to {highest:g})").format(highest=highest)
    st.markdown(f"**{title}**")
    chart = _chart(quantity, lines, epochs, highest)
    if gap is not None and len(gap) > 1:
        _shade(chart, gap * [1, 100, 100] if quantity == "accuracy" else gap)
    st.echarts_chart(chart, height=HEIGHT[quantity], key=f"curve-{quantity}", alt=title)


def between(training: Points, validation: Points) -> np.ndarray:
    """What lies between two lines, `[places, 3]`: the epoch, the lower line, and how far the other is above it.

    It reaches from the first epoch with a validation point to the last; where the lines cross there is a place of its own, or
    the area would not close there.
    """
    if not training or not validation:
        return np.empty((0, 3))
    (train_at, train), (val_at, val) = (np.array(points).T for points in (training, validation))
    places = np.union1d(train_at, val_at)
    places = places[(places >= val_at[0]) & (places <= val_at[-1])]
    apart = np.interp(places, train_at, train) - np.interp(places, val_at, val)
    turns = np.flatnonzero(apart[:-1] * apart[1:] < 0)
    share = apart[turns] / (apart[turns] - apart[turns + 1])
    places = np.union1d(places, places[turns] + share * (places[turns + 1] - places[turns]))
    one, other = np.interp(places, train_at, train), np.interp(places, val_at, val)
    return np.column_stack([places, np.minimum(one, other), np.abs(one - other)])


def _chart(quantity: Quantity, lines: list[Curve], epochs: int, highest: float | None) -> dict[str, Any]:
    """What ECharts is told to draw."""
    value_format, unit = ("%.1f%%", "{value} %") if quantity == "accuracy" else ("%.3f", "{value}")
    return {
        "legend": {
            "type": "scroll",
            "bottom": 0,
            "icon": "roundRect",
            "itemHeight": 4,
            "data": [line.name for line in lines],
        },
        "grid": {"top": 12, "left": 8, "right": 16, "bottom": 56, "containLabel": True},
        "tooltip": {"trigger": "axis", "valueFormatter": value_format},
        "xAxis": {
            "type": "value",
            "min": 0,
            "max": epochs,
            "name": _("epochs"),
            "nameLocation": "middle",
            "nameGap": 26,
            "splitLine": {"show": False},
        },
        "yAxis": {
            "type": "value",
            "scale": quantity == "accuracy",
            "splitNumber": 4,
            "max": highest,
            "axisLabel": {"formatter": unit},
        },
        "dataset": [{"source": _table(quantity, lines)}],
        "series": [
            {
                "type": "line",
                "name": line.name,
                "connectNulls": True,
                "encode": {"x": "epoch", "y": line.name, "tooltip": [line.name]},
                "animation": False,
                "showSymbol": len(line.points) == 1,  # one point is no line yet
                **line.style,
            }
            for line in lines
        ],
    }


def _highest(quantity: Quantity, lines: list[Curve]) -> float | None:
    """Where the axis ends: a loss that went to the skies would make a flat line of all that came before."""
    too_high = quantity == "loss" and any(value > SKIES for line in lines for _epoch, value in line.points)
    return SKIES if too_high else None


def _shade(chart: dict[str, Any], gap: np.ndarray) -> None:
    """Fill what lies between training and validation."""
    name = _("between the two: the generalisation gap")
    chart["legend"]["data"].append(name)
    chart["dataset"].append({"source": pd.DataFrame(gap, columns=["epoch", "lower", "gap"])})
    chart["series"] += [_area("", "lower", 0.0), _area(name, "gap", 0.25)]


def _area(name: str, column: str, opacity: float) -> dict[str, Any]:
    """One of two areas on each other; the lower one is not seen, and only carries the other."""
    return {
        "type": "line",
        "name": name,
        "datasetIndex": 1,
        "encode": {"x": "epoch", "y": column},
        "stack": "gap",
        "animation": False,
        "showSymbol": False,
        "silent": True,
        "lineStyle": {"opacity": 0},
        "color": faded(GREY, opacity),
        "areaStyle": {"color": faded(GREY, opacity), "opacity": 1},
        "tooltip": {"show": False},
        "z": 1,
    }


def _table(quantity: Quantity, lines: list[Curve]) -> pd.DataFrame:
    """A row for each epoch that has a point, a column for each line; accuracy in percent."""
    table = pd.DataFrame(
        [(epoch, line.name, value) for line in lines for epoch, value in line.points],
        columns=["epoch", "line", "value"],
    ).pivot_table(index="epoch", columns="line", values="value")
    table = table.reindex(columns=[line.name for line in lines])
    return (table * 100 if quantity == "accuracy" else table).reset_index()
