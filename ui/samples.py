"""What a run says of a few validation images, epoch by epoch: pictures with their guesses."""

import io

import numpy as np
import streamlit as st
from PIL import Image

from core.data.imageset import load_split
from core.data.lookup import dataset_of, has_rows_of
from core.data.versions import get_dataset
from core.errors import VitrineError
from core.evaluation.facts import sureness
from core.runs.run import Run, Samples
from ui.formats import plain
from ui.i18n import _
from ui.judging import missing_pictures
from ui.pictures import enlarged

PICTURE = 120  # pixels of a picture
NARROWEST = 104  # pixels on the screen: twelve fill three rows beside the sliders, four on a phone


def sample_predictions(run: Run) -> None:
    """The newest guesses of a run at work; of one that has ended, those of any epoch. Nothing before there are any."""
    samples = run.samples
    if not samples:
        return
    epochs = sorted(samples)
    title, chooser = st.empty(), st.empty()
    epoch = epochs[-1]
    if not run.active and len(epochs) > 1:
        epoch = chooser.select_slider(_("After epoch"), epochs, epoch, key=f"samples-{run.id}")
    try:
        dataset = dataset_of(run)
        if not has_rows_of(dataset, run):
            return
        side = run.recipe["image_side"]
        pictures, truths, classes = _images(dataset.name, dataset.version, side, tuple(samples[epoch].rows))
    except VitrineError as error:  # the curves stand without the pictures
        chooser.empty()
        missing_pictures(run, error)
        return
    title.markdown(f"**{_title(epoch, samples[epoch], truths)}**")
    with st.grid("auto", min_column_width=NARROWEST, gap="small"):
        for picture, truth, shares in zip(pictures, truths, samples[epoch].probabilities, strict=True):
            said = int(np.argmax(shares))
            caption = _caption(classes[said], shares[said], classes[truth], said == truth)
            alt = _("An image of class {true}, taken for {said}").format(true=classes[truth], said=classes[said])
            st.image(picture, caption=caption, width="stretch", alt=alt)


def _title(epoch: int, samples: Samples, truths: list[int]) -> str:
    right = sum(int(np.argmax(shares)) == truth for shares, truth in zip(samples.probabilities, truths, strict=True))
    return _("After epoch {epoch}, {right} of these {n} validation images are named rightly").format(
        epoch=epoch, right=right, n=len(truths)
    )


def _caption(said: str, sure: float, true: str, right: bool) -> str:
    """Two lines whatever it says, so that nothing moves when it changes its mind."""
    icon = ":material/check:" if right else ":material/close:"
    verdict = _("right") if right else _("wrong, is {true}").format(true=plain(true))
    return f"{icon} **{plain(said)}** · {sureness(sure)}  \n{verdict}"


@st.cache_data(max_entries=16, show_spinner=False)
def _images(
    data: str, version: int, side: int, rows: tuple[int, ...]
) -> tuple[list[bytes], list[int], tuple[str, ...]]:
    """The pictures of those rows as PNG files, their classes by number, and all classes: read once, not at every tick."""
    images = load_split(get_dataset(data, version), "train", side)
    places = np.searchsorted(images.rows, rows)
    return [_png(images.pixels[place]) for place in places], images.labels[places].tolist(), images.classes


def _png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(enlarged(np.asarray(pixels), PICTURE)).save(file, "PNG")
    return file.getvalue()
