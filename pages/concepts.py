"""Concepts: the six steps and where the chosen run stands; below, what a model is, how it learns, and what it costs."""

import streamlit as st

from ui.i18n import _

st.markdown(_("Six steps lead from a folder of images to a decision that is worth money. Here they run for real."))

# The heading is on the screen by now; what follows may take its time to load.
from ui import pipeline  # noqa: E402
from ui.pickers import chosen_run  # noqa: E402

run = chosen_run()
pipeline.living(run)

st.space("medium")
large, business, outlook = st.tabs(
    [_("Large models"), _("In business"), _("Outlook")], key="topic", on_change="rerun", bind="query-params"
)
if large.open:
    with large:
        from ui.concepts.scale import how_large

        how_large(run)
if business.open:
    with business:
        from ui.concepts.in_business import founders_questions, where_it_works

        where_it_works()
        founders_questions()
if outlook.open:
    with outlook:
        from ui.concepts.outlook import outlook_topics

        outlook_topics()
