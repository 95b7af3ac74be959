"""All finished models in one table that sorts and filters, and who is beaten by none that costs less."""

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import psutil
import streamlit as st

from core.data.versions import get_dataset
from core.errors import VitrineError
from core.evaluation.comparison import pareto
from core.models import count_multiplications, count_parameters
from core.runs.environment import processor
from core.runs.run import Run
from core.runs.store import TRAINED
from core.training.recipes import complete
from ui.charts import escaped, show_chart
from ui.formats import plain
from ui.i18n import _, ngettext
from ui.palette import ACCENT, GREY
from ui.pickers import known_runs

if TYPE_CHECKING:
    import plotly.graph_objects as go

HOUR = 3600
COLUMNS = (
    "id", "name", "preset", "family", "val_accuracy", "validation_images", "parameters", "work", "epochs", "seconds", "machine",
)  # fmt: skip
OF_A_MACHINE = ("seconds", "cost")  # axes on which only models that one machine trained can be set beside each other
NAMED = 12  # points of a chart with their names beside them
LONGEST = 24  # signs of a name in the chart
WIDE = 4  # how many times the least value the largest is, from where on an axis is logarithmic
LABEL = (0.5, 0.08)  # room that such a name takes, as shares of the chart's width and height
PRECISE = {
    "parameters": ".3s",
    "work": ".3s",
    "seconds": ",.0f",
    "cost": ".3~r",
}  # forms of d3, where a point is pointed at
ROUNDED = {"parameters": "~s", "work": "~s", "seconds": ",~r", "cost": "~r"}  # and on the axis


def league(focus: Run) -> None:
    """The table and the chart, of all models or of those of one dataset."""
    runs = [run for run in known_runs() if run.state in TRAINED and run.val_accuracy is not None]
    if len(runs) < 2:
        return
    st.header(_("All models"), anchor=False)
    data, search = st.columns([3, 2], vertical_alignment="bottom")
    chosen = data.segmented_control(
        _("Trained on"),
        sorted({run.data for run in runs}),
        default=focus.data,
        required=True,
        format_func=plain,
        key="league-data",
    )
    wanted = search.text_input(
        _("Filter"),
        placeholder=_("name of run, preset or network"),
        icon=":material/search:",
        key="league-search",
    )
    found = [run for run in runs if run.data == chosen and _matches(run, wanted)]
    if not found:
        st.caption(_("No run, preset or network of these models has “{text}” in its name.").format(text=plain(wanted)))
        return
    table = _table(found)
    axis = st.segmented_control(
        _("Accuracy against"),
        list(_axes()),
        default="parameters",
        required=True,
        format_func=lambda name: _axes()[name],
        key="league-axis",
    )
    machine_place, price_place = st.columns([3, 2], vertical_alignment="bottom")
    machines = sorted(set(table["machine"]))
    here = {"processor": processor(), "cores": psutil.cpu_count(logical=False)}
    likely = [machine for machine in (_machine(here), _machine(focus.environment)) if machine in machines]
    machine = machine_place.selectbox(
        _("Seconds and cost on"),
        machines,
        machines.index(likely[0]) if likely else 0,
        key=f"league-machine-{chosen}",
        help=_(
            "Seconds on a graphics card are minutes or hours on a processor: only models of one machine are compared by them."
        ),
    )
    hourly = price_place.number_input(
        _("Price of an hour on it, in your currency"),
        0.0,
        1000.0,
        0.1,
        0.1,
        format="%.2f",
        key=f"league-price-{machine}",  # each has its own
        help=_("What that machine costs to rent, or to run."),
    )
    table["cost"] = (table["seconds"] / HOUR * hourly).where(table["machine"] == machine)
    _chart(table, axis, machine, focus)
    _shown(table)


def _axes() -> dict[str, str]:
    return {
        "parameters": _("parameters"),
        "work": _("multiply-adds of one prediction"),
        "seconds": _("seconds of training"),
        "cost": _("cost of training"),
    }


