"""The training images that the photo resembles most, as the model sees it."""

import numpy as np
import streamlit as st

from core.bundle.predictor import Predictor
from core.data.imageset import load_split
from core.data.lookup import images_for
from core.errors import VitrineError
from core.evaluation.neighbours import Neighbours
from core.runs.run import Run
from ui.formats import number, plain
from ui.i18n import _
from ui.judging import missing_pictures
from ui.pictures import enlarged
from ui.studies import measured

SHOWN = 6


def alike(model: Predictor, run: Run, square: np.ndarray) -> None:
    """The nearest images and their classes; before that, the way to them."""
    try:
        dataset = images_for(run)
    except VitrineError as error:
        missing_pictures(run, error)
        return
    found: Neighbours | None = measured(
        run,
        "neighbours",
        _("Get the training images ready"),
        _("Each photo is compared with some thousand training images. For that, the model has to look at them once."),
        dataset,
    )
    if found is None:
        return
    embedding = model.run(model.looks(square), ("embedding",)).embedding.mean(axis=0)
    nearest = found.nearest(embedding, SHOWN)
    try:
        images = load_split(dataset, "train", model.side)
    except VitrineError as error:
        missing_pictures(run, error)
        return
    places = np.searchsorted(images.rows, [row for row, _label, _likeness in nearest])
    with st.grid(SHOWN, min_column_width=88, gap="small"):
        for place, (_row, label, likeness) in zip(places, nearest, strict=True):
            st.image(
                enlarged(np.asarray(images.pixels[place]), 128),
                width="stretch",
                caption=plain(_("{label} · {likeness:.2f}").format(label=dataset.classes[label], likeness=likeness)),
                alt=_("A training image of class {label}").format(label=dataset.classes[label]),
            )
    st.caption(
        _(
            "Of {n} training images, those whose embedding points most nearly the same way; 1.00 would be the same direction. They show "
            "what the model thinks of, and are no proof."
        ).format(n=number(len(found.rows)))
    )
