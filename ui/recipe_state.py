"""What the recipe's sliders began at, and how they come to say something else: a preset, an earlier run, a saved recipe, a file, a link.

What they say is kept for the visit and in the address, so that neither a look at another page nor a refresh loses it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.errors import VitrineError
from core.training.presets import PRESETS
from core.training.recipe import SETTINGS, Recipe
from core.training.recipes import STANDARD, changes, from_link, to_link
from ui.settings import key_of

PRESET = "preset"  # the key of its select box, and its name in the address
_LINK = (PRESET, *SETTINGS)  # names in the address
_ORIGIN, _DRAFT, _TROUBLE = "recipe-origin", "recipe-draft", "recipe-trouble"


@dataclass(frozen=True)
class Origin:
    """What the sliders began at, and what their changes are told against; the id of the run, if it was one."""

    name: str
    recipe: Recipe
    run: str | None = None


def origin_of_sliders() -> Origin:
    """Where the sliders began."""
    origin: Origin | None = st.session_state.get(_ORIGIN)
    preset = st.session_state[PRESET]
    return origin or Origin(preset, PRESETS[preset])


def start_from(name: str, recipe: Recipe, different: Mapping[str, Any] | None = None, run: str | None = None) -> None:
    """Set every slider to a recipe, of a `run` maybe, but for what is `different`. To be called before the form is drawn."""
    move(recipe, Origin(name, recipe, run), different or {})


def take_preset() -> None:
    """Set every slider to the preset that was chosen."""
    move(PRESETS[st.session_state[PRESET]], None)


def move(recipe: Recipe, origin: Origin | None, different: Mapping[str, Any] | None = None) -> None:
    """Set the sliders. What they differ from their origin in, they are told one by one; the rest follows when they are drawn."""
    st.session_state.pop(_TROUBLE, None)
    for name in SETTINGS:
        st.session_state.pop(key_of(name), None)
    st.session_state[PRESET] = recipe.preset
    st.session_state[_ORIGIN] = origin
    base = origin.recipe if origin else PRESETS[recipe.preset]
    for name, value in (changes(recipe, base) | dict(different or {})).items():
        st.session_state[key_of(name)] = value


def take_back(name: str) -> None:
    """Undo the change of one setting: it begins anew when it is drawn."""
    st.session_state.pop(key_of(name), None)


def arrive() -> None:
    """Set the sliders as the address says, or else as they were left, when the page is opened or the browser goes back."""
    context = get_script_run_ctx()
    fresh, went_back = PRESET not in st.session_state, context is not None and context.is_history_navigation
    if not (fresh or went_back):
        return
    asked = {name: value for name, value in st.query_params.items() if name not in ("run", "data", "from")}
    told, wrong = from_link(asked)
    recipe, origin = st.session_state.get(_DRAFT, (None, None))
    if recipe is None or (told != recipe and (went_back or any(name in asked for name in _LINK))):
        recipe, origin = told, None
    move(recipe, origin)
    st.session_state[_TROUBLE] = wrong


def link_trouble() -> list[VitrineError]:
    """What was wrong with the link that was opened, until the sliders are set anew."""
    wrong: list[VitrineError] = st.session_state.get(_TROUBLE, [])
    return wrong


def keep(recipe: Recipe, origin: Origin) -> None:
    """Remember what the sliders say."""
    st.session_state[_DRAFT] = (recipe, origin)
    _write_address(recipe)


def _write_address(recipe: Recipe) -> None:
    """Keep the sliders in the address, where a refresh finds them; a preset as it is needs no settings, the first none at all."""
    told = to_link(recipe) if recipe != PRESETS[STANDARD] else {}
    if {name: st.query_params[name] for name in _LINK if name in st.query_params} != told:
        # What has no value leaves the address; one update is one step in the browser's history.
        st.query_params.update({name: told.get(name, []) for name in _LINK})
