"""All training runs in one table; a click puts a run into focus."""

import pandas as pd
import streamlit as st

from core.runs.store import store
from ui.i18n import _
from ui.pickers import focus_run
from ui.states import state_words


def runs_table(focus: str | None) -> None:
    """Name, state, epochs, validation accuracy and speed of every run, newest first."""
    runs = store().runs()
    table = pd.DataFrame(
        {
            "name": [run.name for run in runs],
            "state": [state_words(run.state) for run in runs],
            "data": [run.data for run in runs],
            "epochs": [f"{run.epoch}/{run.recipe.get('epochs', 0)}" for run in runs],
            "val_accuracy": [run.val_accuracy for run in runs],
            "speed": [run.result.get("images_per_second") for run in runs],
            "seconds": [run.result.get("seconds") for run in runs],
            "created": [run.created for run in runs],
        }
    )
    event = st.dataframe(
        table,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key="runs",
        column_config={
            "name": st.column_config.TextColumn(_("Run")),
            "state": st.column_config.TextColumn(_("State")),
            "data": st.column_config.TextColumn(_("Data")),
            "epochs": st.column_config.TextColumn(_("Epochs")),
            "val_accuracy": st.column_config.ProgressColumn(
                _("Validation accuracy"), format="percent", min_value=0.0, max_value=1.0
            ),
            "speed": st.column_config.NumberColumn(_("Images/s"), format="%.0f"),
            "seconds": st.column_config.NumberColumn(_("Training, s"), format="%.0f"),
            "created": st.column_config.DatetimeColumn(_("Started"), format="distance"),
        },
        placeholder="",
        alt=_("All training runs, newest first"),
    )
    if event.selection.rows and (picked := runs[event.selection.rows[0]].id) != focus:
        focus_run(picked)
