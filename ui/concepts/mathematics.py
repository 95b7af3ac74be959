"""The mathematics: what a network computes, as formulas with every symbol explained, and as counts of layers."""

import numpy as np
import streamlit as st

from core.concepts.neuron import sigmoid
from ui.charts import show_chart
from ui.concepts.layer_counts import one_convolution, whole_network
from ui.formats import percent
from ui.i18n import _, content
from ui.palette import ACCENT, ORANGE

PARTS = ("dense", "convolution", "answers", "count")
LOGITS = (2.0, 1.0, -1.0)


@st.fragment
def the_mathematics() -> None:
    """The part that was chosen: formulas, or the calculator."""
    names = {
        "dense": _("Dense layers"),
        "convolution": _("Convolution"),
        "answers": _("Answers and loss"),
        "count": _("Calculator"),
    }
    part = st.segmented_control(
        _("Part"),
        PARTS,
        default=PARTS[0],
        required=True,
        format_func=names.__getitem__,
        key="part",
        bind="query-params",
        label_visibility="collapsed",
    )
    if part == "dense":
        st.markdown(content("mathematics-dense"))
    elif part == "convolution":
        st.markdown(content("mathematics-convolution"))
        one_convolution()
    elif part == "answers":
        st.markdown(content("mathematics-answers"))
        _two_ways_to_answer()
    else:
        whole_network()


@st.fragment
def _two_ways_to_answer() -> None:
    """The same three logits through softmax and through sigmoids."""
    import plotly.graph_objects as go

    with st.grid(3, min_column_width=100, gap="medium"):
        logits = np.array(
            [
                st.slider(
                    _("Logit $s_{n}$").format(n=place), -4.0, 4.0, first, 0.1, format="%.1f", key=f"logit-{place}"
                )
                for place, first in enumerate(LOGITS, 1)
            ]
        )
    powers = np.exp(logits - logits.max())
    softmax, alone = powers / powers.sum(), sigmoid(logits)
    title = _("Softmax shares {one}; sigmoids add up to {many}").format(one="100%", many=percent(float(alone.sum()), 0))
    figure = go.Figure()
    classes = [_("class {n}").format(n=place) for place in (1, 2, 3)]
    for name, shares, colour in ((_("softmax"), softmax, ACCENT), (_("sigmoid"), alone, ORANGE)):
        words = [percent(float(share), 0) for share in shares]
        figure.add_bar(
            x=classes, y=shares, name=name, marker_color=colour, text=words, textposition="outside", hoverinfo="skip"
        )
    figure.update_yaxes(range=[0, 1.12], tickformat=".0%", title=_("probability"))
    figure.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "title": None})
    show_chart(figure, title, "answers-chart", height=320, top=32)
