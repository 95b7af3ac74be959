"""The command that trains a recipe again: what a card, a page or a letter needs to say how a model was made."""

from core.training.presets import PRESETS
from core.training.recipe import Recipe
from core.training.recipes import changes, written


def command(recipe: Recipe, data: str) -> str:
    """One line for a shell: the recipe's preset and whatever differs from it, on dataset `data`."""
    changed = changes(recipe, PRESETS[recipe.preset])
    settings = [f" --set {name}={written(value)}" for name, value in changed.items()]
    return f"python -m core train --data {data} --preset {recipe.preset}{''.join(settings)}"
