"""Over-fitting to play with: few points, a network that could learn them by heart, and four remedies."""

import time

import numpy as np
import streamlit as st

from core.concepts.overfitting import NEARLY_ZERO, NOISE, VALIDATION, Remedies, Scores, Training, train
from ui.concepts.plots import Spec, axis, dots, grid, legend, line, pairs, show_plot
from ui.formats import number, percent
from ui.i18n import _, content
from ui.palette import ACCENT, GROUND, ORANGE, blend

POINTS = (20, 40, 80, 160, 320)
PENALTIES = (0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
GRID = (44, 32)  # cells of the plane, in each of which the network is asked
HIGHEST = 1.4  # loss on the chart
VIEW = (-2.6, 2.6, -1.9, 1.9)  # left, right, bottom, top
HEART = 3  # times the training loss: so much worse on other points is called learnt by heart
TOO_FAR = 1.25  # times the lowest validation loss on the way, though it learnt nothing by heart: the remedies undid it
_SEED = "overfitting-seed"


@st.fragment
def overfitting() -> None:
    """The sliders above; what the network made of the points, and the loss on them and on others, below."""
    remedies = _sliders()
    began = time.perf_counter()
    trained = train(remedies)
    seconds = time.perf_counter() - began
    plain = _without(remedies.seed)
    plane, curves = st.columns([3, 2], gap="large", vertical_alignment="bottom")
    with plane:
        show_plot(_plane(trained), _finding(trained, plain), "overfitting-plane", height=400)
    with curves:
        show_plot(_curves(trained), _turn(trained), "overfitting-loss", height=400)
    _figures(trained, plain, seconds)
    st.button(_("Other points"), icon=":material/shuffle:", on_click=_draw_others)
    with st.expander(_("What each slider does"), icon=":material/menu_book:"):
        st.markdown(content("over-fitting"))


def _sliders() -> Remedies:
    with st.grid(4, min_column_width=150, gap="medium"):
        return Remedies(
            points=st.select_slider(_("Training points"), POINTS, Remedies.points, key="overfitting-points"),
            l1=st.select_slider("L1", PENALTIES, 0.0, format_func="{:g}".format, key="overfitting-l1"),
            l2=st.select_slider("L2", PENALTIES, 0.0, format_func="{:g}".format, key="overfitting-l2"),
            dropout=st.slider(_("Dropout"), 0.0, 0.8, 0.0, 0.1, key="overfitting-dropout"),
            seed=st.session_state.setdefault(_SEED, 0),
        )


def _draw_others() -> None:
    st.session_state[_SEED] += 1


@st.cache_data(max_entries=32, show_spinner=False)
def _without(seed: int) -> Scores:
    """What comes out on other points with no remedy, of the same seed."""
    return train(Remedies(seed=seed)).validation[-1]


def _finding(trained: Training, plain: Scores) -> str:
    loss, training = trained.validation[-1].loss, trained.training[-1].loss
    words = _("As good on others: loss {training} on its points, {loss} on others")
    if loss > HEART * training:
        words = _("Learnt by heart: loss {training} on its points, {loss} on others")
    elif loss > TOO_FAR * min(score.loss for score in trained.validation):
        words = _("Held back too far: loss {training} on its points, {loss} on others")
    elif loss < plain.loss:
        words = _("Better on other points: loss {loss}, not {plain}")
    return words.format(training=f"{training:.2f}", loss=f"{loss:.2f}", plain=f"{plain.loss:.2f}")


def _turn(trained: Training) -> str:
    """Where the validation loss is lowest."""
    best = int(np.argmin([score.loss for score in trained.validation]))
    step = trained.steps[best]
    if best == len(trained.steps) - 1:
        return _("Validation loss falls to the end")
    return _("Validation loss is lowest at step {step}").format(step=step)


def _figures(trained: Training, plain: Scores, seconds: float) -> None:
    """What came out, in numbers."""
    right = trained.validation[-1].accuracy
    small = (abs(trained.network.weights) < NEARLY_ZERO).mean()
    with st.grid(4, min_column_width=150, gap="small"):
        for figure, unit in (
            (percent(trained.training[-1].accuracy, 0), _("right on its points")),
            (
                percent(right),
                _("right on others ({share} without remedy)").format(share=percent(plain.accuracy)),
            ),
            (percent(small, 0), _("of the weights nearly zero")),
            (_("{n} s").format(n=f"{seconds:.2f}"), _("to train just now")),
        ):
            st.markdown(f"**{figure}**  \n:small[{unit}]")
    st.caption(
        _(
            "Points around two half moons, with noise of deviation {noise}, so that the classes overlap. “Others” are {n} points that "
            "never train; shares of them are known to about ±{margin:.1f} points (95%). Without remedy means 40 points and all else at zero."
        ).format(noise=NOISE, n=number(VALIDATION), margin=196 * (right * (1 - right) / VALIDATION) ** 0.5)
    )


def _plane(trained: Training) -> Spec:
    """What the network says everywhere, and the points that it was trained on."""
    left, right, bottom, top = VIEW
    across, up = GRID
    # In the middle of each cell: a heat map has cells, not places.
    x = left + (np.arange(across) + 0.5) * (right - left) / across
    y = bottom + (np.arange(up) + 0.5) * (top - bottom) / up
    said = trained.network.probabilities(np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)).round(2)
    cells = [[place % across, place // across, share] for place, share in enumerate(said.tolist())]
    ground = GROUND[st.context.theme.type or "light"]
    names = (_("one class"), _("the other"))
    points = [
        dots(name, pairs(*trained.points[trained.labels == label].T), colour, 10, xAxisIndex=1, yAxisIndex=1)
        | {"symbol": symbol}
        for label, name, colour, symbol in ((0, names[0], ACCENT, "circle"), (1, names[1], ORANGE, "diamond"))
    ]
    hidden = {"type": "category", "show": False}
    return {
        "legend": legend(*names) | {"icon": None, "itemHeight": 12},
        "grid": grid(named=True),
        "xAxis": [
            {**hidden, "data": list(range(across))},
            axis(_("first input"), left, right, position="bottom", axisLine={"onZero": False}),
        ],
        "yAxis": [
            {**hidden, "data": list(range(up))},
            axis(_("second input"), bottom, top, position="left", nameGap=34, axisLine={"onZero": False}),
        ],
        "visualMap": {
            "show": False,
            "min": 0,
            "max": 1,
            "seriesIndex": 0,
            "inRange": {"color": [blend(ACCENT, ground, 0.45), ground, blend(ORANGE, ground, 0.45)]},
        },
        "series": [{"type": "heatmap", "data": cells, "silent": True, "progressive": 0}, *points],
    }


def _curves(trained: Training) -> Spec:
    """The loss over the steps, on training points and on others."""
    lines = [
        line(name, pairs(trained.steps, np.array([score.loss for score in scores])), colour, **style)
        for name, scores, colour, style in (
            (_("training"), trained.training, ORANGE, {"width": 2, "type": "dashed"}),
            (_("validation"), trained.validation, ACCENT, {"width": 4}),
        )
    ]
    return {
        "legend": legend(*(one["name"] for one in lines)),
        "grid": grid(named=True),
        "tooltip": {"trigger": "axis"},
        "xAxis": axis(_("steps"), 0, int(trained.steps[-1])),
        # The same height for all, so that they can be compared.
        "yAxis": axis(_("loss"), 0, HIGHEST, nameGap=34, splitLine={"show": True}),
        "series": lines,
    }
