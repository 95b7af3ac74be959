"""A neuron to play with: its inputs, weights and bias, its activation function and where on it the neuron stands."""

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from core.concepts.neuron import ACTIVATIONS, Activation, weighted_sum
from ui.charts import show_chart
from ui.i18n import _, content
from ui.palette import ACCENT, GREY, ORANGE

if TYPE_CHECKING:
    import plotly.graph_objects as go

FIRST = {"x1": 1.0, "x2": -0.5, "w1": 0.8, "w2": -1.2, "b": -0.4}
POINTS = 201  # of a curve
FLAT = 0.05  # a slope below which hardly any of a correction passes
HEIGHTS = {"sigmoid": (-0.1, 1.15), "tanh": (-1.15, 1.25)}
OTHER_HEIGHT = (-1.6, 4.2)


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
        show_chart(_figure(activation, total, value, slope), _finding(value, slope), "neuron-chart", height=340, top=40)
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
        "x1": _("Input $x_1$"),
        "w1": _("Weight $w_1$"),
        "x2": _("Input $x_2$"),
        "w2": _("Weight $w_2$"),
        "b": _("Bias $b$"),
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
    return rf"\begin{{aligned}} z &= w_1 x_1 + w_2 x_2 + b \\ &= {numbers} \\ &= {_short(total)} \end{{aligned}}"


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


def _figure(activation: Activation, total: float, value: float, slope: float) -> "go.Figure":
    """Function and derivative over the weighted sum, and where the neuron stands on both."""
    import plotly.graph_objects as go

    reach = max(6.0, 1.1 * abs(total))
    z = np.linspace(-reach, reach, POINTS)
    figure = go.Figure()
    for name, function, colour, dash, at in (
        (_("what it gives"), activation.value, ACCENT, "solid", value),
        (_("slope: what passes back"), activation.slope, ORANGE, "dash", slope),
    ):
        figure.add_scatter(
            x=z,
            y=function(z),
            mode="lines",
            name=name,
            line={"color": colour, "width": 3, "dash": dash},
            hoverinfo="skip",
        )
        figure.add_scatter(
            x=[total],
            y=[at],
            mode="markers",
            marker={"color": colour, "size": 15, "line": {"color": "white", "width": 2}},
            showlegend=False,
            hovertemplate="z = %{x:.2f}: %{y:.3f}<extra>" + name + "</extra>",
        )
    figure.add_vline(total, line={"color": GREY, "width": 1, "dash": "dot"})
    low, high = HEIGHTS.get(activation.name, OTHER_HEIGHT)
    figure.update_yaxes(range=[min(low, value - 0.3), max(high, value + 0.3)], title=None)
    figure.update_xaxes(range=[-reach, reach], title=_("weighted sum z"), showgrid=False)
    figure.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "title": None})
    return figure
