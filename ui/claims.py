"""A claim beside what was measured here: an article says that a small network reaches 89%."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from core.data.versions import list_datasets
from core.evaluation.claims import CLAIMED, evidence
from core.evaluation.metrics import Measured, share
from core.evaluation.references import CIFAR10
from core.runs.run import Run
from ui.charts import show_chart
from ui.formats import duration, number, percent, plain
from ui.i18n import _
from ui.judging import predictions_of
from ui.palette import ACCENT, VERMILLION
from ui.pickers import known_runs

if TYPE_CHECKING:
    import plotly.graph_objects as go


@dataclass(frozen=True)
class Row:
    """A network and a recipe, and the run that shows what they reach; `preset` is what to train for it."""

    name: str
    run: Run | None
    preset: str


def claims() -> None:
    """The table and the chart, fed by the newest runs on CIFAR-10; what is missing can be trained."""
    found = evidence(known_runs())
    rows = [
        Row(_("Its network, as published"), found.published, "article-cnn"),
        Row(_("The same network, better trained"), found.tuned, "article-cnn-tuned"),
        Row(_("The best model here"), found.best, "fast"),
    ]
    measured = {row.name: figure for row in rows if row.run and (figure := _accuracy(row.run))}
    st.markdown(
        _(
            "An article for founders prints a test accuracy of **{claimed}** on CIFAR-10 for two convolutions and two dense layers after ten "
            "epochs. As printed, its code stops with an error: it passes test images where training labels belong."
        ).format(claimed=percent(CLAIMED, 0))
    )
    if measured:
        show_chart(_chart(measured), _title(rows, measured), "claims", height=120 + 60 * len(measured))
    st.table(
        pd.DataFrame([_cells(row, measured.get(row.name)) for row in rows], columns=_columns()).set_index(
            _columns()[0]
        ),
        border="horizontal",
    )
    here = next((dataset.name for dataset in list_datasets() if set(dataset.classes) == set(CIFAR10)), None)
    data = {"data": here} if here else {}
    for row in rows:
        if row.name not in measured:
            st.page_link(
                "pages/train.py",
                label=_("Train {preset}").format(preset=row.preset),
                icon=":material/model_training:",
                query_params={"preset": row.preset} | data,
            )


def _accuracy(run: Run) -> Measured | None:
    predictions = predictions_of(run)
    return share(predictions.correct, len(predictions)) if predictions else None


def _columns() -> list[str]:
    return [_("What"), _("Run"), _("Test accuracy"), _("95% interval"), _("Epochs"), _("Time")]


def _cells(row: Row, figure: Measured | None) -> tuple[str, ...]:
    if row.run is None or figure is None:
        return row.name, _("not trained here yet"), "–", "–", "–", "–"
    return (
        row.name,
        plain(row.run.name),
        percent(figure.value),
        _("{low} to {high}").format(low=percent(figure.low), high=percent(figure.high)),
        number(row.run.result.get("epochs", row.run.epoch)),
        _time(row.run),
    )


def _time(run: Run) -> str:
    """How long it took, and on which graphics card if it was one: minutes there are hours elsewhere."""
    seconds, card = run.result.get("seconds"), run.environment.get("graphics_card")
    if not seconds:
        return "–"
    return _("{time} on {card}").format(time=duration(seconds), card=plain(card)) if card else duration(seconds)


def _title(rows: list[Row], measured: dict[str, Measured]) -> str:
    published = measured.get(rows[0].name)
    best = max(measured.values())
    if published is None:
        return _("Claimed: {claimed}. The best model here: {best}").format(
            claimed=percent(CLAIMED, 0), best=percent(best.value)
        )
    return _("Claimed: {claimed}. That network really reaches {real}").format(
        claimed=percent(CLAIMED, 0), real=percent(published.value)
    )


def _chart(measured: dict[str, Measured]) -> "go.Figure":
    import plotly.graph_objects as go

    figures = list(measured.values())
    figure = go.Figure()
    figure.add_scatter(
        x=[one.value for one in figures],
        y=list(measured),
        mode="markers+text",
        text=[f"  {one.value:.1%}" for one in figures],
        textposition="top center",
        marker={"color": ACCENT, "size": 13},
        error_x={
            "array": [one.high - one.value for one in figures],
            "arrayminus": [one.value - one.low for one in figures],
            "color": ACCENT,
        },
        hovertemplate="%{y}: %{x:.1%}<extra></extra>",
        cliponaxis=False,
    )
    figure.add_vline(
        CLAIMED,
        line={"color": VERMILLION, "dash": "dash", "width": 2},
        annotation_text=_("claimed"),
        annotation_position="top",
    )
    low = min(CLAIMED, *(one.low for one in figures)) - 0.05
    figure.update_xaxes(tickformat=".0%", range=[low, 1.0], title=_("test accuracy"))
    figure.update_yaxes(autorange="reversed", title=None, automargin=True)
    figure.update_layout(showlegend=False)
    return figure
