"""Learning curves that grow in place: one chart node for the life of the page, fed by the store."""

from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import Any, Literal

import pandas as pd
import streamlit as st

from core.runs.library import history
from core.runs.run import Run
from ui.formats import percent
from ui.i18n import _
from ui.palette import ACCENT, GREY, ORANGE

Quantity = Literal["accuracy", "loss"]
Points = list[tuple[float, float]]  # (epoch, value)

HEIGHT = {"accuracy": 320, "loss": 240}  # accuracy is what people ask for
_RISING_FOR = 2  # epochs in which validation loss rose, before it is said


@dataclass(frozen=True)
class Curve:
    """One line of a chart."""

    name: str
    points: Points
    style: dict[str, Any]


def learning_curves(run: Run, compared: Run | None) -> None:
    """Accuracy and loss over epochs, of training and validation images; the validation line of `compared` lies behind.

    The training line is what each stretch of batches gave while it was trained on; validation has one point an epoch.
    """
    own = _points(run)
    behind = _points(compared) if compared else {}
    epochs = max([run, *([compared] if compared else [])], key=lambda other: other.recipe["epochs"]).recipe["epochs"]
    titles: dict[Quantity, str] = {"accuracy": _accuracy_title(own), "loss": loss_title(own)}
    for quantity, title in titles.items():
        _draw(quantity, title, _lines(quantity, own, behind, compared), epochs)


def _points(run: Run) -> dict[str, Points]:
    """The curves over epochs: every step that was logged has its place among them."""
    curves = history(run, "epoch", "batch_loss", "batch_accuracy", "val_loss", "val_accuracy")
    place = dict(curves.pop("epoch"))
    return {key: [(place[step], value) for step, value in points if step in place] for key, points in curves.items()}


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


def _accuracy_title(curves: dict[str, Points]) -> str:
    points = curves["val_accuracy"]
    if not points:
        return _("Accuracy: validation comes at the end of each epoch")
    best_epoch, best = max(points, key=lambda point: point[1])
    if best_epoch == points[-1][0]:
        return _("Validation accuracy is {value}, its best so far").format(value=percent(best))
    return _("Validation accuracy is {value}; its best was {best} at epoch {epoch:.0f}").format(
        value=percent(points[-1][1]), best=percent(best), epoch=best_epoch
    )


def loss_title(curves: dict[str, Points]) -> str:
    """What the losses show, said no louder than they do."""
    points = curves["val_loss"]
    if not points:
        return _("Loss: the lower, the better")
    value = f"{points[-1][1]:.3f}"
    if len(points) == 1:
        return _("Validation loss is {value}").format(value=value)
    lowest = min(points, key=lambda point: point[1])[0]
    if lowest == points[-1][0]:
        return _("Validation loss is {value}, its lowest so far").format(value=value)
    if _learns_by_heart(curves["batch_loss"], points, lowest):
        return _("Validation loss was lowest at epoch {epoch:.0f}: since then it learns by heart").format(epoch=lowest)
    return _("Validation loss was lowest at epoch {epoch:.0f}").format(epoch=lowest)


def _learns_by_heart(training: Points, validation: Points, lowest: float) -> bool:
    """Whether validation loss rose in each of the last epochs, while training loss is below that of epoch `lowest`."""
    last = [value for epoch, value in validation if epoch >= lowest][-1 - _RISING_FOR :]
    rose = len(last) > _RISING_FOR and all(before < after for before, after in pairwise(last))
    then, now = ([value for epoch, value in training if end - 1 < epoch <= end] for end in (lowest, validation[-1][0]))
    return rose and bool(then and now) and fmean(now) < fmean(then)


def _draw(quantity: Quantity, title: str, lines: list[Curve], epochs: int) -> None:
    st.markdown(f"**{title}**")
    st.echarts_chart(_chart(quantity, lines, epochs), height=HEIGHT[quantity], key=f"curve-{quantity}", alt=title)


def _chart(quantity: Quantity, lines: list[Curve], epochs: int) -> dict[str, Any]:
    """What ECharts is told to draw."""
    value_format, unit = ("%.1f%%", "{value} %") if quantity == "accuracy" else ("%.3f", "{value}")
    return {
        "legend": {"bottom": 0, "icon": "roundRect", "itemHeight": 4},
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
            "axisLabel": {"formatter": unit},
        },
        "dataset": {"source": _table(quantity, lines)},
        "series": [
            {
                "type": "line",
                "name": line.name,
                "connectNulls": True,
                "encode": {"x": "epoch", "y": line.name, "tooltip": [line.name]},
                "animation": False,
                "showSymbol": False,
                **line.style,
            }
            for line in lines
        ],
    }


def _table(quantity: Quantity, lines: list[Curve]) -> pd.DataFrame:
    """A row for each epoch that has a point, a column for each line; accuracy in percent."""
    table = pd.DataFrame(
        [(epoch, line.name, value) for line in lines for epoch, value in line.points],
        columns=["epoch", "line", "value"],
    ).pivot_table(index="epoch", columns="line", values="value")
    table = table.reindex(columns=[line.name for line in lines])
    return (table * 100 if quantity == "accuracy" else table).reset_index()
