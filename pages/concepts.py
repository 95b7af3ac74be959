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
large, learning, convolving, mathematics, coded, business, outlook = st.tabs(
    [
        _("Large models"),
        _("How it learns"),
        _("Convolution"),
        _("The mathematics"),
        _("The code"),
        _("In business"),
        _("Outlook"),
    ],
    key="topic",
    on_change="rerun",
    bind="query-params",
)
# Each topic is loaded when it is opened: the first page is on the screen before.
if large.open:
    with large:
        from ui.concepts.scale import how_large

        how_large(run)
if learning.open:
    with learning:
        from ui.concepts.learning import how_it_learns

        how_it_learns()
if convolving.open:
    with convolving:
        from ui.concepts.convolution import convolution

        convolution(run)
if mathematics.open:
    with mathematics:
        from ui.concepts.mathematics import the_mathematics

        the_mathematics()
if coded.open:
    with coded:
        from ui.concepts.code import code

        code(run)
if business.open:
    with business:
        from ui.concepts.in_business import founders_questions, where_it_works

        where_it_works()
        founders_questions()
if outlook.open:
    with outlook:
        from ui.concepts.outlook import outlook_topics

        outlook_topics()
