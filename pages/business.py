"""Business: what a mistake and a review cost, which threshold costs least, and what the model is worth."""

import streamlit as st

from core.business.costs import cost_curve, value
from ui import business
from ui.empty import nothing_trained
from ui.i18n import _
from ui.judging import predictions_of
from ui.pickers import chosen_run

run = chosen_run()
predictions = predictions_of(run) if run else None
if run is None or predictions is None:
    nothing_trained(run)
    st.stop()

sentence = st.container()
prices, currency = business.price_form()
worth = value(predictions, prices)
sentence.markdown(business.finding(run.name, worth))
business.headline(worth, currency)
business.curve(cost_curve(predictions, prices), worth, currency)
with st.expander(_("Compare the three ways to decide"), icon=":material/balance:"):
    business.comparison(worth, currency)
business.caveats(worth, run.data)
