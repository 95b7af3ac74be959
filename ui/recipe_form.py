"""The recipe as sliders. They begin at a preset, or at an earlier run, a saved recipe, a file or a link, and say what was changed since."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.data.versions import Dataset
from core.errors import VitrineError
from core.models import FAMILIES
from core.training.recipe import PRESETS, SETTINGS, Recipe, make_recipe
from core.training.recipes import STANDARD, changes, from_link, to_link
from ui.formats import plain
from ui.i18n import _, ngettext
from ui.schedule_chart import schedule_chart
from ui.settings import key_of, setting_widget, title_of, value_words
from ui.states import message

FIRST = ("epochs", "batch_size", "learning_rate", "dropout", "train_images")  # what a beginner sees
SHAPE = ("depth", "width", "cell")  # of the network; each family has some of them
DATA = ("image_side", "validation_share", "class_weights")
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
AUGMENTATION = ("flip", "translate", "crop", "colour", "cutout", "mixup")
MACHINE = ("precision", "seed")
_LINK = ("preset", *SETTINGS)  # names in the address
_PRESET, _ORIGIN, _DRAFT, _TROUBLE = "preset", "recipe-origin", "recipe-draft", "recipe-trouble"


@dataclass(frozen=True)
class Origin:
    """What the sliders began at, and what their changes are told against."""

    name: str
    recipe: Recipe


def preset_picker() -> None:
    """The select box of all presets; below it stands what the chosen one is."""
    _arrive()
    st.selectbox(
        _("Start from"),
        list(PRESETS),
        key=_PRESET,
        on_change=_take_preset,
        help=_("A recipe that is known to work. Every slider moves to its values."),
    )


def recipe_form(dataset: Dataset) -> Recipe:
    """The sliders, and what they say as a valid recipe."""
    origin = _origin()
    st.caption(_(PRESETS[origin.recipe.preset].summary))
    _trouble()
    changed = st.container()
    values = _widgets(FIRST, origin, dataset)
    with st.expander(_("All settings"), icon=":material/tune:"):
        values |= _all_settings(origin, dataset, values)
    # What has no slider here stays as where the recipe began.
    recipe = make_recipe(origin.recipe.preset, **{**origin.recipe.model_dump(exclude={"preset"}), **values})
    with changed:
        _changes(recipe, origin)
    st.session_state[_DRAFT] = (recipe, origin)
    _write_address(recipe)
    return recipe


def start_from(name: str, recipe: Recipe, different: Mapping[str, Any] | None = None) -> None:
    """Set every slider to a recipe, but for what is `different`. To be called before the form is drawn, as callbacks are."""
    _move(recipe, Origin(name, recipe), different or {})


def _all_settings(origin: Origin, dataset: Dataset, first: dict[str, Any]) -> dict[str, Any]:
    """All that is not among the first, by subject; of the network's settings those that its family has."""
    st.markdown(f"**{_('Network')}**")
    values = _widgets(("family",), origin, dataset)
    values |= _widgets(tuple(name for name in SHAPE if name in FAMILIES[values["family"]].settings), origin, dataset)
    st.markdown(f"**{_('Data')}**")
    values |= _widgets(DATA, origin, dataset)
    st.markdown(f"**{_('Optimisation')}**")
    rate = _widgets(RATE, origin, dataset)
    shown = {"epochs": first["epochs"], "learning_rate": first["learning_rate"], **rate}
    schedule_chart(make_recipe(STANDARD, **shown), key="rate-sketch")
    values |= rate | _widgets(OPTIMISATION, origin, dataset)
    st.markdown(f"**{_('Augmentation')}**")
    values |= _widgets(AUGMENTATION, origin, dataset)
    st.markdown(f"**{_('Machine')}**")
    return values | _widgets(MACHINE, origin, dataset)


def _widgets(names: tuple[str, ...], origin: Origin, dataset: Dataset) -> dict[str, Any]:
    return {name: setting_widget(name, getattr(origin.recipe, name), dataset) for name in names}