def _matches(run: Run, text: str) -> bool:
    """Whether the run's, its preset's or its network's name has all of these words in it."""
    names = f"{run.name} {run.preset} {run.recipe.get('family', '')}".casefold()
    return all(word in names for word in text.casefold().split())


def _machine(made_with: dict[str, Any]) -> str:
    """What trains there: the graphics card, or the processor and its cores."""
    if card := made_with.get("graphics_card"):
        return str(card)
    if not made_with.get("processor"):
        return _("unknown")
    return _("{processor}, {n} cores").format(processor=made_with["processor"], n=made_with.get("cores") or "?")


def _chart(table: pd.DataFrame, axis: str, machine: str, focus: Run) -> None:
    """The models on one axis, and in words which are not there."""
    told = table.dropna(subset=["seconds" if axis in OF_A_MACHINE else axis, "val_accuracy"])
    drawn = told[told["machine"] == machine] if axis in OF_A_MACHINE else told
    words = []
    if len(drawn) > 1:
        best = pareto(drawn[axis].to_numpy(float), drawn["val_accuracy"].to_numpy(float))
        title = _("{n} of {total} models are beaten by none that costs less").format(n=best.sum(), total=len(drawn))
        show_chart(_front(drawn, axis, best, focus), title, "pareto")
        words.append(_("Blue are those that none beats for less, grey the others."))
        if focus.id in set(drawn["id"]):
            words.append(_("The large dot is {run}.").format(run=plain(focus.name)))
        words.append(_("Point at a dot for its name."))
    else:
        words.append(_("There is no chart of a single model."))
    if left_out := len(told) - len(drawn):
        text = ngettext(
            "{n} model is left out: it was not trained on “{machine}”, so its seconds and its price are of another kind.",
            "{n} models are left out: they were not trained on “{machine}”, so their seconds and prices are of another kind.",
            left_out,
        )
        words.append(text.format(n=left_out, machine=plain(machine)))
    st.caption(" ".join(words))


def _shown(table: pd.DataFrame) -> None:
    st.dataframe(
        table.drop(columns="id"),
        hide_index=True,
        column_config={
            "name": st.column_config.TextColumn(_("Run")),
            "preset": st.column_config.TextColumn(_("Preset")),
            "family": st.column_config.TextColumn(_("Network")),
            "val_accuracy": st.column_config.ProgressColumn(
                _("Validation accuracy"), format="percent", min_value=0.0, max_value=1.0
            ),
            "validation_images": st.column_config.NumberColumn(_("of images"), format="localized"),
            "parameters": st.column_config.NumberColumn(_("Parameters"), format="compact"),
            "work": st.column_config.NumberColumn(_("Multiply-adds"), format="compact"),
            "epochs": st.column_config.NumberColumn(_("Epochs")),
            "seconds": st.column_config.NumberColumn(_("Training, s"), format="%.0f"),
            "machine": st.column_config.TextColumn(_("Trained by")),
            "cost": st.column_config.NumberColumn(
                _("Cost"), format="%.3g", help=_("In your currency; of the models that the chosen machine trained.")
            ),
        },
        placeholder="–",
        alt=_("All finished models on this dataset"),
    )
    st.caption(
        _(
            "By validation accuracy: models are chosen on images that are held out of training, not on the test. Of a thousand images, an "
            "accuracy of 90% is known to two points either way: of models so near each other, the comparison above says whether chance alone "
            "would do."
        )
    )


