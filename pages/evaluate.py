"""Evaluate: what the sealed model does with images it never saw."""

import streamlit as st

from ui import evaluation
from ui.empty import nothing_trained
from ui.formats import plain
from ui.i18n import _
from ui.pickers import chosen_run

run = chosen_run()
predictions = evaluation.predictions_of(run) if run else None
if run is None or predictions is None:
    nothing_trained(run)
    st.stop()

st.markdown(
    _("**{run}** named {right:,} of {n:,} held-out test images rightly.").format(
        run=plain(run.name), right=predictions.correct, n=len(predictions)
    )
)
evaluation.warning(run)
evaluation.headline(predictions)
evaluation.confusion(predictions)
evaluation.mistakes(run, predictions)
evaluation.class_table(predictions)
st.caption(
    _(
        "All figures come from the predictions that the sealed bundle made of {data}, version {version}, test split."
    ).format(data=plain(run.data), version=run.data_version)
)
