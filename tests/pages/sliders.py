"""What the tests of the recipe's form share: its sliders, and what is said of them."""

from typing import Any

from streamlit.testing.v1 import AppTest

from core.models import FAMILIES
from core.training.recipe import SETTINGS, Recipe
from ui.recipe_form import AUGMENTATION, DATA, FIRST, MACHINE, OPTIMISATION, RATE

BODY = ("family", "image_side")
ALWAYS = (*FIRST, *DATA, *RATE, *OPTIMISATION, *AUGMENTATION, *MACHINE)


def slider(app: AppTest, name: str) -> Any:
    """The widget of a setting, of whatever kind."""
    return app.get_by_key(f"recipe-{name}")


def present(app: AppTest) -> list[str]:
    """The settings that have a widget, but for what a transfer starts from."""
    kinds = (app.slider, app.select_slider, app.selectbox, app.toggle)
    keys = {widget.key for kind in kinds for widget in kind}
    return [name for name in SETTINGS if name != "start" and f"recipe-{name}" in keys]


def shown(app: AppTest) -> dict[str, Any]:
    """What the sliders say."""
    return {name: slider(app, name).value for name in present(app)}


def settings(recipe: Recipe) -> dict[str, Any]:
    """What the sliders should say."""
    # What starts from a trained network has its shape; a new head alone is learnt in no steps, on images as they are.
    names = {*ALWAYS} if recipe.preset == "transfer" else {*ALWAYS, *BODY, *FAMILIES[recipe.family].settings}
    names -= set() if recipe.epochs else {*RATE, *OPTIMISATION, *AUGMENTATION}
    return {name: getattr(recipe, name) for name in SETTINGS if name in names}


def told_to_move(app: AppTest) -> bool:
    """Whether the browser was told every slider's value: it keeps what it shows otherwise, and sends that next."""
    return all(slider(app, name).proto.set_value for name in present(app))


def changed(app: AppTest) -> str:
    """The line that says what was changed."""
    (popover,) = [box for box in app.get("popover") if "“" in box.proto.popover.label or "→" in box.proto.popover.label]
    return str(popover.proto.popover.label)


def addressed(app: AppTest) -> dict[str, str]:
    """What the address says of the recipe."""
    return {name: str(app.query_params[name]) for name in ("preset", *SETTINGS) if app.query_params.get(name)}
