"""The command on a card trains the very same recipe again."""

import shlex

import pytest

from core.training.command import command
from core.training.presets import PRESETS, make_recipe
from core.training.recipe import Recipe


def read(line: str) -> tuple[str, Recipe]:
    """Dataset and recipe that the command line would make of it."""
    words = shlex.split(line)
    assert words[:4] == ["python", "-m", "core", "train"]
    given = list(zip(words[4::2], words[5::2], strict=True))
    options = {key: value for key, value in given if key != "--set"}
    changes = dict(value.split("=", 1) for key, value in given if key == "--set")
    return options["--data"], make_recipe(options["--preset"], **changes)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_needs_its_name_alone(preset: str) -> None:
    assert command(PRESETS[preset], "pets") == f"python -m core train --data pets --preset {preset}"


def test_every_change_is_in_it_and_survives_the_way_back() -> None:
    changes = {
        "flip": True,
        "translate": 0.09375,
        "train_images": None,
        "seed": 7,
        "family": "vit",
        "learning_rate": 1 / 3,
    }
    recipe = make_recipe("case-study", **changes)
    assert read(command(recipe, "pets")) == ("pets", recipe)
    assert "--set flip=true" in command(recipe, "pets") and "--set train_images=all" in command(recipe, "pets")