def _origin() -> Origin:
    origin: Origin | None = st.session_state.get(_ORIGIN)
    return origin or _preset_origin(st.session_state[_PRESET])


def _preset_origin(preset: str) -> Origin:
    return Origin(preset, PRESETS[preset])


def _take_preset() -> None:
    _move(PRESETS[st.session_state[_PRESET]], None)


def _move(recipe: Recipe, origin: Origin | None, different: Mapping[str, Any] | None = None) -> None:
    """Set the sliders. What they differ from their origin in, they are told one by one; the rest follows when they are drawn."""
    st.session_state.pop(_TROUBLE, None)
    for name in SETTINGS:
        st.session_state.pop(key_of(name), None)
    st.session_state[_PRESET] = recipe.preset
    st.session_state[_ORIGIN] = origin
    base = origin.recipe if origin else PRESETS[recipe.preset]
    for name, value in (changes(recipe, base) | dict(different or {})).items():
        st.session_state[key_of(name)] = value


def _changes(recipe: Recipe, origin: Origin) -> None:
    """What was changed, in a line of the same height whatever it is; more, and the ways back, are a click away."""
    changed = changes(recipe, origin.recipe)
    name = plain(origin.name)
    if not changed:
        label = _("As in “{name}”").format(name=name)
    elif len(changed) == 1:
        label = _changed(*next(iter(changed.items())), origin)
    else:
        label = ngettext("{n} change against “{name}”", "{n} changes against “{name}”", len(changed))
        label = label.format(n=len(changed), name=name)
    icon = ":material/difference:" if changed else ":material/check:"
    with st.popover(label, icon=icon, width="stretch", disabled=not changed, key="recipe-changes"):
        st.markdown(_("Changed against “{name}”").format(name=name))
        for setting, value in changed.items():
            words, button = st.columns([4, 1], vertical_alignment="center", wrap=False)
            words.markdown(_changed(setting, value, origin))
            button.button(
                "",
                icon=":material/undo:",
                help=_("Take this change back"),
                key=f"undo-{setting}",
                on_click=_take_back,
                args=(setting,),
            )
        st.button(
            _("Back to “{name}”").format(name=name),
            icon=":material/undo:",
            key="undo-all",
            on_click=_move,
            args=(origin.recipe, origin),
        )


def _changed(name: str, value: Any, origin: Origin) -> str:
    return f"{title_of(name)}: {value_words(getattr(origin.recipe, name))} → {value_words(value)}"


def _take_back(name: str) -> None:
    st.session_state.pop(key_of(name), None)  # it is set where it began when it is drawn


def _trouble() -> None:
    """What was wrong with the link that was opened, for as long as what it asks for is on the sliders."""
    wrong: list[VitrineError] = st.session_state.get(_TROUBLE, [])
    if wrong:
        told = " ".join(message(error) for error in wrong)
        st.warning(_("This link is not followed in all. {told}").format(told=told), icon=":material/link_off:")


def _arrive() -> None:
    """Set the sliders as the address says, or else as they were left, when the page is opened or the browser goes back."""
    context = get_script_run_ctx()
    fresh, went_back = _PRESET not in st.session_state, context is not None and context.is_history_navigation
    if not (fresh or went_back):
        return
    asked = {name: value for name, value in st.query_params.items() if name not in ("run", "data")}
    told, wrong = from_link(asked)
    recipe, origin = st.session_state.get(_DRAFT, (None, None))
    if recipe is None or (told != recipe and (went_back or any(name in asked for name in _LINK))):
        recipe, origin = told, None
    _move(recipe, origin)
    st.session_state[_TROUBLE] = wrong


def _write_address(recipe: Recipe) -> None:
    """Keep the sliders in the address, where a refresh finds them; a preset as it is needs no settings, the first none at all."""
    told = to_link(recipe) if recipe != PRESETS[STANDARD] else {}
    if {name: st.query_params[name] for name in _LINK if name in st.query_params} != told:
        # What has no value leaves the address; one update is one step in the browser's history.
        st.query_params.update({name: told.get(name, []) for name in _LINK})
