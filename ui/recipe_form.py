"""The recipe as sliders: five for a beginner, all of them by subject, and what was changed since they were set."""

from typing import Any

import streamlit as st

from core.data.versions import Dataset
from core.errors import VitrineError
from core.models import FAMILIES
from core.training.presets import PRESETS, SUMMARIES, make_recipe
from core.training.recipe import Recipe
from core.training.recipes import STANDARD, changes
from core.training.start import with_body
from ui.formats import plain
from ui.i18n import _, ngettext
from ui.preview import AUGMENTATION, sliders_with_preview
from ui.recipe_sharing import sharing
from ui.recipe_state import PRESET, Origin, arrive, keep, link_trouble, move, origin_of_sliders, take_back, take_preset
from ui.schedule_chart import schedule_chart
from ui.settings import setting_widget, title_of, value_words
from ui.states import message
from ui.transfer import start_choice

FIRST = ("epochs", "batch_size", "learning_rate", "dropout", "train_images")  # what a beginner sees
SHAPE = ("depth", "width", "stages", "cell", "grow")  # each family has some of them
DATA = ("validation_share", "class_weights")
RATE = ("schedule", "warmup")
OPTIMISATION = (
    "optimizer",
    "weight_decay",
    "l1",
    "label_smoothing",
    "clip_norm",
    "ema",
    "patience",
)
MACHINE = ("precision", "seed")


def preset_picker() -> None:
    """The select box of all presets; below it stands what the chosen one is."""
    arrive()
    st.selectbox(
        _("Start from"),
        list(PRESETS),
        key=PRESET,
        on_change=take_preset,
        help=_("A recipe that is known to work. Every slider moves to its values."),
    )


def recipe_form(dataset: Dataset) -> Recipe:
    """The sliders, and what they say as a valid recipe."""
    origin = origin_of_sliders()
    summary = st.empty()
    _trouble()
    above = st.container()
    values = {"start": start_choice(origin.recipe)} | _widgets(FIRST, origin, dataset)
    with st.expander(_("All settings"), icon=":material/tune:"):
        values |= _all_settings(origin, dataset, values)
    # What has no slider here stays as where the recipe began.
    recipe = make_recipe(origin.recipe.preset, **{**origin.recipe.model_dump(exclude={"preset"}), **values})
    known = recipe.start is not None or recipe.family == PRESETS[recipe.preset].family
    other = _("The settings of {preset}, for another network: {family}.")
    summary.caption(
        _(SUMMARIES[recipe.preset]) if known else other.format(preset=recipe.preset, family=value_words(recipe.family))
    )
    with above:
        _changes(recipe, origin)
        sharing(recipe, dataset.name)
    keep(recipe, origin)
    return recipe


def _all_settings(origin: Origin, dataset: Dataset, first: dict[str, Any]) -> dict[str, Any]:
    """All that is not among the first, by subject; of the network's settings those that its family has."""
    values: dict[str, Any] = {}
    if first["start"] is None:  # or it has the network and the image side of what it starts from
        _heading(_("Network"))
        values |= _widgets(("family",), origin, dataset)
        shape = tuple(name for name in SHAPE if name in FAMILIES[values["family"]].settings)
        values |= _widgets((*shape, "image_side"), origin, dataset)
    _heading(_("Data"))
    values |= _widgets(DATA, origin, dataset)
    if not first["epochs"]:  # only a new head is learnt, in no steps
        _heading(_("Machine"))
        return values | _widgets(MACHINE, origin, dataset)
    _heading(_("Optimisation"))
    rate = _widgets(RATE, origin, dataset)
    shown = {"epochs": first["epochs"], "learning_rate": first["learning_rate"], **rate}
    schedule_chart(make_recipe(STANDARD, **shown), key="rate-sketch")
    values |= rate | _widgets(OPTIMISATION, origin, dataset)
    _heading(_("Augmentation"))
    seen = make_recipe(STANDARD, image_side=_image_side(values, first["start"], origin))
    values |= sliders_with_preview(lambda: _widgets(AUGMENTATION, origin, dataset), dataset, seen)
    _heading(_("Machine"))
    return values | _widgets(MACHINE, origin, dataset)


def _image_side(values: dict[str, Any], start: str | None, origin: Origin) -> int:
    if start is None:
        return int(values["image_side"])
    try:
        return with_body(Recipe(start=start)).image_side
    except VitrineError:  # said above the form
        return origin.recipe.image_side


def _heading(words: str) -> None:
    st.markdown(f"**{words}**")


def _widgets(names: tuple[str, ...], origin: Origin, dataset: Dataset) -> dict[str, Any]:
    return {name: setting_widget(name, getattr(origin.recipe, name), dataset) for name in names}


def _changes(recipe: Recipe, origin: Origin) -> None:
    """What was changed, in a line of the same height whatever it is; more, and the ways back, are a click away."""
    changed = {name: value for name, value in changes(recipe, origin.recipe).items() if name != "start"}
    name = plain(origin.name)
    if not changed:
        label = _("As in “{name}”").format(name=name)
    elif len(changed) == 1:
        label = _changed(*next(iter(changed.items())), origin)
    else:
        label = ngettext("{n} change against “{name}”", "{n} changes against “{name}”", len(changed))
        label = label.format(n=len(changed), name=name)
    icon = ":material/difference:" if changed else ":material/check:"
    box = st.popover(label, icon=icon, width="stretch", disabled=not changed, key="recipe-changes")
    if not changed:
        return
    with box:
        st.markdown(_("Changed against “{name}”").format(name=name))
        for setting, value in changed.items():
            words, button = st.columns([4, 1], vertical_alignment="center", wrap=False)
            words.markdown(_changed(setting, value, origin))
            button.button(
                "",
                icon=":material/undo:",
                help=_("Take this change back"),
                key=f"undo-{setting}",
                on_click=take_back,
                args=(setting,),
            )
        st.button(
            _("Back to “{name}”").format(name=name),
            icon=":material/undo:",
            key="undo-all",
            on_click=move,
            args=(origin.recipe, origin),
        )


def _changed(name: str, value: Any, origin: Origin) -> str:
    return f"{title_of(name)}: {value_words(getattr(origin.recipe, name))} → {value_words(value)}"


def _trouble() -> None:
    """What was wrong with the link that was opened, for as long as what it asks for is on the sliders."""
    if wrong := link_trouble():
        told = " ".join(message(error) for error in wrong)
        st.warning(_("Not all of this link could be followed. {told}").format(told=told), icon=":material/link_off:")
