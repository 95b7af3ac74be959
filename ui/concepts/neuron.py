"""A neuron to play with: its inputs, weights and bias, its activation function and where on it the neuron stands."""

import math

import numpy as np
import streamlit as st

from core.concepts.neuron import ACTIVATIONS, Activation, weighted_sum
from ui.concepts.plots import Spec, axis, dots, grid, legend, line, pairs, show_plot
from ui.i18n import _, content
from ui.palette import ACCENT, GREY, ORANGE

FIRST = {"x1": 1.0, "x2": -0.5, "w1": 0.8, "w2": -1.2, "b": -0.4}
POINTS = 121  # of a curve
FLAT = 0.05  # a slope below which hardly any of a correction passes
HEIGHTS = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}
OTHER_HEIGHT = (-2.0, 4.0)


@st.fragment
def neuron() -> None:
    """The sliders, the formula with their numbers, and the chart."""
    activation = ACTIVATIONS[_choice()]
    chart, hands = st.columns([3, 2], gap="large")
    with hands:
        values = _sliders()
    total = weighted_sum(np.array([values["x1"], values["x2"]]), np.array([values["w1"], values["w2"]]), values["b"])
    place = np.array(total)
    value, slope = float(activation.value(place)), float(activation.slope(place))
    with chart:
        show_plot(_figure(activation, total, value, slope), _finding(value, slope), "neuron-chart", height=340)
    with hands:
        st.latex(_sum(values, total))
    function, derivative = st.columns(2, gap="large")
    function.latex(activation.formula)
    derivative.latex(activation.slope_formula)
    with st.expander(_("Why an activation function, and which"), icon=":material/menu_book:"):
        st.markdown(content("activations"))


def _choice() -> str:
    return (
        st.segmented_control(
            _("Activation function"),
            list(ACTIVATIONS),
            default="sigmoid",
            required=True,
            format_func=lambda name: ACTIVATIONS[name].name,
            key="neuron-activation",
        )
        or "sigmoid"
    )


def _sliders() -> dict[str, float]:
    """Two on a line, so that on a phone the chart stays in sight."""
    names = {
        "x1": _("Input x₁"),
        "w1": _("Weight w₁"),
        "x2": _("Input x₂"),
        "w2": _("Weight w₂"),
        "b": _("Bias b"),
    }
    with st.grid(2, min_column_width=130, gap="small"):
        return {
            name: st.slider(title, -3.0, 3.0, FIRST[name], 0.1, format="%.1f", key=f"neuron-{name}")
            for name, title in names.items()
        }


def _sum(values: dict[str, float], total: float) -> str:
    """The weighted sum with its numbers; what is multiplied stands on the sliders."""
    parts = values["w1"] * values["x1"], values["w2"] * values["x2"], values["b"]
    numbers = " ".join(f"{part:+.2f}" for part in parts).removeprefix("+")
    # Spaces at both ends: st.latex leaves too little room beside aligned lines, and a browser would let them scroll.
    return rf"\;\begin{{aligned}} z &= w_1 x_1 + w_2 x_2 + b \\ &= {numbers} \\ &= {_short(total)} \end{{aligned}}\;"


def _finding(value: float, slope: float) -> str:
    if abs(slope) == 0:
        return _("It gives {value} and is off: no correction passes back").format(value=_short(value))
    if abs(slope) < FLAT:
        return _("It gives {value} and is flat there: only {slope} of a correction passes back").format(
            value=_short(value), slope=f"{slope:.3f}"
        )
    return _("It gives {value} and passes {slope} of a correction back").format(
        value=_short(value), slope=_short(slope)
    )


def _short(value: float) -> str:
    return f"{value + 0.0:.2f}".replace("-0.00", "0.00")


def _figure(activation: Activation, total: float, value: float, slope: float) -> Spec:
    """Function and derivative over the weighted sum, and where the neuron stands on both."""
    reach = max(6, math.ceil(abs(total)))
    z = np.linspace(-reach, reach, POINTS)
    gives, passes = _("what it gives"), _("slope: what passes back")
    here = line(gives, pairs(z, activation.value(z)), ACCENT)
    here["markLine"] = {
        "data": [{"xAxis": total}],
        "symbol": "none",
        "silent": True,
        "label": {"show": False},
        "lineStyle": {"color": GREY, "type": "dotted"},
    }
    low, high = HEIGHTS.get(activation.name, OTHER_HEIGHT)
    return {
        "legend": legend(gives, passes),
        "grid": grid(named=True),
        "xAxis": axis(_("weighted sum z"), -reach, reach),
        "yAxis": axis("", min(low, math.floor(value)), max(high, math.ceil(value)), splitLine={"show": True}),
        "series": [
            here,
            line(passes, pairs(z, activation.slope(z)), ORANGE, type="dashed"),
            dots(gives, [[total, value]], ACCENT, 16, z=5),
            dots(passes, [[total, slope]], ORANGE, 16, z=5),
        ],
    }
