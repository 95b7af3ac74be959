"""One image on its way into a network: as it came, resized, normalised, and as training would vary it."""

import numpy as np
import streamlit as st

from core.bundle.decoding import Decoded, shared_pool
from core.data.profile import Profile
from core.data.versions import Dataset
from core.errors import VitrineError
from core.studio import studio
from core.training.presets import PRESETS
from core.training.recipe import Recipe
from ui.datasets import known_profile
from ui.formats import plain
from ui.i18n import _
from ui.pictures import enlarged, strip
from ui.states import show_error

SIDES = (16, 28, 32, 64, 96, 128, 224)  # pixels that networks commonly take
PREVIEW = 320  # pixels of the longer side of the image as it came
TILE = 160  # pixels of a picture at least
DRAWS = 6  # times that training varies it
TICK = 0.4  # seconds between two looks whether the process with torch is there
LEAST = 0.01  # of a deviation: one grey for all images has none, and networks do not divide by less
_ANOTHER = "prepared-image"  # how often another image was asked for


def preprocessing(dataset: Dataset) -> None:
    """The steps, one beside the other, of an image that can be chosen."""
    st.markdown(
        _(
            "Every image is turned upright, cropped to the square in its middle and resized. A network then gets each colour less its mean "
            "over all training images, divided by its deviation. Of the training images each run sets a share of every class aside, drawn "
            "by its seed, to validate on. The test images stay untouched until evaluation."
        )
    )
    st.fragment(_steps)(dataset)


def _steps(dataset: Dataset) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.selectbox(
            _("An image of"),
            range(len(dataset.classes)),
            format_func=dataset.classes.__getitem__,
            key=f"prepared-class-{dataset.name}-{dataset.version}",
            width=240,
        )
        side = st.select_slider(_("Side in pixels"), SIDES, 32, key="prepared-side", width=280)
        st.button(_("Another image"), icon=":material/shuffle:", on_click=_turn)
    try:
        image = _image(str(dataset.folder), label, st.session_state.get(_ANOTHER, 0), side, dataset)
    except VitrineError as error:
        show_error(error)
        return
    profile = known_profile(dataset)
    assert image.preview is not None  # it was asked for
    name = dataset.classes[label]
    raw, resized, normal = st.columns(3)
    with raw:
        small = max(image.preview.shape) < 2 * SIDES[2]
        st.image(
            enlarged(image.preview, TILE) if small else image.preview,
            width="stretch",
            caption=_("**As it came**: {width} × {height} pixels, {form}, 0 to 255").format(
                width=image.width, height=image.height, form=plain(image.format)
            ),
            alt=_("An image of class {name}").format(name=name),
        )
    with resized:
        st.image(
            enlarged(image.pixels, TILE),
            width="stretch",
            caption=_("**Resized**: the middle, {side} × {side} pixels, 0 to 255").format(side=side),
            alt=_("The same image as the model sees it"),
        )
    if profile is not None:
        with normal:
            _normalised(image.pixels, profile)
    _augmented(dataset, image.pixels, side)


def _normalised(pixels: np.ndarray, profile: Profile) -> None:
    """The numbers that the first layer gets, drawn from black for the lowest to white for the highest."""
    values = (pixels / 255 - profile.mean) / np.maximum(profile.deviation, LEAST)
    low, high = float(values.min()), float(values.max())
    drawn = np.rint(255 * (values - low) / max(high - low, 1e-6)).astype(np.uint8)
    means = ", ".join(f"{mean:.2f}" for mean in profile.mean)
    deviations = ", ".join(f"{deviation:.2f}" for deviation in profile.deviation)
    text = _("**Normalised**: {low:.1f} (drawn black) to {high:.1f} (white), mean {mean:.1f}")
    st.image(
        enlarged(drawn, TILE),
        width="stretch",
        caption=text.format(low=low, high=high, mean=round(float(values.mean()), 1) + 0.0).replace("-", "−"),
        alt=_("The same image, its colours moved and stretched"),
    )
    st.caption(
        _(
            "Means of red, green, blue: {means}; deviations: {deviations}. Each run measures them on what it trains on."
        ).format(means=means, deviations=deviations)
    )


def _augmented(dataset: Dataset, pixels: np.ndarray, side: int) -> None:
    """What some epochs would see of it, by the code that trains."""
    st.header(_("Augmented: every epoch sees it a little different"), anchor=False)
    presets = [name for name, recipe in PRESETS.items() if recipe.augments and not recipe.mixup]
    preset = st.selectbox(_("As this preset does"), presets, key="prepared-preset", width=280)
    waits = not studio("preview").ready
    if waits:
        studio("preview").warm()
    recipe = PRESETS[preset].model_copy(update={"image_side": side})
    st.fragment(_views, run_every=TICK if waits else None)(pixels, recipe, waits)


def _views(pixels: np.ndarray, recipe: Recipe, waited: bool) -> None:
    if waited and studio("preview").ready:
        st.rerun()  # so that this need not look any more
    if waited and studio("preview").starting:
        st.skeleton(height=TILE)
        return
    try:
        views = _drawn(pixels.tobytes(), recipe.model_dump_json(), pixels, recipe)
    except VitrineError as error:
        show_error(error)
        return
    text = _("The image, and how {n} epochs would see it. None of this is done to validation and test images.")
    st.image(
        strip(np.concatenate([pixels[None], views]), TILE),
        width="stretch",
        caption=text.format(n=DRAWS),
        alt=text.format(n=DRAWS),
    )


@st.cache_data(max_entries=32, show_spinner=False)
def _drawn(image: bytes, settings: str, _pixels: np.ndarray, _recipe: Recipe) -> np.ndarray:
    _facts, views = studio("preview").ask(
        "preview", _pixels[None], recipe=_recipe.model_dump(mode="json"), epochs=DRAWS, draw=1
    )
    assert views is not None
    return views[:, 0]


@st.cache_data(max_entries=32, show_spinner=False)
def _image(folder: str, label: int, turn: int, side: int, _dataset: Dataset) -> Decoded:
    """One training image of a class, another at each turn. The folder stands for the dataset in the cache."""
    splits, labels = (column.to_numpy(zero_copy_only=False) for column in _dataset.manifest("split", "label").columns)
    rows = np.flatnonzero((splits == "train") & (labels == label))
    row = int(rows[turn * 7919 % len(rows)])  # a prime: the turns come to every image of the class
    (image,) = shared_pool().decode(_dataset.originals([row]), side, PREVIEW)
    if not isinstance(image, Decoded):
        raise VitrineError("data_damaged", name=_dataset.name, version=_dataset.version)
    return image


def _turn() -> None:
    st.session_state[_ANOTHER] = st.session_state.get(_ANOTHER, 0) + 1
