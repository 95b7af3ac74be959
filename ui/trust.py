"""Whether its probabilities can be believed, and what is gained by leaving the unsure to a person."""

from math import log
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from core.bundle.calibration import RANGE
from core.errors import VitrineError
from core.evaluation.metrics import wilson_interval
from core.evaluation.predictions import StoredPredictions
from core.evaluation.reliability import Bin, Coverage, calibration_error, coverage, reliability, tempered
from core.runs.run import Run
from core.serving.models import predictor
from ui.charts import add_band, show_chart
from ui.formats import number, percent
from ui.i18n import _
from ui.judging import Judged
from ui.mistakes import gallery
from ui.palette import ACCENT, GREY, ORANGE, faded
from ui.states import show_error

if TYPE_CHECKING:
    import plotly.graph_objects as go

AIMS = (0.99, 0.98, 0.95, 0.9)  # accuracies that one may want, the first that the model does not reach as it is
POINTS = 200  # of the curve on the screen
AT_LIMIT = 0.01  # of the temperature's logarithm
_CHART, _DOT = "reliability", "dot"  # keys of the diagram, and of the dot whose pictures are shown
FEW = 50  # images at the sure end, below which a share of them is mostly chance


def calibration(run: Run, judged: Judged) -> None:
    """The reliability diagram before and after the logits were divided by the temperature, the error of both, and the pictures behind a dot."""
    predictions = judged.predictions
    try:
        temperature = predictor(run).metadata.temperature
    except VitrineError as error:  # the sealed files were altered; what is stored of them still stands
        show_error(error)
        return
    raw = tempered(predictions.probabilities, 1 / temperature)
    before = calibration_error(raw.max(axis=1), predictions.right)
    after = calibration_error(predictions.confidence, predictions.right)
    title = _("Its probabilities are {error} off on average").format(error=percent(after.value))
    show_chart(
        _diagram(
            reliability(raw.max(axis=1), predictions.right), reliability(predictions.confidence, predictions.right)
        ),
        title,
        _CHART,
        on_click=_choose,
    )
    text = _(
        "Expected calibration error {after} (95% interval {low} to {high}); without temperature scaling {before} "
        "({before_low} to {before_high}). The temperature, "
        "{temperature:.2f}, was fitted on validation images and is part of the sealed model. {n} test images."
    )
    st.caption(
        text.format(
            after=percent(after.value, 2),
            low=percent(after.low, 2),
            high=percent(after.high, 2),
            before=percent(before.value, 2),
            before_low=percent(before.low, 2),
            before_high=percent(before.high, 2),
            temperature=temperature,
            n=number(len(predictions)),
        )
    )
    _limits(temperature, before.value, after.value)
    _behind_a_dot(run, judged)


def _limits(temperature: float, before: float, after: float) -> None:
    """What makes scaling doubtful: a temperature that would have gone on, or an error that grew."""
    if min(abs(log(temperature / end)) for end in RANGE) < AT_LIMIT:
        text = _(
            "The temperature stands at its limit: nearly all validation images were named rightly, or hardly any, so they cannot tell how "
            "sure is sure enough. More validation images would."
        )
        st.caption(f":material/info: {text}")
    if after > before:
        text = _(
            "Scaling made it worse on these test images: the validation images that it was fitted on told otherwise."
        )
        st.caption(f":material/info: {text}")


def _behind_a_dot(run: Run, judged: Judged) -> None:
    """The images that it was about equally sure of, its mistakes first."""
    predictions = judged.predictions
    bins = reliability(predictions.confidence, predictions.right)
    if st.session_state.get(_DOT) not in range(len(bins)):  # another model's
        st.session_state.pop(_DOT, None)

    def words(place: int) -> str:
        one = bins[place]
        text = _("about {sure} sure: right in {right} ({low} to {high}) of {n}")
        return text.format(
            sure=percent(one.confidence, 0),
            right=percent(one.accuracy),
            low=percent(one.low),
            high=percent(one.high),
            n=number(one.n),
        )

    chosen = st.selectbox(
        _("Pictures behind a dot"),
        list(range(len(bins))),
        None,
        key=_DOT,
        format_func=words,
        placeholder=_("Choose one, or click it in the diagram"),
    )
    if chosen is not None:
        members = bins[chosen].members
        gallery(run, judged, members[np.argsort(predictions.right[members], kind="stable")], f"dot-{chosen}")


