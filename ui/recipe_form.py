"""The recipe as sliders. Names, ranges, steps and help come from the recipe's own fields: page and core cannot differ."""

import math
from collections.abc import Sequence
from typing import Any, get_args

import streamlit as st

from core.data.versions import Dataset
from core.training.recipe import PRESETS, SETTINGS, Recipe, limits, make_recipe
from ui.i18n import _
from ui.preview import sliders_with_preview

FIRST = ("epochs", "batch_size", "learning_rate", "dropout", "train_images")  # what a beginner sees
AUGMENTATION = ("flip", "translate", "crop", "colour", "cutout", "mixup")
MORE = tuple(name for name in SETTINGS if name not in FIRST)


def recipe_form(dataset: Dataset) -> Recipe:
    """Preset and sliders; what they say as a valid recipe."""
    preset = st.segmented_control(
        _("Start from"),
        list(PRESETS),
        default=next(iter(PRESETS)),
        required=True,
        key="preset",
        on_change=forget_changes,
    )
    base = st.session_state.get("base", {})
    if base.get("preset") != preset:
        base = PRESETS[preset].model_dump()
    st.caption(_(PRESETS[preset].summary))
    values = {name: _widget(name, base[name], dataset) for name in FIRST}
    with st.expander(_("All settings"), icon=":material/tune:"):
        values |= {name: _widget(name, base[name], dataset) for name in MORE if name not in AUGMENTATION}
        others = make_recipe(preset, **{name: value for name, value in base.items() if name != "preset"} | values)
        values |= sliders_with_preview(
            lambda: {name: _widget(name, base[name], dataset) for name in AUGMENTATION}, dataset, others
        )
    return make_recipe(preset, **values)


def forget_changes() -> None:
    """Back to the preset's own values."""
    st.session_state.pop("base", None)
    for name in (*FIRST, *MORE):
        st.session_state.pop(f"recipe-{name}", None)


def start_from(recipe: dict[str, Any]) -> None:
    """Set every slider to an earlier run's recipe ("train again with one change")."""
    forget_changes()
    st.session_state["preset"] = recipe["preset"]
    st.session_state["base"] = Recipe(**recipe).model_dump()  # with what an earlier version had no setting for


def _widget(name: str, value: Any, dataset: Dataset) -> Any:
    field = Recipe.model_fields[name]
    extra = field.json_schema_extra
    assert isinstance(extra, dict)
    title, help_text, key = _(str(extra["title"])), _(str(extra["help"])), f"recipe-{name}"
    # Not a default: a slider that is on the screen already would not move to another one.
    st.session_state.setdefault(key, value)
    if name == "train_images":
        return _images_slider(title, help_text, key, dataset)
    if choices := get_args(field.annotation):
        return st.selectbox(title, choices, help=help_text, key=key)
    if field.annotation is bool:
        return st.toggle(title, help=help_text, key=key)
    low, high = _range(name)
    if stops := _stops(extra, low, high):
        options = sorted({*stops, value})
        return st.select_slider(title, options, help=help_text, key=key, format_func=_number)
    return st.slider(title, low, high, step=type(low)(extra.get("step", 1)), help=help_text, key=key)


def _images_slider(title: str, help_text: str, key: str, dataset: Dataset) -> int | None:
    """The number of training images, from a few a class to all that there are."""
    everything, wanted = dataset.size("train"), st.session_state[key]
    smallest = max(2 * len(dataset.classes), _range("train_images")[0])
    options = {n for n in _grid(smallest, everything) if smallest <= n < everything}
    if wanted is not None and wanted < everything:
        options.add(wanted)
    elif wanted is not None:
        st.session_state[key] = None  # it was chosen for a larger dataset
    labels = {n: f"{n:,}" for n in sorted(options)} | {None: _("all")}
    return st.select_slider(title, list(labels), help=help_text, key=key, format_func=labels.get)


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


def _number(value: float) -> str:
    return f"{value:g}"
