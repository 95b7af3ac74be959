"""What the command line takes for a recipe: a preset or a file, with settings on top."""

from collections.abc import Sequence
from pathlib import Path

from core.errors import VitrineError
from core.training.presets import make_recipe
from core.training.recipe import Recipe
from core.training.recipes import from_json


def recipe_from(preset: str | None, file: Path | None, settings: Sequence[str], seed: int | None) -> Recipe:
    """The recipe that the options of ``train`` ask for.

    Args:
        settings: each ``key=value``.

    Raises:
        VitrineError: naming the option, the file or the setting that is wrong.
    """
    changes = _once([_setting(text) for text in settings] + ([] if seed is None else [("seed", str(seed))]))
    if (preset is None) == (file is None):
        raise VitrineError("recipe_source")
    if file is None:
        assert preset is not None
        return make_recipe(preset, **changes)
    try:
        base = from_json(file.read_bytes(), str(file))
    except OSError as error:
        raise VitrineError("file_unreadable", path=str(file), reason=error.strerror or str(error)) from error
    return make_recipe(base.preset, **{**base.model_dump(exclude={"preset"}), **changes})


def _setting(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise VitrineError("setting_malformed", setting=text)
    return key.strip(), value.strip()


def _once(given: Sequence[tuple[str, str]]) -> dict[str, str]:
    changes: dict[str, str] = {}
    for field, value in given:
        if field in changes:
            raise VitrineError("setting_twice", field=field)
        changes[field] = value
    return changes
