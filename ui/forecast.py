"""How much data do I need? The trainings that tell, the curve through them, and what it says of an accuracy and a price."""

import functools
import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from core import tasks
from core.data.versions import Dataset
from core.errors import VitrineError
from core.evaluation.forecast import REACH, Forecast, Point, forecast
from core.evaluation.fractions import expected, measured_points, missing, to_forecast, trainings
from core.evaluation.metrics import Measured
from core.training.presets import PRESETS
from core.training.recipe import Recipe
from core.training.trials import trials
from ui.charts import add_band, show_chart
from ui.estimate import waits_for_trial
from ui.formats import number, percent, rough_duration
from ui.i18n import _, ngettext
from ui.palette import ACCENT, GREY, ORANGE
from ui.pickers import known_runs
from ui.progress import FAILED, how_far, job_bar, what_failed
from ui.states import message
from ui.studies import begin

if TYPE_CHECKING:
    import plotly.graph_objects as go

TICK = 0.5
_CURVE = 80  # points of the line


def how_much_data(dataset: Dataset) -> None:
    """The whole section: which recipe is to learn, the trainings, and once there are enough, the answer."""
    st.header(_("How much data do I need?"), anchor=False)
    st.markdown(
        _(
            "Train on parts of these images and see how fast the mistakes become fewer: they follow a power law "
            "([Hestness et al., 2017](https://arxiv.org/abs/1712.00409)), which can be drawn on to sizes that nobody has yet "
            "([Mahmood et al., 2022](https://arxiv.org/abs/2207.01725)). Test images are not touched."
        )
    )
    # A network that is taken over begins elsewhere: the command line forecasts it.
    preset = st.selectbox(
        _("Recipe"), [name for name in PRESETS if name != "transfer"], key="forecast-recipe", width=320
    )
    recipe = to_forecast(PRESETS[preset])
    try:
        sizes = [one.train_images or 0 for one in trainings(recipe, dataset)]
    except VitrineError as error:
        st.info(message(error), icon=":material/hourglass_empty:")  # nobody's mistake
        return
    points = measured_points(dataset, recipe)
    job = tasks.last_forecast(dataset, recipe)
    working = job is not None and job.active
    waits = not points and not working and waits_for_trial(dataset, recipe, expected(recipe, dataset, known_runs())[1])
    ticks = TICK if working or waits else None
    st.fragment(_panel, run_every=ticks)(dataset, recipe, sizes, (working, waits, len(points)))
    if said := forecast(points, max(sizes)):
        todo = len(missing(recipe, dataset))
        if todo:
            st.info(provisional(said, len(sizes) - todo, len(sizes)), icon=":material/hourglass_top:")
        st.fragment(_answer)(said, preset, repeats(points))


def _panel(dataset: Dataset, recipe: Recipe, sizes: list[int], was: tuple[bool, bool, int]) -> None:
    """Progress of the trainings; or the button that begins them, or goes on, with the time that it will take."""
    job = tasks.last_forecast(dataset, recipe)
    working, todo = job is not None and job.active, len(missing(recipe, dataset))
    seconds, whole = expected(recipe, dataset, known_runs())
    waits = was[1] and waits_for_trial(dataset, recipe, whole)
    if was != (working, waits, len(measured_points(dataset, recipe))):
        st.rerun()  # another training is done, or the last one, or the time is known now
    if waits:
        trials().begin(recipe, dataset)
    if job is not None and working:
        job_bar(job, _("{done} of {n} trainings").format(done=len(sizes) - todo, n=len(sizes)), how_far(job))
        return
    if job is not None and todo and job.state in FAILED:
        st.error(what_failed(job), icon=":material/error:")
    if not todo:
        return
    form = _("{n} trainings on {low} to {high} images, roughly {time} on this machine")
    if whole.source != "guess":
        form = _("{n} trainings on {low} to {high} images, about {time} on this machine")
    cost = form.format(n=todo, low=number(sizes[0]), high=number(max(sizes)), time=rough_duration(seconds))
    with st.container(horizontal=True, vertical_alignment="center"):
        label = _("Find out") if todo == len(sizes) else _("Go on")
        submit = functools.partial(tasks.forecast, dataset.name, recipe)
        st.button(label, icon=":material/science:", type="primary", on_click=begin, args=(submit,))
        st.caption(cost + (" · " + _("measuring") if waits else ""), width="content")


