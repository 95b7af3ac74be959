"""Predict: photos in, a verdict each."""

import streamlit as st

from core.errors import VitrineError
from core.serving.models import predictor
from ui import many, photos, smaller, telling
from ui.empty import nothing_trained
from ui.exhibit import exhibit, forget
from ui.formats import plain
from ui.i18n import _
from ui.pickers import chosen_run
from ui.states import show_error
from ui.verdicts import claim, rates

run = chosen_run()
if run is None or run.active or not run.has_bundle:
    nothing_trained(run)
    st.stop()

try:
    model = predictor(run)
except VitrineError as error:
    show_error(error)
    st.stop()

st.markdown(
    _("Give **{run}** photos. It knows {classes}.").format(run=plain(run.name), classes=plain(", ".join(model.classes)))
    + f" {claim(run)}"
)
smaller.served_note(run)
rates(run)
given = photos.given(model)
telling.waiting(run)
judged = many.judge(model, run, given)
many.troubles(judged)
chosen = many.table(model, judged) if len(judged) > 1 else next(iter(judged), None)
if chosen and chosen.answer:
    exhibit(model, run, chosen)
else:
    forget()
