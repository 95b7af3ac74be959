"""All finished models in one table that sorts and filters, and who is beaten by none that costs less."""

import functools
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from core.data.versions import get_dataset
from core.errors import VitrineError
from core.evaluation.comparison import pareto
from core.models import count_multiplications, count_parameters
from core.runs.run import Run
from core.runs.store import TRAINED
from core.training.recipes import complete
from ui.charts import escaped, show_chart
from ui.formats import plain
from ui.i18n import _
from ui.palette import ACCENT, GREY
from ui.pickers import known_runs

if TYPE_CHECKING:
    import plotly.graph_objects as go

HOUR = 3600
COLUMNS = (
    "id", "name", "family", "val_accuracy", "validation_images", "parameters", "work", "epochs", "seconds", "machine",
)  # fmt: skip
NAMED = 12  # points of a chart with their names beside them


def league(focus: Run) -> None:
    """The table and the chart, of all models or of those of one dataset."""
    runs = [run for run in known_runs() if run.state in TRAINED and run.val_accuracy is not None]
    if len(runs) < 2:
        return
    st.header(_("All models"), anchor=False)
    datasets = sorted({run.data for run in runs})
    data, price = st.columns([3, 1], vertical_alignment="bottom")
    chosen = data.segmented_control(
        _("Trained on"), datasets, default=focus.data, required=True, format_func=plain, key="league-data"
    )
    hourly = price.number_input(
        _("Price of an hour of training"),
        0.0,
        1000.0,
        0.1,
        0.1,
        format="%.2f",
        key="league-price",
        help=_("What a machine like this one costs to rent, or to run."),
    )
    table = _table([run for run in runs if run.data == chosen])
    table["cost"] = table["seconds"] / HOUR * hourly
    axes = {
        "parameters": _("parameters"),
        "work": _("multiply-adds of one prediction"),
        "seconds": _("seconds of training"),
        "cost": _("cost of training"),
    }
    axis = st.segmented_control(
        _("Accuracy against"),
        list(axes),
        default="parameters",
        required=True,
        format_func=lambda name: axes[name],
        key="league-axis",
    )
    drawn = table.dropna(subset=[axis, "val_accuracy"])
    if len(drawn) > 1:
        best = pareto(drawn[axis].to_numpy(float), drawn["val_accuracy"].to_numpy(float))
        title = _("{n} of {total} models are beaten by none that costs less").format(n=best.sum(), total=len(drawn))
        show_chart(_front(drawn, axis, axes[axis], best, focus), title, "pareto")
    st.dataframe(
        table.drop(columns="id"),
        hide_index=True,
        column_config={
            "name": st.column_config.TextColumn(_("Run")),
            "family": st.column_config.TextColumn(_("Network")),
            "val_accuracy": st.column_config.ProgressColumn(
                _("Validation accuracy"), format="percent", min_value=0.0, max_value=1.0
            ),
            "validation_images": st.column_config.NumberColumn(_("of images"), format="localized"),
            "parameters": st.column_config.NumberColumn(_("Parameters"), format="compact"),
            "work": st.column_config.NumberColumn(_("Multiply-adds"), format="compact"),
            "epochs": st.column_config.NumberColumn(_("Epochs")),
            "seconds": st.column_config.NumberColumn(_("Training, s"), format="%.0f"),
            "machine": st.column_config.TextColumn(
                _("Trained by"), help=_("Seconds on a graphics card are minutes or hours on a processor.")
            ),
            "cost": st.column_config.NumberColumn(_("Cost"), format="%.2f"),
        },
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
                "family": run.recipe.get("family", ""),
                "val_accuracy": run.val_accuracy,
                "parameters": parameters,
                "work": work,
                "validation_images": result.get("validation_images"),
                "epochs": result.get("epochs", run.epoch),
                "seconds": result.get("seconds"),
                "machine": run.environment.get("graphics_card") or _("processor"),
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS).sort_values("val_accuracy", ascending=False, ignore_index=True)


def _classes(data: str, version: int) -> int:
    return len(get_dataset(data, version).classes)


def _front(table: pd.DataFrame, axis: str, title: str, best: np.ndarray, focus: Run) -> "go.Figure":
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
    # Three traces of one look each: a thousand points that each have a look of their own are drawn far slower.
    for chosen, colour, size in ((~best & ~own, GREY, 10), (best & ~own, ACCENT, 10), (own, ACCENT, 18)):
        points = table[chosen]
        figure.add_scatter(
            x=points[axis],
            y=points["val_accuracy"],
            mode="markers+text" if len(table) <= NAMED else "markers",
            text=[escaped(name) for name in points["name"]],
            textposition="top center",
            marker={"size": size, "color": colour},
            hovertemplate="%{text}<br>%{x:.3s}, %{y:.1%}<extra></extra>",
            cliponaxis=False,
        )
    figure.update_xaxes(type="log" if table[axis].min() > 0 else "linear", title=title)
    figure.update_yaxes(tickformat=".1%", title=_("validation accuracy"))
    figure.update_layout(showlegend=False)
    return figure
