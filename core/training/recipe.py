"""A recipe: everything that decides how a run trains, frozen and checked.

Each field carries its range, its step and a plain explanation. The pages build their sliders from them and the command
line its errors, so that there is one place where a range is written down.
"""

import difflib
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import VitrineError


def _setting(default: Any, title: str, help: str, **rules: Any) -> Any:
    extra = {"title": title, "help": help}
    extra |= {key: rules.pop(key) for key in ("step", "scale") if key in rules}
    return Field(default, json_schema_extra=extra, **rules)


class Recipe(BaseModel):
    """How a run trains. Rebuilds the model exactly, and is stored with it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    preset: str = "article-cnn"
    family: Literal["article-cnn", "case-study"] = "article-cnn"
    image_side: int = _setting(
        32, "Image side", "Every image is cropped to a square and resized to this many pixels a side.", ge=28, le=224, step=4
    )
    epochs: int = _setting(
        10, "Epochs", "How often it goes through all training images. More: better at first, then learnt by heart.", ge=1, le=200
    )
    batch_size: int = _setting(
        32, "Batch size", "Images looked at before each step. Larger: faster, but fewer steps.", ge=4, le=4096, scale="log"
    )
    learning_rate: float = _setting(
        1e-3, "Learning rate", "How far each step goes. Too large: it diverges. Too small: it crawls.", ge=1e-5, le=1.0, scale="log"
    )
    optimizer: Literal["adam", "adamw", "sgd"] = _setting(
        "adam", "Optimiser", "How a step follows from the gradients. sgd has Nesterov momentum 0.9."
    )
    weight_decay: float = _setting(
        0.0, "Weight decay (L2)", "Pulls large weights towards zero, against over-fitting.", ge=0.0, le=1.0, scale="log"
    )
    l1: float = _setting(0.0, "L1 penalty", "Pulls small weights to exactly zero.", ge=0.0, le=0.01, scale="log")
    dropout: float = _setting(
        0.0, "Dropout", "Share of features hidden at random in each step, against over-fitting.", ge=0.0, le=0.9, step=0.05
    )
    validation_share: float = _setting(
        0.1, "Validation share", "Share of the training images that only measure, and never train.", ge=0.05, le=0.5, step=0.05
    )
    train_images: int | None = _setting(
        None, "Training images", "How many images it may learn from, the same share of every class.", ge=10, le=10_000_000
    )
    seed: int = _setting(0, "Seed", "Same recipe, same seed, same machine: same run.", ge=0, le=9999)
    precision: Literal["auto", "fp32", "bf16"] = _setting(
        "auto", "Precision", "bf16 computes with fewer digits, faster where the processor has it. auto takes what pays."
    )

    @property
    def summary(self) -> str:
        """What the preset is, in a sentence."""
        return SUMMARIES[self.preset]


def _(text: str) -> str:
    return text


SUMMARIES = {
    "article-cnn": _("Two convolutions and two dense layers, 282,250 weights for ten classes: the classic first network."),
    "case-study": _("Two convolutions and one dense layer on 1,000 images: the smallest thing that works."),
}

# The article's network as published: Adam 1e-3, batches of 32, ten epochs. The case study fixes layers and data only; widths,
# batch and epochs are ours, chosen so that a thousand images are seen often enough to be learnt.
PRESETS = {
    "article-cnn": Recipe(),
    "case-study": Recipe(preset="case-study", family="case-study", epochs=20, train_images=1000),
}


def make_recipe(preset: str, **changes: Any) -> Recipe:
    """A preset with changes; text values are converted.

    Raises:
        VitrineError: naming the field, the value, what is allowed, or the name that was probably meant.
    """
    if preset not in PRESETS:
        raise VitrineError("preset_unknown", preset=preset, known=", ".join(PRESETS))
    for field in changes:
        if field not in Recipe.model_fields:
            near = difflib.get_close_matches(field, Recipe.model_fields, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Settings are: {', '.join(Recipe.model_fields)}."
            raise VitrineError("setting_unknown", field=field, hint=hint)
    if changes.get("train_images") in ("all", "none", "None"):
        changes["train_images"] = None
    try:
        return Recipe.model_validate({**PRESETS[preset].model_dump(), **changes})
    except ValidationError as error:
        first = error.errors()[0]
        reason = first["msg"].removeprefix("Input ").replace("should be", "must be")
        raise VitrineError("setting_invalid", field=str(first["loc"][0]), value=str(first["input"]), reason=reason) from None
