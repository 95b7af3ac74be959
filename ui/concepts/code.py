"""The topic “The code”: model, loop and evaluation as they stand in this repository, beside the same network's layers and a live run."""

import pandas as pd
import streamlit as st

from core.concepts.chapters import CHAPTERS
from core.concepts.source import part
from core.errors import VitrineError
from core.models import FAMILIES, Shape
from core.runs.library import get_run
from core.runs.run import Run
from ui.concepts.case_study import case_study
from ui.formats import number, percent, plain
from ui.i18n import _, content
from ui.states import epochs_words, icon, phase_words, standing

TICK = 1.0
FAMILY, CLASSES = "article-cnn", 10


def code(run: Run | None) -> None:
    """What the code makes, a network and a run; the code itself, part by part; and the case study."""
    st.header(
        _("The project in its own words: {n} functions from pixels to a measured model").format(
            n=sum(map(len, CHAPTERS.values()))
        ),
        anchor=False,
    )
    st.markdown(content("the-code"))
    network, running = st.columns([5, 3], gap="large")
    with network:
        _layers()
    with running:
        live(run)
    _reading()
    st.space("large")
    case_study(run)


@st.fragment
def _reading() -> None:
    chosen = st.segmented_control(
        _("Part of the project"),
        list(CHAPTERS),
        default=next(iter(CHAPTERS)),
        required=True,
        format_func=_,
        key="chapter",
        label_visibility="collapsed",
    )
    for piece in CHAPTERS[chosen]:
        found = part(piece.path, piece.name)
        note = _(piece.note)
        st.markdown(f"**`{piece.name}`** · {note}")
        # Wrapped and as high as it is: what scrolls in a box of its own cannot be reached by keyboard.
        st.code(found.code, "python", wrap_lines=True)
        st.caption(_("{path}, from line {line}").format(path=plain(found.path), line=found.line))


def _layers() -> None:
    """The article's network, layer by layer."""
    layers = FAMILIES[FAMILY].layers(Shape(CLASSES))
    total = sum(layer.parameters for layer in layers)
    st.subheader(_("{family}: {n} parameters").format(family=FAMILY, n=number(total)), anchor=False)
    shape, weights, work = _("Gives"), _("Parameters"), _("Multiply-adds")
    rows = [
        {
            _("Layer"): layer.name,
            shape: " × ".join(map(str, layer.outputs)),
            weights: number(layer.parameters),
            work: number(layer.multiplications),
        }
        for layer in layers
    ]
    st.table(pd.DataFrame(rows), border="horizontal", hide_index=True)
    st.caption(
        _(
            "For ten classes at 32 × 32 pixels: height × width × channels. Pools and ReLU have no parameters; each pool halves height and width."
        )
    )


def live(run: Run | None) -> None:
    """The chosen run at this moment; ticks while it is at work."""
    if run is None:
        return
    st.fragment(_live, run_every=TICK if run.active else None)(run.id, run.state)


def _live(run_id: str, state: str) -> None:
    try:
        run = get_run(run_id)
    except VitrineError:
        st.rerun()  # it was deleted in another window
    if run.state != state:
        st.rerun()
    st.subheader(f"{icon(run)} {plain(run.name)}", anchor=False)
    words = phase_words(run) if run.active else standing(run)
    parts = [words, epochs_words(run), plain(run.recipe["family"])]
    if run.val_accuracy is not None:
        parts.append(_("{share} on validation").format(share=percent(run.val_accuracy)))
    st.caption(" · ".join(parts))
    if run.active:
        st.progress(min(run.progress.get("done", 0.0), 1.0))
    label = _("Watch it train") if run.active else _("See its curves")
    st.page_link("pages/train.py", label=label, icon=":material/monitoring:")
