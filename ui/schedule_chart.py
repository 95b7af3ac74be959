"""How the learning rate moves over a run, as a small chart: beside its settings, and under the curves of a run."""

from typing import Any

import pandas as pd
import streamlit as st

from core.training.recipe import Recipe
from core.training.schedule import share_of_peak
from ui.i18n import _
from ui.palette import ACCENT, GREY

HEIGHT = 120
_PLACES = 100  # of the line


def rate_at(recipe: Recipe, epoch: float) -> float:
    """The learning rate after so many epochs."""
    return recipe.learning_rate * share_of_peak(recipe.schedule, min(epoch / recipe.epochs, 1.0), recipe.warmup)


def schedule_chart(recipe: Recipe, key: str, at: float | None = None) -> None:
    """The learning rate over the epochs; `at` marks where the run stands, in epochs."""
    alt = _("Learning rate over the run: {schedule}, at most {rate:g}").format(
        schedule=recipe.schedule, rate=recipe.learning_rate
    )
    st.echarts_chart(_chart(recipe, at), height=HEIGHT, key=key, alt=alt)


def _chart(recipe: Recipe, at: float | None) -> dict[str, Any]:
    """What ECharts is told to draw."""
    epochs = [recipe.epochs * place / _PLACES for place in range(_PLACES + 1)]
    line: dict[str, Any] = {
        "type": "line",
        "name": _("learning rate"),
        "encode": {"x": "epoch", "y": "rate", "tooltip": ["rate"]},
        "animation": False,
        "showSymbol": False,
        "lineStyle": {"width": 2},
        "color": ACCENT,
    }
    if at is not None:
        line["markLine"] = {
            "data": [{"xAxis": at}],
            "symbol": "none",
            "silent": True,
            "animation": False,
            "label": {"show": False},
            "lineStyle": {"color": GREY, "type": "solid", "width": 2},
        }
    return {
        "grid": {"top": 10, "left": 8, "right": 16, "bottom": 4, "containLabel": True},
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "value", "min": 0, "max": recipe.epochs, "splitLine": {"show": False}},
        "yAxis": {"type": "value", "min": 0, "splitNumber": 2},
        "dataset": {"source": pd.DataFrame({"epoch": epochs, "rate": [rate_at(recipe, place) for place in epochs]})},
        "series": [line],
    }
