"""Evaluate: what the sealed model does with images it never saw."""

import streamlit as st

from ui import evaluation
from ui.empty import nothing_trained
from ui.formats import plain
from ui.i18n import _
from ui.judging import another_copy, judged, what_was_judged
from ui.pickers import chosen_run

run = chosen_run()
judgement = judged(run) if run else None
if run is None or judgement is None:
    nothing_trained(run)
    st.stop()

predictions = judgement.predictions
st.markdown(
    _("**{run}** named {right:,} of {n:,} held-out test images rightly.").format(
        run=plain(run.name), right=predictions.correct, n=len(predictions)
    )
)
evaluation.warning(judgement.dataset)
evaluation.headline(predictions)
another_copy(run, judgement.dataset)
evaluation.confusion(predictions)
evaluation.mistakes(run, judgement)
evaluation.class_table(predictions)
what_was_judged(run, judgement.dataset)
