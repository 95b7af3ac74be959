"""The evaluation in at most seven sentences, each with the way to where its figures are shown."""

import streamlit as st

from core.evaluation.predictions import StoredPredictions
from core.evaluation.story import TRAINING, Sentence, tell
from core.evaluation.summary import Summary
from core.runs.run import Run
from ui.confusions import CELL, SECTION
from ui.formats import plain
from ui.i18n import _, translator
from ui.mistakes import ALL


def story(run: Run, predictions: StoredPredictions, summary: Summary) -> None:
    """The sentences; what stands after one opens its evidence."""
    with st.container(gap="xsmall"):
        for place, sentence in enumerate(tell(run, predictions, summary, translator())):
            # Not the label of the button: Streamlit centres the lines of a label that does not fit into one.
            words, way = st.columns([4, 1], vertical_alignment="center", gap="small")
            words.markdown(sentence.text(plain))
            with way:
                _evidence(place, sentence)


def _evidence(place: int, sentence: Sentence) -> None:
    if sentence.section == TRAINING:
        st.page_link("pages/train.py", label=_("Training curves"), icon=":material/arrow_forward:", width="content")
        return
    st.button(
        _(sentence.section),
        key=f"sentence-{place}",
        type="tertiary",
        icon=":material/arrow_forward:",
        on_click=_open,
        args=(sentence,),
    )


def _open(sentence: Sentence) -> None:
    st.session_state[SECTION], st.session_state[CELL] = _(sentence.section), sentence.cell or ALL
