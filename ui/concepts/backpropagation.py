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
        before=_loss(passed.loss), after=_loss(after)
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


def _loss(loss: float) -> str:
    """Three places, and small ones so that a step can be seen."""
    return f"{loss:.3f}" if loss >= 0.1 else f"{loss:.3g}"


def _alt(passed: Forward, back: Backward) -> str:
    return _("The net: hidden neurons give {h1} and {h2}, the output {p}; {error} comes back from it").format(
        h1=f"{passed.activations[0]:.2f}",
        h2=f"{passed.activations[1]:.2f}",
        p=f"{passed.probability:.2f}",
        error=f"{back.output_error:+.3f}",
    )


def _hands() -> tuple[Example, float, int]:
    with st.grid(4, min_column_width=150, gap="medium"):
        first = st.slider(_("Input x₁"), -2.0, 2.0, 0.9, 0.1, format="%.1f", key="net-x1")
        second = st.slider(_("Input x₂"), -2.0, 2.0, -0.6, 0.1, format="%.1f", key="net-x2")
        rate = st.select_slider(_("Learning rate"), RATES, 0.5, format_func="{:g}".format, key="net-rate")
        steps = st.slider(_("Steps taken"), 0, MOST_STEPS, key=_STEPS)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        target = st.segmented_control(_("The truth y"), [0, 1], default=1, required=True, key="net-target")
        st.button(
            _("Take a step"),
            icon=":material/south:",
            on_click=_step,
            disabled=steps == MOST_STEPS,
            help=_("{n} steps at most.").format(n=MOST_STEPS),
        )
        st.button(_("From the beginning"), icon=":material/undo:", on_click=_begin, disabled=steps == 0)
    return Example(np.array([first, second]), float(target or 0)), rate, steps


def _step() -> None:
    st.session_state[_STEPS] = min(MOST_STEPS, st.session_state[_STEPS] + 1)


def _begin() -> None:
    st.session_state[_STEPS] = 0


def _parameters(net: Net, gradients: Net, stepped: Net) -> str:
    """All nine parameters: value, gradient, and value after the step."""
    rows = ["| | " + " | ".join((_("now"), _("gradient"), _("then"))) + " |", "|:--|--:|--:|--:|"]
    names = ("w₁₁", "w₁₂", "w₂₁", "w₂₂", "b₁", "b₂", "v₁", "v₂", "c")
    columns = [one.flat for one in (net, gradients, stepped)]
    return "\n".join(
        [*rows, *(_row(name, *map(float, numbers)) for name, *numbers in zip(names, *columns, strict=True))]
    )


def _forwards(passed: Forward) -> str:
    """What each part gives, in the order of the pass. Not typeset: so many formulas would hold up the sliders."""
    rows = [
        "| " + _("Forwards") + " | | |",
        "|:--|:--|--:|",
        _row("z₁", "w₁₁x₁ + w₁₂x₂ + b₁", float(passed.sums[0])),
        _row("h₁", "tanh z₁", float(passed.activations[0])),
        _row("z₂", "w₂₁x₁ + w₂₂x₂ + b₂", float(passed.sums[1])),
        _row("h₂", "tanh z₂", float(passed.activations[1])),
        _row("s", "v₁h₁ + v₂h₂ + c", passed.output_sum),
        _row("p", "σ(s)", passed.probability),
        _row(_("loss"), "−y ln p − (1 − y) ln(1 − p)", passed.loss),
    ]
    return "\n".join(rows)


def _backwards(back: Backward) -> str:
    """What comes back, in the order of the way back: each line uses those above it."""
    rows = [
        "| " + _("Backwards") + " | | |",
        "|:--|:--|--:|",
        _row("δ", "p − y", back.output_error),
        _row("∂loss/∂h₁", "δ v₁", float(back.activations[0])),
        _row("δ₁", "δ v₁ (1 − h₁²)", float(back.hidden_errors[0])),
        _row("∂loss/∂h₂", "δ v₂", float(back.activations[1])),
        _row("δ₂", "δ v₂ (1 − h₂²)", float(back.hidden_errors[1])),
        _row(_("by v, c"), "δ h₁, δ h₂, δ", _("above")),
        _row(_("by w, b"), "δᵢ x₁, δᵢ x₂, δᵢ", _("above")),
    ]
    return "\n".join(rows)


def _row(*cells: str | float) -> str:
    return "| " + " | ".join(f"{cell:.3f}" if isinstance(cell, float) else cell for cell in cells) + " |"
