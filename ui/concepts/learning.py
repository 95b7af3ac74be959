"""How it learns: four exhibits for the hands, one at a time."""

import streamlit as st

from ui.i18n import _, content

LESSONS = ("neuron", "descent", "back-propagation", "over-fitting")


@st.fragment
def how_it_learns() -> None:
    """What learning is, in short, and the exhibit that was chosen."""
    names = {
        "neuron": _("A neuron"),
        "descent": _("Gradient descent"),
        "back-propagation": _("Back-propagation"),
        "over-fitting": _("Over-fitting"),
    }
    st.markdown(content("how-it-learns"))
    lesson = st.segmented_control(
        _("Exhibit"),
        LESSONS,
        default=LESSONS[0],
        required=True,
        format_func=names.__getitem__,
        key="lesson",
        bind="query-params",
        label_visibility="collapsed",
    )
    st.space("small")
    # Only the open exhibit is imported.
    if lesson == "neuron":
        from ui.concepts.neuron import neuron

        neuron()
    elif lesson == "descent":
        from ui.concepts.descent import descent

        descent()
    elif lesson == "back-propagation":
        from ui.concepts.backpropagation import backpropagation

        backpropagation()
    else:
        from ui.concepts.overfitting import overfitting

        overfitting()
