"""The mathematics: what a network computes, as formulas with every symbol explained, and as counts of layers."""

import numpy as np
import streamlit as st

from core.concepts.neuron import sigmoid
from ui.concepts.layer_counts import one_convolution, whole_network
from ui.concepts.plots import Spec, axis, grid, legend, show_plot
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
        key="formulas",
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
    with st.grid(3, min_column_width=100, gap="medium"):
        logits = np.array(
            [
                st.slider(
                    _("Logit s{n}").format(n="₁₂₃"[place - 1]),
                    -4.0,
                    4.0,
                    first,
                    0.1,
                    format="%.1f",
                    key=f"logit-{place}",
                )
                for place, first in enumerate(LOGITS, 1)
            ]
        )
    powers = np.exp(logits - logits.max())
    softmax, alone = powers / powers.sum(), sigmoid(logits)
    title = _("Softmax shares {one}; sigmoids add up to {many}").format(one="100%", many=percent(float(alone.sum()), 0))
    bars: list[Spec] = [
        {
            "type": "bar",
            "name": name,
            "color": colour,
            "data": [round(100 * float(share), 1) for share in shares],
            "label": {"show": True, "position": "top", "formatter": "{c}%"},
        }
        for name, shares, colour in ((_("softmax"), softmax, ACCENT), (_("sigmoid"), alone, ORANGE))
    ]
    classes = [_("class {n}").format(n=place) for place in (1, 2, 3)]
    spec = {
        "legend": legend(*(one["name"] for one in bars)),
        "grid": grid(named=True),
        "xAxis": {"type": "category", "data": classes},
        # Above 100 lies only the room for what is written over the bars.
        "yAxis": axis(
            _("probability, %"), 0, 110, nameGap=34, splitLine={"show": True}, axisLabel={"showMaxLabel": False}
        ),
        "series": bars,
    }
    show_plot(spec, title, "answers-chart", height=320)
