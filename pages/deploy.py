"""Deploy: the sealed model to take away, and how other programs ask it."""

import streamlit as st

from core.errors import VitrineError
from core.serving.models import predictor
from ui import deployment, smaller
from ui.empty import nothing_trained
from ui.formats import plain
from ui.i18n import _
from ui.pickers import chosen_run
from ui.states import show_error

run = chosen_run()
if run is None or run.active or not run.has_bundle:
    nothing_trained(run)
    st.stop()

try:
    inside = predictor(run).metadata
except VitrineError as error:
    show_error(error)
    st.stop()

st.markdown(
    _("**{run}** is sealed. What answers on Predict and by the API are the very files that you take away here.").format(
        run=plain(run.name)
    )
)
smaller.served_note(run)
deployment.facts(run)
deployment.contents(run)
deployment.metadata(run, inside)
smaller.smaller_and_faster(run)
deployment.how_to_train_again(run)
deployment.how_to_call(run)
