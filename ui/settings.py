"""One setting of a recipe as a widget. Name, range, step and help come from the recipe's own field: page and core cannot differ."""

import math
from collections.abc import Sequence
from typing import Any, get_args

import streamlit as st

from core.data.versions import Dataset
from core.training.recipe import Recipe, limits
from ui.i18n import _


def key_of(name: str) -> str:
    """The key of a setting's widget."""
    return f"recipe-{name}"


def title_of(name: str) -> str:
    """What a setting is called."""
    return _(str(_extra(name)["title"]))


def value_words(value: Any) -> str:
    """A setting's value as people read it."""
    if value is None:
        return _("all")  # training images
    if isinstance(value, bool):
        return _("on") if value else _("off")
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def setting_widget(name: str, origin: Any, dataset: Dataset) -> Any:
    """The widget of a setting, and its value. One that differs from `origin`, where the recipe began, says so beside its title."""
    extra, key = _extra(name), key_of(name)
    # Not a default: a slider that is on the screen already would not move to another one.
    st.session_state.setdefault(key, origin)
    title, help_text = title_of(name), _(str(extra["help"]))
    if st.session_state[key] != origin:
        title += " :gray-badge[" + _("was {value}").format(value=value_words(origin)) + "]"
    if name == "train_images":
        return _images_slider(title, help_text, key, dataset)
    if choices := get_args(Recipe.model_fields[name].annotation):
        return st.selectbox(title, choices, help=help_text, key=key)
    if Recipe.model_fields[name].annotation is bool:
        return st.toggle(title, help=help_text, key=key)
    low, high = _range(name)
    if stops := _stops(extra, low, high):
        options = sorted({*stops, origin, st.session_state[key]})
        return st.select_slider(title, options, help=help_text, key=key, format_func=value_words)
    return st.slider(title, low, high, step=type(low)(extra.get("step", 1)), help=help_text, key=key)


def _extra(name: str) -> dict[str, Any]:
    extra = Recipe.model_fields[name].json_schema_extra
    assert isinstance(extra, dict)
    return extra


def _images_slider(title: str, help_text: str, key: str, dataset: Dataset) -> int | None:
    """The number of training images, from a few a class to all that there are."""
    everything, wanted = dataset.size("train"), st.session_state[key]
    smallest = max(2 * len(dataset.classes), _range("train_images")[0])
    options = {n for n in _grid(smallest, everything) if smallest <= n < everything}
    if wanted is not None and wanted < everything:
        options.add(wanted)
    elif wanted is not None:
        st.session_state[key] = None  # it was chosen for a larger dataset
    return st.select_slider(title, [*sorted(options), None], help=help_text, key=key, format_func=value_words)


def _stops(extra: dict[str, Any], low: float, high: float) -> Sequence[float]:
    """Where a slider stops, if it does not at even distances."""
    if extra.get("scale") == "log":
        return _grid(low, high)
    stops: Sequence[float] = extra.get("stops", ())
    return stops


def _range(name: str) -> tuple[Any, Any]:
    found = limits(name)
    assert found is not None  # the name of a choice never comes here
    return found


def _grid(low: float, high: float) -> list[Any]:
    """1, 2, 5, 10, 20, … between two bounds, the bounds included; whole numbers stay whole. Zero comes first if allowed."""
    smallest = low or high / 10**5
    decades = range(math.floor(math.log10(smallest)), math.ceil(math.log10(high)) + 1)
    steps = [float(f"{digit}e{decade}") for decade in decades for digit in (1, 2, 5)]
    kind = int if isinstance(low, int) and isinstance(high, int) else float
    return sorted({kind(low), *(kind(step) for step in steps if smallest <= step <= high), kind(high)})
