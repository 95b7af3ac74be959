"""Back-propagation to play with: a tiny net, all its numbers forwards and backwards, and what one step of descent does to the loss."""

import numpy as np
import streamlit as st

from core.concepts.backpropagation import Backward, Example, Forward, Net, backward, descend, forward, train
from ui.concepts.net_drawing import drawing
from ui.i18n import _, content

RATES = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
MOST_STEPS = 50
_STEPS = "net-steps"


@st.fragment
def backpropagation() -> None:
    """The example and the rate, the net drawn with its numbers, and every number with how it came about."""
    example, rate, steps = _hands()
    net = train(example, rate, steps)[-1]
    passed = forward(net, example)
    back = backward(net, example, passed)
    stepped = descend(net, back.parameters, rate)
    after = forward(stepped, example).loss
    title = _("The next step takes the loss from {before} to {after}").format(
        before=f"{passed.loss:.3f}", after=f"{after:.3f}"
    )
    st.header(title, anchor=False)
    picture, table = st.columns([3, 2], gap="large", vertical_alignment="center")
    with picture:
        st.image(drawing(example, net, passed, back), width="stretch", alt=_alt(passed, back))
        st.caption(
            _(
                "Forwards from the left: values in the circles, weights on the lines. Backwards from the right, in orange: how the loss changes with each."
            )
        )
    table.markdown(_parameters(net, back.parameters, stepped))
    left, right = st.columns(2, gap="large")
    left.markdown(_forwards(passed))
    right.markdown(_backwards(back))
    with st.expander(_("How it works"), icon=":material/menu_book:"):
        st.markdown(content("back-propagation"))


def _alt(passed: Forward, back: Backward) -> str:
    return _("The net: hidden neurons give {h1} and {h2}, the output {p}; {error} comes back from it").format(
        h1=f"{passed.activations[0]:.2f}",
        h2=f"{passed.activations[1]:.2f}",
        p=f"{passed.probability:.2f}",
        error=f"{back.output_error:+.3f}",
    )


def _hands() -> tuple[Example, float, int]:
    with st.grid(4, min_column_width=150, gap="medium"):
        first = st.slider(_("Input $x_1$"), -2.0, 2.0, 0.9, 0.1, format="%.1f", key="net-x1")
        second = st.slider(_("Input $x_2$"), -2.0, 2.0, -0.6, 0.1, format="%.1f", key="net-x2")
        rate = st.select_slider(_("Learning rate"), RATES, 0.5, format_func="{:g}".format, key="net-rate")
        steps = st.slider(_("Steps taken"), 0, MOST_STEPS, key=_STEPS)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        target = st.segmented_control(_("The truth $y$"), [0, 1], default=1, required=True, key="net-target")
        st.button(_("Take a step"), icon=":material/south:", on_click=_step, disabled=steps == MOST_STEPS)
        st.button(_("From the beginning"), icon=":material/undo:", on_click=_begin, disabled=steps == 0)
    return Example(np.array([first, second]), float(target or 0)), rate, steps


def _step() -> None:
    st.session_state[_STEPS] = min(MOST_STEPS, st.session_state[_STEPS] + 1)


def _begin() -> None:
    st.session_state[_STEPS] = 0


def _parameters(net: Net, gradients: Net, stepped: Net) -> str:
    """All nine parameters: value, gradient, and value after the step."""
    rows = [f"| | {_('now')} | {_('gradient')} | {_('then')} |", "|:--|--:|--:|--:|"]
    for hidden in (0, 1):
        for given in (0, 1):
            numbers = [float(one.hidden[hidden, given]) for one in (net, gradients, stepped)]
            rows.append(_row(f"$w_{{{hidden + 1}{given + 1}}}$", *numbers))
        numbers = [float(one.hidden_bias[hidden]) for one in (net, gradients, stepped)]
        rows.append(_row(f"$b_{hidden + 1}$", *numbers))
    for hidden in (0, 1):
        rows.append(_row(f"$v_{hidden + 1}$", *(float(one.output[hidden]) for one in (net, gradients, stepped))))
    rows.append(_row("$c$", net.output_bias, gradients.output_bias, stepped.output_bias))
    return "\n".join(rows)


def _forwards(passed: Forward) -> str:
    """What each part gives, in the order of the pass."""
    rows = [f"| {_('Forwards')} | | |", "|:--|:--|--:|"]
    for hidden in (0, 1):
        name = hidden + 1
        rows.append(
            _row(f"$z_{name}$", f"$w_{{{name}1}} x_1 + w_{{{name}2}} x_2 + b_{name}$", float(passed.sums[hidden]))
        )
        rows.append(_row(f"$h_{name}$", rf"$\tanh z_{name}$", float(passed.activations[hidden])))
    rows.append(_row("$s$", "$v_1 h_1 + v_2 h_2 + c$", passed.output_sum))
    rows.append(_row("$p$", r"$\sigma(s)$", passed.probability))
    rows.append(_row("loss", r"$-y \ln p - (1 - y) \ln(1 - p)$", passed.loss))
    return "\n".join(rows)


def _backwards(back: Backward) -> str:
    """What comes back, in the order of the way back: each line uses the one above it."""
    rows = [f"| {_('Backwards')} | | |", "|:--|:--|--:|", _row(r"$\delta_s$", "$p - y$", back.output_error)]
    for hidden in (0, 1):
        name = hidden + 1
        rows.append(_row(rf"$\partial/\partial h_{name}$", rf"$\delta_s v_{name}$", float(back.activations[hidden])))
        error = rf"$(\delta_s v_{name})(1 - h_{name}^2)$"
        rows.append(_row(rf"$\delta_{name}$", error, float(back.hidden_errors[hidden])))
    rows.append(_row(_("gradients"), r"$\delta_s h_i$ · $\delta_s$ · $\delta_i x_j$ · $\delta_i$", _("above")))
    return "\n".join(rows)


def _row(*cells: str | float) -> str:
    return "| " + " | ".join(f"{cell:.3f}" if isinstance(cell, float) else cell for cell in cells) + " |"
