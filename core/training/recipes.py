"""Recipes outside a run: kept under a name, in a file, or in a link. All are read by the same rules, whichever version wrote them."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core import files, paths
from core.errors import VitrineError
from core.training.presets import PRESETS, make_recipe
from core.training.recipe import SETTINGS, Recipe

# Letters of any script; short enough for a file system whose names have 255 bytes.
_NAME = re.compile(r"(?=.{1,60}$)[^\W_](?:[\w .-]*[\w-])?")
_DELETED = ".deleted"  # at the end of a file's name
STANDARD = next(iter(PRESETS))  # what a recipe starts from unless something else is said


def changes(recipe: Recipe, base: Recipe) -> dict[str, Any]:
    """The settings of `recipe` that differ from `base`, in the order of the fields."""
    return {name: getattr(recipe, name) for name in SETTINGS if getattr(recipe, name) != getattr(base, name)}


def complete(fields: Mapping[str, Any]) -> Recipe:
    """A recipe from its fields as some version wrote them; those that it did not know yet have their defaults.

    Fields that name no family are changes to their preset instead: that is how people write them.

    Raises:
        VitrineError: as :func:`core.training.presets.make_recipe` does; a field of a later version is unknown.
    """
    given = dict(fields)
    preset = given.pop("preset", STANDARD)
    if (
        not isinstance(preset, str) or preset not in PRESETS
    ):  # said before a setting that comes with it is called unknown
        raise VitrineError("preset_unknown", preset=str(preset), known=", ".join(PRESETS))
    defaults = Recipe().model_dump(exclude={"preset"}) if "family" in given else {}
    return make_recipe(preset, **{**defaults, **given})


def from_json(text: str | bytes, file: str) -> Recipe:
    """The recipe in a file named `file`.

    Raises:
        VitrineError: ``recipe_unreadable``, or what :func:`complete` raises.
    """
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise VitrineError("recipe_unreadable", file=file) from error
    if not isinstance(fields, dict):
        raise VitrineError("recipe_unreadable", file=file)
    return complete(fields)


def to_json(recipe: Recipe) -> str:
    """All settings, so that the file means the same when a preset is changed one day."""
    return recipe.model_dump_json(indent=2) + "\n"


def to_link(recipe: Recipe) -> dict[str, str]:
    """What the query of an address says of a recipe: its preset, and what differs from that."""
    return {"preset": recipe.preset} | {
        name: written(value) for name, value in changes(recipe, PRESETS[recipe.preset]).items()
    }


def from_link(query: Mapping[str, str]) -> tuple[Recipe, list[VitrineError]]:
    """The recipe that an address asks for, and what is wrong with it: that is left out, the rest is kept.

    Names that are not those of settings belong to somebody else, unless they look like one misspelt.
    """
    preset, wrong = query.get("preset", STANDARD), []
    kept: dict[str, str] = {}
    if preset not in PRESETS:
        wrong.append(VitrineError("preset_unknown", preset=preset, known=", ".join(PRESETS)))
        preset = STANDARD
    for name in sorted(query, key=lambda name: name != "start"):  # which decides whether there may be no epochs
        if name == "preset":
            continue
        try:
            make_recipe(preset, **kept, **{name: query[name]})
            kept[name] = query[name]
        except VitrineError as error:
            if error.code != "setting_unknown":
                wrong.append(error)
    return make_recipe(preset, **kept), wrong


def saved_recipes() -> list[str]:
    """The names under which recipes are kept, in order."""
    return sorted((path.stem for path in _folder().glob("*.json") if _NAME.fullmatch(path.stem)), key=str.casefold)


def save_recipe(name: str, recipe: Recipe) -> None:
    """Keep a recipe under a new name.

    Raises:
        VitrineError: ``recipe_name``, ``recipe_taken``, ``disk_full`` or ``file_unwritable``.
    """
    path = _place(name)
    if path.exists() or name in PRESETS:
        raise VitrineError("recipe_taken", name=name)
    try:
        files.replace(path, to_json(recipe), sync=True)
    except OSError as error:
        raise VitrineError("file_unwritable", path=str(path), reason=error.strerror or str(error)) from error


def load_recipe(name: str) -> Recipe:
    """The recipe kept under a name.

    Raises:
        VitrineError: ``recipe_unknown``, or what :func:`from_json` raises.
    """
    try:
        return from_json(_place(name).read_bytes(), f"{name}.json")
    except OSError as error:
        raise VitrineError("recipe_unknown", name=name, known=", ".join(saved_recipes()) or "–") from error


def delete_recipe(name: str) -> None:
    """Put a recipe away; :func:`restore_recipe` brings it back, until another of its name is deleted."""
    path = _place(name)
    try:
        path.replace(path.with_name(path.name + _DELETED))
    except OSError as error:
        raise VitrineError("recipe_unknown", name=name, known=", ".join(saved_recipes()) or "–") from error


def restore_recipe(name: str) -> None:
    """Undo :func:`delete_recipe`.

    Raises:
        VitrineError: ``recipe_taken`` when a new one has its name by now.
    """
    path = _place(name)
    if path.exists():
        raise VitrineError("recipe_taken", name=name)
    try:
        path.with_name(path.name + _DELETED).replace(path)
    except OSError as error:
        raise VitrineError("recipe_unknown", name=name, known=", ".join(saved_recipes()) or "–") from error


def written(value: Any) -> str:
    """A setting as :func:`core.training.presets.make_recipe` reads it."""
    if value is None:
        return "all"  # training images
    return str(value).lower() if isinstance(value, bool) else str(value)


def _folder() -> Path:
    return paths.folder("recipes")


def _place(name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise VitrineError("recipe_name", name=name)
    return _folder() / f"{name}.json"
