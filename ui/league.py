"""All finished models in one table that sorts and filters, and who is beaten by none that costs less."""

import functools
from typing import Any

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
from ui.charts import show_chart
from ui.formats import plain
from ui.i18n import _, ngettext
from ui.league_chart import front_chart
from ui.pickers import known_runs

HOUR = 3600
COLUMNS = (
    "id", "name", "preset", "family", "val_accuracy", "validation_images", "parameters", "work", "epochs", "seconds", "machine",
)  # fmt: skip
OF_A_MACHINE = ("seconds", "cost")  # axes on which only models that one machine trained can be set beside each other


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
        format_func=_axes().__getitem__,
        key="league-axis",
    )
    machine = _priced(table, chosen, focus)
    _chart(table, axis, machine, focus)
    _shown(table)


def _priced(table: pd.DataFrame, data: str, focus: Run) -> str:
    """The choice of a machine and of its price, which become the table's costs; the machine."""
    machine_place, price_place = st.columns([3, 2], vertical_alignment="bottom")
    machines = sorted(set(table["machine"]))
    here = {"processor": processor(), "cores": psutil.cpu_count(logical=False)}
    likely = [machine for machine in (_machine(here), _machine(focus.environment)) if machine in machines]
    machine = machine_place.selectbox(
        _("Seconds and cost on"),
        machines,
        machines.index(likely[0]) if likely else 0,
        key=f"league-machine-{data}",
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
    return machine


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
        title = ngettext(
            "{n} of {total:,} models is beaten by none that costs less",
            "{n} of {total:,} models are beaten by none that costs less",
            int(best.sum()),
        ).format(n=best.sum(), total=len(drawn))
        show_chart(front_chart(drawn, axis, _axes()[axis], best, focus.id), title, "pareto")
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