def provisional(said: Forecast, done: int, of: int) -> str:
    """That trainings are missing, and what follows from that."""
    text = _("**Provisional**: {done} of {n} trainings are done, on up to {largest} of {images} images.")
    told = text.format(done=done, n=of, largest=number(said.largest), images=number(said.at_hand))
    return told + " " + _("The others will move the curve, and narrow what is not sure.")


def repeats(points: Sequence[Point]) -> str:
    """How many trainings there were at each size, in words."""
    counts = Counter(point.images for point in points).values()
    low, high = min(counts), max(counts)
    if low < high:
        return _("{low} to {high} seeds at each size").format(low=low, high=high)
    return ngettext("{n} seed at each size", "{n} seeds at each size", high).format(n=high)


def _answer(said: Forecast, preset: str, seeds: str) -> None:
    """The accuracy that is wanted and what an image costs; what follows from them, in words and in the chart."""
    aim, cost = st.columns([3, 1], gap="large")
    start = min(max(math.floor(1000 * said.accuracy(2 * said.at_hand).value) / 10, 50.0), 99.9)
    target = aim.slider(_("Accuracy to reach"), 50.0, 99.9, start, 0.1, "%.1f%%", key="forecast-target") / 100
    price = cost.number_input(
        _("Price of an image"),
        0.0,
        1e6,
        0.05,
        0.01,
        "%.2f",
        key="forecast-price",
        help=_("To take or buy one, and to label it."),
    )
    st.markdown(sentence(said, target, price))
    if said.unfit:
        st.warning(
            _("These trainings lie on no power law, so what is drawn on from them may be wrong by more than it says."),
            icon=":material/warning:",
        )
    show_chart(_chart(said, target), _finding(said), "forecast", height=380)
    st.caption(_limits(said, preset, seeds))


def sentence(said: Forecast, target: float, price: float) -> str:
    """What it takes to reach an accuracy, and what that costs."""
    verdict, more, aim = said.verdict(target), said.more(target), percent(target)
    if verdict == "reached":
        return _("**{aim} is reached** with the {n} images that there are to learn from.").format(
            aim=aim, n=number(said.at_hand)
        )
    if verdict == "beyond":
        return _(
            "**{aim} is out of reach of this recipe**: with {n} images expect {share} ({low} to {high}). Another recipe, "
            "or better labels, may do what more images do not."
        ).format(aim=aim, n=number(REACH * said.largest), **_shares(said.farthest))
    if said.at_hand + more.value > REACH * said.largest:  # no estimate to name
        text = _("How many images more **{aim}** takes cannot be told from these trainings.")
        if least := rounded(more.low):
            text = _(
                "To reach **{aim}** you need more than **{low}** images more; how many cannot be told from these trainings."
            )
        return text.format(aim=aim, low=number(least))
    return _estimate(more, aim, price, is_open=verdict == "open")


def _estimate(more: Measured, aim: str, price: float, *, is_open: bool) -> str:
    """The number of images that the curve says, its price, and how far off it may be; `is_open` where nobody knows how many at most."""
    least, about = rounded(more.low), max(1, rounded(more.value))
    most = 0 if is_open else rounded(more.high)
    text = _(
        "To reach **{aim}** you need about **{n}** ({low}–{high}) images more; at {price:.2f} each that is **{money}** ({cheap}–{dear})."
    )
    if is_open:
        text = _(
            "To reach **{aim}** you need about **{n}** images more; at {price:.2f} each that is **{money}**. It may be as few as "
            "{low} ({cheap}); how many at most cannot be told from these trainings."
        )
        if not least:
            text = _(
                "To reach **{aim}** you need about **{n}** images more; at {price:.2f} each that is **{money}**. Perhaps none are "
                "missing; how many at most cannot be told from these trainings."
            )
    elif not least:
        text = _(
            "To reach **{aim}** you need about **{n}** (between none and {high}) images more; at {price:.2f} each that is **{money}** "
            "({dear} at most)."
        )
    return text.format(
        aim=aim,
        n=number(about),
        low=number(least),
        high=number(most),
        price=price,
        money=_amount(price * about),
        cheap=_amount(price * least),
        dear=_amount(price * most),
    )


