"""The command that trains a recipe again: what a card, a page or a letter needs to say how a model was made."""

from typing import Any

from core.training.presets import PRESETS
from core.training.recipe import Recipe
from core.training.recipes import changes


def command(recipe: Recipe, data: str) -> str:
    """One line for a shell: the recipe's preset and whatever differs from it, on dataset `data`."""
    changed = changes(recipe, PRESETS[recipe.preset])
    settings = [f" --set {name}={_word(value)}" for name, value in changed.items()]
    return f"python -m core train --data {data} --preset {recipe.preset}{''.join(settings)}"


def _word(value: Any) -> str:
    """A setting as :func:`~core.training.recipe.make_recipe` reads it."""
    if value is None:
        return "all"
    return str(value).lower() if isinstance(value, bool) else str(value)
