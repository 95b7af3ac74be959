"""Concepts: the six steps and where the chosen run stands; below, what a model is, how it learns, and what it costs."""

import streamlit as st

from ui.i18n import _, content

st.markdown(_("Six steps lead from a folder of images to a decision that is worth money. Here they run for real."))

# The heading is on the screen by now; what follows may take its time to load.
from ui import pipeline  # noqa: E402
from ui.pickers import chosen_run  # noqa: E402

run = chosen_run()
stations = pipeline.steps(run)
chart, tiles = st.columns([2, 5], gap="large", vertical_alignment="center")
with chart:
    pipeline.diagram(stations)
with tiles:
    pipeline.cards(stations)

st.space("medium")
topics = [_("Large models"), _("Convolution"), _("The code")]
large, convolving, coded = st.tabs(topics, key="topic", on_change="rerun", bind="query-params")
if large.open:
    with large:
        from ui.sizes import size_ladder

        st.header(_("What is a large model?"), anchor=False)
        st.markdown(content("large-model"))
        size_ladder(run)
if convolving.open:
    with convolving:
        from ui.concepts.convolution import convolution

        convolution(run)
if coded.open:
    with coded:
        from ui.concepts.code import code

        code(run)
