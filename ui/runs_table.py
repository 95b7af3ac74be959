"""All training runs in one table; a click puts a run into focus."""

import pandas as pd
import streamlit as st

from core.runs.run import Run
from ui.i18n import _
from ui.pickers import expect_run, known_runs
from ui.states import standing

NARROW = 110  # pixels, so that the last column is whole on a small laptop
_TABLE = "runs-table"


def runs_table(focus: str | None) -> None:
    """Name, state, epochs, validation accuracy and speed of every run, newest first, those that come with Vitrine last."""
    runs = known_runs()
    table = pd.DataFrame(
        {
            "name": [run.name for run in runs],
            "state": [standing(run) for run in runs],
            "data": [run.data for run in runs],
            "epochs": [f"{run.epoch}/{run.recipe['epochs']}" if run.recipe.get("epochs") else "–" for run in runs],
            "val_accuracy": [run.val_accuracy for run in runs],
            "speed": [_speed(run) for run in runs],
            "seconds": [run.result.get("seconds") for run in runs],
            "created": [run.created for run in runs],
        }
    )
    ids = [run.id for run in runs]
    if focus in ids:  # the marked row is the run in focus, whoever chose that
        st.session_state[_TABLE] = {"selection": {"rows": [ids.index(focus)], "columns": [], "cells": []}}
    st.dataframe(
        table,
        hide_index=True,
        on_select=lambda: _chosen(ids),
        selection_mode="single-row-required",
        key=_TABLE,
        column_config={
            "name": st.column_config.TextColumn(_("Run")),
            "state": st.column_config.TextColumn(_("State")),
            "data": st.column_config.TextColumn(_("Data")),
            "epochs": st.column_config.TextColumn(_("Epochs")),
            "val_accuracy": st.column_config.ProgressColumn(
                _("Accuracy"),
                format="percent",
                min_value=0.0,
                max_value=1.0,
                width=NARROW,
                help=_("Of the validation images, which the run did not learn from."),
            ),
            "speed": st.column_config.NumberColumn(_("Images/s"), format="%.0f"),
            "seconds": st.column_config.NumberColumn(_("Training, s"), format="%.0f"),
            "created": st.column_config.DatetimeColumn(_("Started"), format="distance"),
        },
        placeholder="",
        alt=_("All training runs, newest first"),
    )


def _speed(run: Run) -> float | None:
    """Images a second; none where only a last layer was learnt, from few photos, whose number says nothing of speed."""
    return run.result.get("images_per_second") if run.recipe.get("epochs") else None


def _chosen(ids: list[str]) -> None:
    """A click on a row chooses its run once; what the table marks afterwards chooses nothing."""
    for row in st.session_state[_TABLE]["selection"]["rows"]:
        expect_run(ids[row])
