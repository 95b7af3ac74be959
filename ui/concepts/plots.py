"""What the charts of the exhibits share. They are drawn by ECharts: on a canvas, so that a chart follows a slider at once."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from ui.formats import plain

Spec = dict[str, Any]


def show_plot(spec: Spec, title: str, key: str, height: int) -> None:
    """A chart under its finding, named for screen readers."""
    st.header(plain(title), anchor=False)
    st.echarts_chart({"animation": False, **spec}, height=height, key=key, alt=title)


def axis(name: str, low: float | None = None, high: float | None = None, **more: Any) -> Spec:
    """An axis of numbers with its name beside it."""
    return {
        "type": "value",
        "name": name,
        "nameLocation": "middle",
        "nameGap": 28,
        "min": low,
        "max": high,
        "splitLine": {"show": False},
        # The ends of an axis are named where they are round.
        "axisLabel": {"hideOverlap": True, "showMinLabel": _round(low), "showMaxLabel": _round(high)},
        **more,
    }


def _round(end: float | None) -> bool:
    return end is None or float(end).is_integer()


def legend(*names: str) -> Spec:
    """The names of lines above a plot."""
    return {"top": 0, "left": 40, "data": list(names), "selectedMode": False, "icon": "roundRect", "itemHeight": 5}


def grid(named: bool = False) -> Spec:
    """Where the plot lies, with room for the names of its axes."""
    return {"top": 36 if named else 12, "left": 52, "right": 12, "bottom": 46}


def pairs(x: np.ndarray, y: np.ndarray) -> list[list[float]]:
    """Points `[n]` and `[n]` as a chart takes them, in few digits."""
    return [[float(f"{one:.4g}"), float(f"{other:.4g}")] for one, other in zip(x, y, strict=True)]


def line(name: str, points: Sequence[Sequence[float]], colour: str, **style: Any) -> Spec:
    return {
        "type": "line",
        "name": name,
        "data": points,
        "color": colour,
        "lineStyle": {"width": 3, **style},
        "showSymbol": False,
        "animation": False,
    }


def dots(name: str, points: Sequence[Sequence[float]], colour: str, size: int, **more: Any) -> Spec:
    return {
        "type": "scatter",
        "name": name,
        "data": points,
        "symbolSize": size,
        "itemStyle": {"color": colour, "borderColor": "white", "borderWidth": 1},
        "animation": False,
        **more,
    }
