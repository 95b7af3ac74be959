"""Learning curves that grow in place: one chart node for the life of the page, fed by the store."""

from typing import Any

import pandas as pd
import streamlit as st

from core.runs.store import Run, store
from ui.i18n import _

HEIGHT = 300
_KEYS = ("epoch", "batch_loss", "batch_accuracy", "val_loss", "val_accuracy")


def learning_curves(run: Run, compared: Run | None) -> None:
    """Loss and accuracy over epochs, for training and validation; `compared` lies behind in grey.

    The training line is what each stretch of batches gave while it was trained on; the validation line has one point an epoch.
    """
    own = _curves(run.id)
    behind = _curves(compared.id) if compared else {}
    epochs = run.recipe.get("epochs", 1)
    accuracy, loss = st.columns(2, gap="medium")
    with accuracy:
        _chart("accuracy", _accuracy_title(own), own, behind, epochs, compared)
    with loss:
        _chart("loss", _loss_title(own), own, behind, epochs, compared)


def _curves(run_id: str) -> dict[str, list[tuple[float, float]]]:
    """Each curve as (epoch, value): every step that was logged has its place in epochs."""
    curves = store().history(run_id, *_KEYS)
    place = dict(curves.pop("epoch"))
    return {key: [(place[step], value) for step, value in points if step in place] for key, points in curves.items()}


def _accuracy_title(curves: dict[str, list[tuple[float, float]]]) -> str:
    points = curves.get("val_accuracy", [])
    if not points:
        return _("Accuracy: the first epoch is on its way")
    best_epoch, best = max(points, key=lambda point: point[1])
    if best_epoch == points[-1][0]:
        return _("Validation accuracy is {value:.1%}, its best so far").format(value=best)
    return _("Validation accuracy is {value:.1%}; its best was {best:.1%} at epoch {epoch:.0f}").format(
        value=points[-1][1], best=best, epoch=best_epoch
    )


def _loss_title(curves: dict[str, list[tuple[float, float]]]) -> str:
    points = curves.get("val_loss", [])
    if not points:
        return _("Loss: the first epoch is on its way")
    lowest = min(points, key=lambda point: point[1])[0]
    since = round(points[-1][0] - lowest)
    if since < 2:
        return _("Validation loss is still falling")
    return _("Validation loss was lowest at epoch {epoch:.0f} and has not fallen since").format(epoch=lowest)


def _chart(
    quantity: str,
    title: str,
    own: dict[str, list[tuple[float, float]]],
    behind: dict[str, list[tuple[float, float]]],
    epochs: int,
    compared: Run | None,
) -> None:
    lines = {_("training"): own.get(f"batch_{quantity}", []), _("validation"): own.get(f"val_{quantity}", [])}
    styles: dict[str, dict[str, Any]] = {
        _("training"): {"lineStyle": {"width": 1.5, "opacity": 0.7}, "showSymbol": False},
        _("validation"): {"lineStyle": {"width": 3}, "symbolSize": 7},
    }
    if compared:
        name = _("{run}, validation").format(run=compared.name)
        lines[name] = behind.get(f"val_{quantity}", [])
        styles[name] = {"lineStyle": {"width": 2, "type": "dashed"}, "showSymbol": False, "itemStyle": {"color": "#999999"}}
    table = pd.DataFrame(
        [(epoch, name, value) for name, points in lines.items() for epoch, value in points],
        columns=["epoch", "line", "value"],
    ).pivot_table(index="epoch", columns="line", values="value")
    table = table.reindex(columns=list(lines)).reset_index()
    st.markdown(f"**{title}**")
    st.echarts_chart(
        {
            "legend": {"bottom": 0},
            "grid": {"top": 16, "left": 48, "right": 16, "bottom": 64},
            "tooltip": {"trigger": "axis", "valueFormatter": "percent" if quantity == "accuracy" else "%.3f"},
            "xAxis": {"type": "value", "min": 0, "max": epochs, "name": _("epochs"), "nameLocation": "middle", "nameGap": 26},
            "yAxis": {"type": "value", "scale": True, "name": ""},
            "dataset": {"source": table},
            "series": [
                {
                    "type": "line",
                    "name": name,
                    "connectNulls": True,
                    "encode": {"x": "epoch", "y": name},
                    "animation": False,
                    **styles[name],
                }
                for name in lines
            ],
        },
        height=HEIGHT,
        key=f"curve-{quantity}",
        alt=title,
    )
