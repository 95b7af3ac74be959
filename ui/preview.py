"""What augmentation does to real images, beside its sliders: made by the code that trains, in the warm process beside the page."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from core.bundle.decoding import Decoded, shared_pool
from core.data.versions import Dataset
from core.errors import VitrineError
from core.studio import studio
from core.training.recipe import Recipe
from ui.formats import percent, plain
from ui.i18n import _
from ui.pictures import strip
from ui.states import show_error

EPOCHS = 5  # pictures after the original
IMAGES = EPOCHS + 1
ROWS = 2  # of pictures: the column is narrow, and they are to be large
TILE = 96  # pixels of a picture at least
TICK = 0.4  # seconds between two looks whether the process is there
FLUSH = 0.03  # seconds until pictures are on their way: what a rerun finds still here it throws away
_DRAW = "preview-draw"  # how often others were asked for
AUGMENTATION = (
    "flip",
    "translate",
    "rotate",
    "crop",
    "colour",
    "noise",
    "cutout",
    "mixup",
)  # what the pictures depend on
Pictures = list[tuple[np.ndarray, str]]  # rows, each with its caption


def sliders_with_preview(sliders: Callable[[], dict[str, Any]], dataset: Dataset, recipe: Recipe) -> dict[str, Any]:
    """The sliders of augmentation and the pictures above them, which follow a slider before the rest of the page does.

    Args:
        sliders: draws them; what they say, by setting.
        recipe: whose image side the pictures have.
    """
    values: dict[str, Any] = st.fragment(_sliders_and_pictures)(sliders, dataset, recipe, [])
    return values


def _sliders_and_pictures(
    sliders: Callable[[], dict[str, Any]], dataset: Dataset, recipe: Recipe, drawn: list[bool]
) -> dict[str, Any]:
    pictures = st.container()  # above the sliders, so that they stay on the screen while one of them moves
    values = sliders()
    with pictures:
        augmentation_preview(dataset, recipe.model_copy(update=values))
    if drawn:  # a slider was moved: what else depends on it follows
        time.sleep(FLUSH)
        st.rerun()
    drawn.append(True)
    return values


def augmentation_preview(dataset: Dataset, recipe: Recipe) -> None:
    """An image, and how some epochs would see it; without augmentation a few images as they are."""
    waits = recipe.augments and not studio("preview").ready
    if waits:
        studio("preview").warm()
    st.fragment(_preview, run_every=TICK if waits else None)(dataset, recipe, waits)


def _preview(dataset: Dataset, recipe: Recipe, waited: bool) -> None:
    if waited and studio("preview").ready:
        st.rerun()  # the whole page, so that this need not look any more
    waits = waited and studio("preview").starting  # where it could not be started, asking it says why
    draw: int = st.session_state.setdefault(_DRAW, 0)
    try:
        rows = _rows(dataset, recipe, draw, waits)
    except VitrineError as error:
        show_error(error)
        return
    with st.container(gap="xsmall"):
        for picture, caption in rows:
            st.image(picture, width="stretch", caption=caption, alt=caption or _("Training images"))
    st.button(_("Other images"), icon=":material/shuffle:", type="tertiary", on_click=_draw_others)


def _draw_others() -> None:
    st.session_state[_DRAW] += 1


def _rows(dataset: Dataset, recipe: Recipe, draw: int, waits: bool) -> Pictures:
    images, names = _originals(dataset.fingerprint, dataset, recipe.image_side, draw)
    if not recipe.augments:
        return _strips(images, ["", _("Nothing is changed: every epoch sees the images as they are.")])
    if waits:
        blank = np.full_like(images[:EPOCHS], 128)
        text = _("{name}; the pictures beside it are being made").format(name=plain(names[0]))
        return _strips(np.concatenate([images[:1], blank]), ["", text])
    settings = tuple((name, getattr(recipe, name)) for name in AUGMENTATION)
    views, blends = _views(dataset.fingerprint, recipe.image_side, draw, settings, images, recipe)
    return _strips(np.concatenate([images[:1], views[:, 0]]), _captions(names, blends))


def _strips(images: np.ndarray, captions: Sequence[str]) -> Pictures:
    """The pictures `[n, side, side, 3]` in rows, each with its caption."""
    return [(strip(row, TILE), text) for row, text in zip(np.split(images, ROWS), captions, strict=True)]


def _captions(names: Sequence[str], blends: Sequence[tuple[float, Sequence[int]]]) -> list[str]:
    """What the rows show; of blends what is in each picture, from left to right."""
    name = plain(names[0])
    if not blends:
        return ["", _("{name}, and how {n} epochs would see it").format(name=name, n=EPOCHS)]
    mixed = [
        _("{share} {name}").format(share=percent(1 - share, 0), name=plain(names[partners[0]]))
        for share, partners in blends
    ]
    first = IMAGES // ROWS - 1  # blends in the first row, behind the original
    return [
        _("{name} · with {parts}").format(name=name, parts=" · ".join(mixed[:first])),
        _("with {parts}").format(parts=" · ".join(mixed[first:])),
    ]


@st.cache_data(max_entries=16, show_spinner=False)
def _originals(fingerprint: str, _dataset: Dataset, side: int, draw: int) -> tuple[np.ndarray, list[str]]:
    """Training images of as many classes as possible, as the network sees them, uint8 `[n, side, side, 3]`, and their classes.

    The fingerprint stands for the dataset in the cache.
    """
    table = _dataset.manifest("split", "label")
    labels = np.where(table["split"].to_numpy() == "train", table["label"].to_numpy(), -1)
    random = np.random.default_rng(draw)
    classes = random.permutation(len(_dataset.classes))
    rows = [int(random.choice(np.flatnonzero(labels == classes[number % len(classes)]))) for number in range(IMAGES)]
    images = [image for image in shared_pool().decode(_dataset.originals(rows), side) if isinstance(image, Decoded)]
    if len(images) < len(rows):
        raise VitrineError("data_damaged", name=_dataset.name, version=_dataset.version)
    return np.stack([image.pixels for image in images]), [_dataset.classes[labels[row]] for row in rows]


@st.cache_data(max_entries=64, show_spinner=False)
def _views(
    fingerprint: str, side: int, draw: int, settings: tuple[object, ...], _images: np.ndarray, _recipe: Recipe
) -> tuple[np.ndarray, list[tuple[float, list[int]]]]:
    """What training would see of the images; only a blend needs more of them than are shown."""
    asked = _images if _recipe.mixup else _images[:1]
    facts, views = studio("preview").ask(
        "preview", asked, recipe=_recipe.model_dump(mode="json"), epochs=EPOCHS, draw=draw
    )
    assert views is not None
    return views, facts["blends"]
