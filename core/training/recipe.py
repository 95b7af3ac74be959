"""A recipe: everything that decides how a run trains, frozen and checked.

Each field carries its range, its step and a plain explanation. The pages build their sliders from them and the command
line its errors, so that there is one place where a range is written down.
"""

from typing import Any, Literal

from annotated_types import Ge, Le
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
)

from core.models.layers import Shape


def _(text: str) -> str:
    """Marks a text for the message catalogue; whoever shows it translates it."""
    return text


def _setting(default: Any, title: str, help: str, **rules: Any) -> Any:
    """A field with what a slider needs: its stops, or their distance (`step`), or ``scale="log"`` for 1, 2, 5, 10, 20 …"""
    extra: dict[str, Any] = {"title": title, "help": help}
    extra |= {key: rules.pop(key) for key in ("step", "scale", "stops") if key in rules}
    return Field(default, json_schema_extra=extra, **rules)


class Recipe(BaseModel):
    """How a run trains. Rebuilds the model exactly, and is stored with it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    preset: str = "article-cnn"
    start: str | None = _setting(
        None,
        _("Start from"),
        _(
            "A trained run, by id, name or latest, or torchvision:resnet18 and its like: it keeps that network, with a new head."
        ),
    )  # see core.training.start
    family: Literal[
        "article-cnn",
        "case-study",
        "cnn",
        "mlp",
        "rnn",
        "vit",
        "resnet",
        "fast",
        "resnet18",
        "resnet50",
        "mobilenet-v3",
        "efficientnet-b0",
        "convnext-tiny",
        "vit-b-16",
    ] = _setting(
        "article-cnn", _("Family"), _("The family of networks: how an image becomes a decision.")
    )  # keys of core.models.FAMILIES
    depth: int = _setting(
        2, _("Depth"), _("How many layers or stages. Deeper: finer distinctions, slower."), ge=1, le=12, step=1
    )
    width: int = _setting(
        64,
        _("Width"),
        _("How many features a layer has, the first one where they grow. Wider: more to learn with, slower."),
        ge=8,
        le=2048,
        stops=(8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048),
    )
    stages: int = _setting(
        3,
        _("Stages"),
        _(
            "How many groups of blocks a residual network has. Each next one sees half the resolution, with twice the width."
        ),
        ge=1,
        le=5,
        step=1,
    )
    cell: Literal["lstm", "gru"] = _setting(
        "lstm", _("Cell"), _("What a recurrent network remembers with. gru has a quarter fewer weights.")
    )
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
        stops=(*range(1, 11), 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 150, 200),
    )
    batch_size: int = _setting(
        32,
        _("Batch size"),
        _("Images looked at before each step. Larger: faster and calmer, but fewer steps, which may learn less."),
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
    optimizer: Literal["adam", "adamw", "sgd", "muon"] = _setting(
        "adam",
        _("Optimiser"),
        _(
            "How a step follows from the gradients. adam suits nearly all; adamw decays weights better; sgd (Nesterov momentum 0.9) "
            "wants a larger rate; muon learns most in few epochs."
        ),
    )
    schedule: Literal["constant", "one-cycle", "cosine", "triangular"] = _setting(
        "constant",
        _("Schedule"),
        _(
            "How the learning rate moves. All but constant end at zero, and so finer: triangular rises for a fifth of the run, "
            "one-cycle smoothly for three tenths, cosine falls from the start."
        ),
    )
    warmup: float = _setting(
        0.0,
        _("Warm-up"),
        _("Share of the run in which the learning rate rises. 0 leaves it to the schedule."),
        ge=0.0,
        le=0.5,
        step=0.05,
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
    label_smoothing: float = _setting(
        0.0,
        _("Label smoothing"),
        _("Share of the truth spread over all classes, so that it never becomes too sure of itself."),
        ge=0.0,
        le=0.5,
        step=0.05,
    )
    clip_norm: float = _setting(
        0.0,
        _("Gradient clipping"),
        _("The longest gradient that a step may follow; longer ones are cut. Helps where the loss leaps. 0: off."),
        ge=0.0,
        le=100.0,
        scale="log",
    )
    flip: bool = _setting(
        False,
        _("Mirror"),
        _("Shows images mirrored in every other epoch. Not for things where left and right differ, such as digits."),
    )
    translate: float = _setting(
        0.0,
        _("Shift"),
        _("How far images are shifted at most, as a share of their side. 0.125 is four pixels of 32."),
        ge=0.0,
        le=0.25,
        step=0.03125,
    )
    rotate: float = _setting(
        0.0,
        _("Rotation"),
        _(
            "How far images are turned at most, either way, in degrees. Nobody holds a camera, or writes, quite upright."
        ),
        ge=0.0,
        le=45.0,
        step=5.0,
    )
    crop: float = _setting(
        1.0,
        _("Random crop"),
        _("The least share of its area that is shown of an image, enlarged. Photos frame things differently; 1: off."),
        ge=0.1,
        le=1.0,
        step=0.05,
    )
    colour: float = _setting(
        0.0,
        _("Colour change"),
        _("How much brightness, contrast and saturation vary. Cameras and weather do that too."),
        ge=0.0,
        le=0.8,
        step=0.05,
    )
    noise: float = _setting(
        0.0,
        _("Noise"),
        _(
            "How grainy images become at most: the deviation of the noise, as a share of white. Cameras in dim light do that too."
        ),
        ge=0.0,
        le=0.2,
        step=0.01,
    )
    grow: float = _setting(
        1.0,
        _("Begin small"),
        _("Images begin at this share of their side and grow over three quarters of the run: less to compute. 1: off."),
        ge=0.4,
        le=1.0,
        step=0.05,
    )
    cutout: float = _setting(
        0.0,
        _("Cutout"),
        _("Side of a grey square that hides a part, as a share of the image's side: it must not rely on one detail."),
        ge=0.0,
        le=0.75,
        step=0.03125,
    )
    mixup: float = _setting(
        0.0,
        _("Mixup"),
        _("How strongly two images and their labels are blended. Good for long runs of large networks; 0: off."),
        ge=0.0,
        le=1.0,
        step=0.05,
    )
    patience: int = _setting(
        0,
        _("Early stopping"),
        _("Epochs without a better validation accuracy after which it stops and takes its best weights. 0: never."),
        ge=0,
        le=50,
        step=1,
    )
    ema: float = _setting(
        0.0,
        _("Weight averaging (EMA)"),
        _(
            "The model kept is an average of the weights of many steps: calmer, often a little better. Of the average, this share stays at each step. 0: off."
        ),
        ge=0.0,
        le=0.9999,
        stops=(0.0, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999),
    )
    class_weights: Literal["equal", "balanced"] = _setting(
        "equal",
        _("Class weights"),
        _("balanced: a mistake on a rare class counts for more, so that it is not passed over."),
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

    @field_validator("epochs", mode="wrap")
    @classmethod
    def _or_none(cls, value: Any, check: ValidatorFunctionWrapHandler, info: ValidationInfo) -> int:
        """What takes a trained network over may train for no epoch: then it learns its new head alone."""
        takes_over = info.data.get("start") or info.data.get("preset") == "transfer"
        return 0 if takes_over and str(value) == "0" else check(value)

    @property
    def augments(self) -> bool:
        """Whether an epoch sees images otherwise than they are."""
        return bool(
            self.flip
            or self.translate
            or self.rotate
            or self.crop < 1
            or self.colour
            or self.noise
            or self.cutout
            or self.mixup
        )

    def shape(self, classes: int) -> Shape:
        """What its network has to fit."""
        return Shape(classes, self.image_side, self.depth, self.width, self.cell, self.stages)


SETTINGS = tuple(name for name in Recipe.model_fields if name != "preset")


def limits(field: str) -> tuple[float, float] | None:
    """The lowest and the highest value of a numeric setting, whole where the setting is; None where it is a choice."""
    rules = Recipe.model_fields[field].metadata
    low = next((rule.ge for rule in rules if isinstance(rule, Ge)), None)
    high = next((rule.le for rule in rules if isinstance(rule, Le)), None)
    return None if low is None or high is None else (low, high)  # type: ignore[return-value]  # they are our own numbers