def _choose() -> None:
    """A click on a dot chooses its pictures."""
    points = st.session_state[_CHART]["selection"]["points"]
    if points and "customdata" in points[0] and points[0]["customdata"][0] is not None:  # not of those before scaling
        st.session_state[_DOT] = points[0]["customdata"][0]


def risk(predictions: StoredPredictions) -> None:
    """Accuracy if only the surest are decided by the model and the rest is left to a person."""
    curve = coverage(predictions.confidence, predictions.right)
    show_chart(_risk_chart(curve), _risk_title(curve), "coverage")
    st.caption(
        _(
            "From right to left the model decides fewer images, the surest of {n}; the band is the 95% interval of its accuracy on them. "
            "What it does not decide goes to a person. Business says what that costs."
        ).format(n=number(len(predictions)))
    )
    st.page_link("pages/business.py", label=_("Weigh it in money"), icon=":material/payments:")


def _diagram(before: list[Bin], after: list[Bin]) -> "go.Figure":
    import plotly.graph_objects as go

    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": GREY, "dash": "dot"},
        name=_("says what it means"),
        hoverinfo="skip",
    )
    for bins, name, colour, symbol in (
        (before, _("before scaling"), ORANGE, "diamond-open"),
        (after, _("as sealed"), ACCENT, "circle"),
    ):
        figure.add_scatter(
            x=[one.confidence for one in bins],
            y=[one.accuracy for one in bins],
            mode="lines+markers",
            name=name,
            line={"color": colour, "width": 3 if colour == ACCENT else 2},
            marker={"symbol": symbol, "size": 9},
            error_y={
                "array": [one.high - one.accuracy for one in bins],
                "arrayminus": [one.accuracy - one.low for one in bins],
                "color": faded(colour, 0.5),
                "visible": colour == ACCENT,
            },
            customdata=[[place if colour == ACCENT else None, one.n] for place, one in enumerate(bins)],
            hovertemplate=_("{sure} sure, {right} right: {n} images").format(
                sure="%{x:.0%}", right="%{y:.0%}", n="%{customdata[1]:,}"
            )
            + "<extra></extra>",
        )
    least = min((one.confidence for one in after), default=0.0)
    figure.update_xaxes(title=_("how sure it is"), tickformat=".0%", range=[max(0.0, least - 0.05), 1.02])
    figure.update_yaxes(title=_("how often it is right"), tickformat=".0%", range=[-0.02, 1.04])
    figure.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "title": None})
    return figure


def _risk_title(curve: Coverage) -> str:
    whole = float(curve.accuracy[-1])
    aim = next((aim for aim in sorted(AIMS) if aim > whole), None)
    reached = np.flatnonzero(curve.accuracy[FEW - 1 :] >= aim) if aim else np.empty(0, int)
    if aim is None or not len(reached):
        return _("Deciding everything, it is right in {whole}").format(whole=percent(whole))
    share = float(curve.share[reached[-1] + FEW - 1])
    return _("Deciding everything, it is right in {whole}; deciding the surest {share}, in {aim}").format(
        whole=percent(whole), share=percent(share, 0), aim=percent(aim, 0)
    )


def _risk_chart(curve: Coverage) -> "go.Figure":
    import plotly.graph_objects as go

    n = len(curve.share)
    places = np.unique(np.linspace(min(FEW, n) - 1, n - 1, POINTS).round().astype(int))
    share, accuracy = curve.share[places], curve.accuracy[places]
    ends = np.array(
        [wilson_interval(round(right * (place + 1)), place + 1) for right, place in zip(accuracy, places, strict=True)]
    )
    figure = go.Figure()
    add_band(figure, share, ends)
    figure.add_scatter(
        x=share,
        y=accuracy,
        mode="lines",
        line={"color": ACCENT, "width": 3},
        name=_("accuracy"),
        customdata=curve.threshold[places],
        hovertemplate=_("{share} decided, at least {threshold} sure: {accuracy} right").format(
            share="%{x:.0%}", threshold="%{customdata:.1%}", accuracy="%{y:.1%}"
        )
        + "<extra></extra>",
    )
    figure.update_xaxes(title=_("share that the model decides"), tickformat=".0%", range=[0, 1.02])
    figure.update_yaxes(title=_("right among them"), tickformat=".0%", range=[max(0, ends.min() - 0.02), 1.005])
    figure.update_layout(showlegend=False)
    return figure
