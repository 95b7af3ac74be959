"""A recipe: everything that decides how a run trains, frozen and checked.

Each field carries its range, its step and a plain explanation. The pages build their sliders from them and the command
line its errors, so that there is one place where a range is written down.
"""

import difflib
from typing import Any, Literal, get_args

from annotated_types import Ge, Le
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import VitrineError


def _(text: str) -> str:
    """Marks a text for the message catalogue; whoever shows it translates it."""
    return text


def _setting(default: Any, title: str, help: str, **rules: Any) -> Any:
    extra: dict[str, Any] = {"title": title, "help": help}
    extra |= {key: rules.pop(key) for key in ("step", "scale") if key in rules}
    return Field(default, json_schema_extra=extra, **rules)


class Recipe(BaseModel):
    """How a run trains. Rebuilds the model exactly, and is stored with it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    preset: str = "article-cnn"
    family: Literal["article-cnn", "case-study"] = "article-cnn"  # a key of core.models.FAMILIES
    image_side: int = _setting(
        32,
        _("Image side"),
        _("Every image is cropped to a square and resized to this many pixels a side."),
        ge=28,
        le=224,
        step=4,
    )
    epochs: int = _setting(
        10,
        _("Epochs"),
        _("How often it goes through all training images. More: better at first, then learnt by heart."),
        ge=1,
        le=200,
        step=1,
    )
    batch_size: int = _setting(
        32,
        _("Batch size"),
        _("Images looked at before each step. Larger: faster, but fewer steps."),
        ge=4,
        le=4096,
        scale="log",
    )
    learning_rate: float = _setting(
        1e-3,
        _("Learning rate"),
        _("How far each step goes. Too large: it diverges. Too small: it crawls."),
        ge=1e-5,
        le=1.0,
        scale="log",
    )
    optimizer: Literal["adam", "adamw", "sgd"] = _setting(
        "adam", _("Optimiser"), _("How a step follows from the gradients. sgd has Nesterov momentum 0.9.")
    )
    schedule: Literal["constant", "triangular"] = _setting(
        "constant",
        _("Schedule"),
        _(
            "How the learning rate moves. triangular: it rises for a fifth of the run, then falls to zero; fewer epochs do."
        ),
    )
    weight_decay: float = _setting(
        0.0,
        _("Weight decay (L2)"),
        _("Pulls large weights towards zero, against over-fitting."),
        ge=0.0,
        le=1.0,
        scale="log",
    )
    l1: float = _setting(
        0.0,
        _("L1 penalty"),
        _("Pulls small weights to nearly zero, against over-fitting."),
        ge=0.0,
        le=0.01,
        scale="log",
    )
    dropout: float = _setting(
        0.0,
        _("Dropout"),
        _("Share of features hidden at random in each step, against over-fitting."),
        ge=0.0,
        le=0.9,
        step=0.05,
    )
    validation_share: float = _setting(
        0.1,
        _("Validation share"),
        _("Share of the training images that only measure, and never train."),
        ge=0.05,
        le=0.5,
        step=0.05,
    )
    train_images: int | None = _setting(
        None,
        _("Training images"),
        _("How many images it may learn from, the same share of every class."),
        ge=10,
        le=10_000_000,
        scale="log",
    )
    seed: int = _setting(0, _("Seed"), _("Same recipe, same seed, same machine: same run."), ge=0, le=9999, step=1)
    precision: Literal["auto", "fp32", "bf16"] = _setting(
        "auto",
        _("Precision"),
        _("bf16 computes with fewer digits, faster where the processor has it. auto: bf16 where it is in hardware."),
    )

    @property
    def summary(self) -> str:
        """What the preset is, in a sentence."""
        return SUMMARIES[self.preset]


SUMMARIES = {
    "article-cnn": _(
        "Two convolutions and two dense layers, 282,250 weights for ten classes: the classic first network."
    ),
    "case-study": _(
        "Two convolutions (16 and 32 filters, the second with stride 2) and one dense layer, 15 epochs on 1,000 images: "
        "the smallest thing that works."
    ),
}

# The article's network as published: Adam 1e-3, batches of 32, ten epochs. The case study fixes layers and data only;
# widths, rate and epochs are ours: a thousand photos of CIFAR-10 are best named after about 15 epochs, and learnt by heart
# after 30.
PRESETS = {
    "article-cnn": Recipe(),
    "case-study": Recipe(preset="case-study", family="case-study", epochs=15, learning_rate=5e-4, train_images=1000),
}
SETTINGS = tuple(name for name in Recipe.model_fields if name != "preset")


def make_recipe(preset: str, /, **changes: Any) -> Recipe:
    """A preset with changes; text values are converted, and ``train_images`` may be ``all``.

    Raises:
        VitrineError: naming the field, the value, what is allowed, or the name that was probably meant.
    """
    if preset not in PRESETS:
        raise VitrineError("preset_unknown", preset=preset, known=", ".join(PRESETS))
    for field in changes:
        if field not in SETTINGS:
            raise _unknown(field)
    if changes.get("train_images") == "all":
        changes["train_images"] = None
    try:
        return Recipe.model_validate({**PRESETS[preset].model_dump(), **changes})
    except ValidationError as error:
        first = error.errors()[0]
        raise _invalid(str(first["loc"][0]), first["input"]) from None


def limits(field: str) -> tuple[float, float] | None:
    """The lowest and the highest value of a numeric setting, whole where the setting is; None where it is a choice."""
    rules = Recipe.model_fields[field].metadata
    low = next((rule.ge for rule in rules if isinstance(rule, Ge)), None)
    high = next((rule.le for rule in rules if isinstance(rule, Le)), None)
    return None if low is None or high is None else (low, high)  # type: ignore[return-value]  # they are our own numbers


def _unknown(field: str) -> VitrineError:
    if near := difflib.get_close_matches(field, SETTINGS, n=1):
        return VitrineError("setting_misspelt", field=field, near=near[0])
    return VitrineError("setting_unknown", field=field, known=", ".join(SETTINGS))


def _invalid(field: str, value: Any) -> VitrineError:
    if range_ := limits(field):
        code = "setting_whole" if isinstance(range_[0], int) else "setting_number"
        return VitrineError(code, field=field, value=str(value), low=f"{range_[0]:g}", high=f"{range_[1]:,.10g}")
    return VitrineError(
        "setting_choice",
        field=field,
        value=str(value),
        known=", ".join(get_args(Recipe.model_fields[field].annotation)),
    )