def _table(runs: list[Run]) -> pd.DataFrame:
    rows, classes = [], functools.cache(_classes)
    for run in runs:
        parameters: int | None
        work: int | None
        try:
            recipe = complete(run.recipe)
            shape = recipe.shape(len(run.spec["classes"]) if run.bundled else classes(run.data, run.data_version))
            parameters, work = count_parameters(recipe.family, shape), count_multiplications(recipe.family, shape)
        except VitrineError:  # its recipe is of a later version, or its dataset is gone
            parameters = work = None
        result = run.result
        rows.append(
            {
                "id": run.id,
                "name": run.name,
                "preset": run.preset,
                "family": run.recipe.get("family", ""),
                "val_accuracy": run.val_accuracy,
                "parameters": parameters,
                "work": work,
                "validation_images": result.get("validation_images"),
                "epochs": result.get("epochs", run.epoch),
                "seconds": result.get("seconds"),
                "machine": _machine(run.environment),
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS).sort_values("val_accuracy", ascending=False, ignore_index=True)


def _classes(data: str, version: int) -> int:
    return len(get_dataset(data, version).classes)


def _front(table: pd.DataFrame, axis: str, best: np.ndarray, focus: Run) -> "go.Figure":
    import plotly.graph_objects as go

    figure = go.Figure()
    front = table[best].sort_values(axis)
    figure.add_scatter(
        x=front[axis],
        y=front["val_accuracy"],
        mode="lines",
        line={"color": ACCENT, "width": 2, "shape": "hv"},
        hoverinfo="skip",
    )
    own = (table["id"] == focus.id).to_numpy()
    across, up = table[axis].to_numpy(float), table["val_accuracy"].to_numpy(float)
    logarithmic = bool(0 < WIDE * across.min() < across.max())
    ticks = {"type": "log", "tickvals": _ticks(across)} if logarithmic else {"nticks": 6}
    if logarithmic:
        across = np.log10(across)
    # Three traces of one look each: a thousand points that each have a look of their own are drawn far slower.
    for chosen, colour, size in ((~best & ~own, GREY, 10), (best & ~own, ACCENT, 10), (own, ACCENT, 18)):
        points = table[chosen]
        figure.add_scatter(
            x=points[axis],
            y=points["val_accuracy"],
            mode="markers",
            marker={"size": size, "color": colour},
            hovertext=[escaped(name) for name in points["name"]],
            hovertemplate="%{hovertext}<br>%{x:" + PRECISE[axis] + "}, %{y:.1%}<extra></extra>",
            cliponaxis=False,
        )
        if len(table) <= NAMED:
            rightwards, named = _labels(across, up, np.lexsort((~best, ~own)))
            figure.data[-1].update(
                mode="markers+text",
                text=[
                    escaped(_short(name)) if shown else ""
                    for name, shown in zip(points["name"], named[chosen], strict=True)
                ],
                textposition=["top right" if right else "top left" for right in rightwards[chosen]],
            )
    title = _("cost of training, in your currency") if axis == "cost" else _axes()[axis]
    figure.update_xaxes(title=title, range=_padded(across), tickformat=ROUNDED[axis], tickangle=0, **ticks)
    figure.update_yaxes(tickformat=".1%", title=_("validation accuracy"), range=_padded(up), nticks=6)
    figure.update_layout(showlegend=False)
    return figure


def _labels(x: np.ndarray, y: np.ndarray, order: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each point whether its name stands to its right, away from the nearer edge, and whether there is room for it.

    Args:
        x, y: where the points are `[n]`.
        order: who is named first `[n]`.
    """
    across, up = ((values - values.min()) / (np.ptp(values) or 1) for values in (x, y))
    rightwards = across < 0.5
    start = np.where(rightwards, across, across - LABEL[0])
    named = np.zeros(len(x), bool)
    for one in order:
        named[one] = not ((abs(start - start[one]) < LABEL[0]) & (abs(up - up[one]) < LABEL[1]) & named).any()
    return rightwards, named


def _ticks(values: np.ndarray) -> list[float]:
    """1, 2 and 5 times the powers of ten around the values; of more than six of these, the powers alone."""
    powers = 10.0 ** np.arange(np.floor(np.log10(values.min())) - 1, np.ceil(np.log10(values.max())) + 1)
    ticks = (powers[:, None] * [1, 2, 5]).ravel()
    within = ticks[(ticks > values.min() / 2) & (ticks < values.max() * 2)]
    return (within if len(within) <= 6 else powers).tolist()


def _padded(values: np.ndarray) -> list[float]:
    """Ends of an axis with room around its points."""
    room = 0.1 * float(np.ptp(values)) or 0.1
    return [float(values.min()) - room, float(values.max()) + room]


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
