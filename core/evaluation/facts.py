"""What a report and a card tell in words beside the figures: the settings that mattered, and what names stand for."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from core.models import FAMILIES
from core.training.recipe import SETTINGS, Recipe

Translate = Callable[[str], str]


def _(text: str) -> str:
    """Marks a text for translation, which happens where it is shown."""
    return text


def sureness(probability: float, digits: int = 0) -> str:
    """How sure a model is of one image: ``94%``. It is never quite sure, so that is 99% at most, or 99.9%."""
    return f"{min(probability, 1 - 10 ** -(digits + 2)):.{digits}%}"


SCORES = {
    "probability": _("the probability of its likeliest class"),
    "energy": _("how strongly any class at all speaks up (energy)"),
    "neighbours": _("how much an image is like its nearest training images (nearest neighbours)"),
    "both": _(
        "two things together: how strongly any class at all speaks up (energy), and how much an image is like its nearest training "
        "images (nearest neighbours)"
    ),
    "relative": _(
        "how much nearer an image lies to one class than to the middle of them all (relative Mahalanobis distance)"
    ),
    "entropy": _("how few classes share its probability (generalised entropy)"),
    "entropy and relative": _(
        "two things together: how few classes share its probability (generalised entropy), and how much nearer an image lies to one "
        "class than to the middle of them all (relative Mahalanobis distance)"
    ),
    "distance": _("how far an image lies from the middle of the nearest class (Mahalanobis distance)"),
}  # what an image is called unknown by, by the name of the score in the sealed graph
LOOKED_AT = _("An image whose light, colours and edges are like those of no known image is judged far less known.")
MADE_WITH = {
    "python": _("Python"),
    "system": _("System"),
    "processor": _("Processor"),
    "cores": _("Cores"),
    "threads": _("Threads"),
    "memory_gib": _("Memory, GiB"),
    "graphics_card": _("Graphics card"),
    "commit": _("Vitrine's commit"),
    "data_fingerprint": _("Fingerprint of the data"),
}
_OF_FAMILIES = {name for family in FAMILIES.values() for name in family.settings}
_OFF_AT_ONE = ("crop", "grow")


def settings(recipe: Recipe, translate: Translate = _) -> dict[str, str]:
    """The settings that did something, by their titles: those that its family has, and that are not off."""
    idle = _OF_FAMILIES - set(FAMILIES[recipe.family].settings)
    told = {translate(_("Preset")): recipe.preset}
    for name in SETTINGS:
        field, value = Recipe.model_fields[name], getattr(recipe, name)
        extra = field.json_schema_extra
        assert isinstance(extra, dict)
        may_be_off = name in _OFF_AT_ONE or (not field.default and name != "seed")
        if name not in idle and not (may_be_off and value == field.default):
            told[translate(str(extra["title"]))] = _value(value, translate)
    return told


def environment(made_with: Mapping[str, Any], translate: Translate = _) -> Iterator[tuple[str, Any]]:
    """What a run was made with, in words; entries that were not known are left out."""
    for key, value in made_with.items():
        if value not in ("", None):
            yield translate(MADE_WITH.get(key, key)), value


def _value(value: Any, translate: Translate) -> str:
    if isinstance(value, bool):
        return translate(_("on")) if value else translate(_("off"))
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:g}" if isinstance(value, float) else str(value)
