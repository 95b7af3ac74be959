"""The topic “The code”: model, loop and evaluation as they stand in this repository, beside the same network's layers and a live run."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

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


@dataclass(frozen=True)
class Piece:
    """A function of this repository, by the name it has there, and what to look at in it."""

    path: str
    name: str
    note: str


def chapters() -> dict[str, list[Piece]]:
    """The parts of the project in the order in which a run goes through them."""
    return {
        _("Preprocessing"): [
            Piece(
                "core/training/batches.py",
                "to_input",
                _(
                    "Whole numbers from 0 to 255 become fractions from 0 to 1, and the colours go first. The sealed model begins with the same step."
                ),
            ),
            Piece(
                "core/data/imageset.py",
                "hold_out",
                _(
                    "Some training images of every class only measure. The test images stay out of training and tuning altogether."
                ),
            ),
        ],
        _("Model"): [
            Piece(
                "core/models/cnn.py",
                "article_cnn",
                _(
                    "The classic first network: two convolutions, each with a pool, then two dense layers. The table beside it counts the same layers."
                ),
            ),
            Piece(
                "core/models/classifier.py",
                "Classifier.forward",
                _(
                    "Every network here is something that sees, and one dense layer that decides. What it gives are logits; the softmax comes with the loss."
                ),
            ),
        ],
        _("Training"): [
            Piece(
                "core/training/loop.py",
                "fit",
                _(
                    "The whole run: epoch after epoch, until they are done, patience is at an end, or somebody asks it to stop."
                ),
            ),
            Piece(
                "core/training/trainer.py",
                "Trainer.train_epoch",
                _(
                    "One pass over the training images in an order of its own. It follows from the seed, so that the run can be repeated."
                ),
            ),
            Piece(
                "core/training/trainer.py",
                "Trainer.train_batch",
                _(
                    "One step: forward, the loss, backward, and every weight moves a little. All of learning is in these lines."
                ),
            ),
        ],
        _("Evaluation"): [
            Piece(
                "core/training/trainer.py",
                "Trainer.validate",
                _("After each epoch, on images that were held out: without gradients, without augmentation."),
            ),
            Piece(
                "core/training/trainer.py",
                "Trainer.end_epoch",
                _("Measured, kept if it is the best so far, written to disk, and only then told of."),
            ),
            Piece(
                "core/evaluation/predictions.py",
                "evaluate_bundle",
                _(
                    "The test images, once training is over, by the sealed model that is shipped, not by the network that trained."
                ),
            ),
            Piece(
                "core/evaluation/metrics.py",
                "wilson_interval",
                _("No accuracy without its 95% interval: how far another draw of test images might move it."),
            ),
        ],
    }


def code(run: Run | None) -> None:
    """What the code makes, a network and a run; the code itself, part by part; and the case study."""
    st.header(
        _("The project in its own words: {n} functions from pixels to a measured model").format(
            n=sum(map(len, chapters().values()))
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
    parts = chapters()
    chosen = st.segmented_control(
        _("Part of the project"),
        list(parts),
        default=next(iter(parts)),
        required=True,
        key="chapter",
        label_visibility="collapsed",
    )
    for piece in parts[chosen]:
        found = part(piece.path, piece.name)
        st.markdown(f"**`{piece.name}`** · {piece.note}")
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