def rounded(images: float) -> int:
    """A number that is only about so large: two digits of it."""
    digits = max(0, math.floor(math.log10(max(images, 1))) - 1)
    return round(images / 10**digits) * 10**digits


def _amount(money: float) -> str:
    return number(money) if money >= 100 or money == round(money) else f"{money:.2f}"


def _shares(figure: Measured) -> dict[str, str]:
    return {"share": percent(figure.value), "low": percent(figure.low), "high": percent(figure.high)}


def _finding(said: Forecast) -> str:
    now, twice = said.accuracy(said.at_hand), said.accuracy(2 * said.at_hand)
    return _("Twice the images: {twice} instead of {now}").format(twice=percent(twice.value), now=percent(now.value))


def _limits(said: Forecast, preset: str, seeds: str) -> str:
    """What the figures are of, and how far one may look."""
    told = _(
        "{preset}, {seeds}; accuracy is that on held-out training images, the same ones at every size of a seed. Points "
        "and band are known to 95%, if the law goes on as it begins. Above {high} is out of reach of this recipe with {n} "
        "images, and farther nobody should look."
    ).format(preset=preset, seeds=seeds, high=percent(said.farthest.high), n=number(REACH * said.largest))
    if said.verdict(said.farthest.low) == "told":
        told += " " + _("Up to {low} it can be told how many it takes.").format(low=percent(said.farthest.low))
    return told


def _chart(said: Forecast, target: float) -> "go.Figure":
    """Accuracy over images: what was measured, the law with its band, and the accuracy that is wanted."""
    import plotly.graph_objects as go

    images = np.geomspace(said.sizes[0], REACH * said.largest, _CURVE)
    line = said.accuracies(images)
    figure = go.Figure()
    add_band(figure, images, line[:, 1:])
    hover = "%{x:,.0f}: %{y:.1%}<extra></extra>"
    for part, dash in ((images <= said.largest, "solid"), (images >= said.largest, "dash")):
        figure.add_scatter(
            x=images[part],
            y=line[part, 0],
            mode="lines",
            line={"color": ACCENT, "width": 3, "dash": dash},
            name=_("power law") if dash == "solid" else _("forecast"),
            hovertemplate=hover,
        )
    figure.add_scatter(
        x=said.sizes,
        y=1 - said.errors,
        error_y={"array": 1.96 * said.spread, "color": ACCENT, "thickness": 1.5},
        mode="markers",
        marker={"color": ACCENT, "size": 11},
        name=_("measured"),
        hovertemplate=hover,
    )
    figure.add_hline(target, line={"color": ORANGE, "width": 2, "dash": "dot"})
    needed = said.at_hand + said.more(target).value
    if said.at_hand < needed <= images[-1]:
        mark = {"color": ORANGE, "size": 15, "symbol": "diamond", "line": {"color": ACCENT, "width": 2}}
        figure.add_scatter(x=[needed], y=[target], mode="markers", marker=mark, name=_("wanted"), hovertemplate=hover)
    figure.add_vline(said.at_hand, line={"color": GREY, "width": 1})
    ticks = [*said.sizes[::2].tolist(), REACH * said.largest]
    figure.update_xaxes(
        type="log",
        tickvals=ticks,
        ticktext=[number(n) for n in ticks],
        title=_("images to learn from"),
        range=np.log10([0.85 * ticks[0], 1.1 * ticks[-1]]).tolist(),
        showgrid=False,
    )
    low = min(float(line[:, 1].min()), float((1 - said.errors - 2 * said.spread).min()), target)
    figure.update_yaxes(title=_("named rightly"), tickformat=".0%", range=[max(0.0, low - 0.02), 1.005])
    figure.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "title": None})
    return figure
