"""The recipes that are known to work, and how others are made of them."""

import difflib
from typing import Any, get_args

from pydantic import ValidationError

from core.errors import VitrineError
from core.training.recipe import SETTINGS, Recipe, limits


def _(text: str) -> str:
    """Marks a text for the message catalogue; whoever shows it translates it."""
    return text


SUMMARIES = {
    "article-cnn": _(
        "Two convolutions and two dense layers, 282,250 weights for ten classes: the classic first network."
    ),
    "case-study": _(
        "Two convolutions (16 and 32 filters, the second with stride 2) and one dense layer, 15 epochs on 1,000 images: "
        "the smallest thing that works."
    ),
    "article-cnn-tuned": _("The classic first network again, better trained: what training alone buys."),
    "mlp": _("Dense layers on the pixels. They know nothing of neighbourhood, and show what convolutions are worth."),
    "rnn": _("Reads the image row by row from both ends, as a sentence is read word by word."),
    "vit": _(
        "A small vision transformer: patches that attend to each other. Such nets need long training and much variation."
    ),
    "resnet": _("Residual blocks: the workhorse of image recognition since 2015."),
    "fast": _(
        "The most accuracy in a few minutes: a whitened first layer, Muon, and a learning rate that falls to zero."
    ),
    "accurate": _(
        "A wide residual network trained for long, on crops, colours and hidden parts as photos have them. For a machine with a graphics card, or a night."
    ),
    "transfer": _(
        "Takes over what a trained network sees, and learns new classes from few photos in seconds: only the last layer is new. With "
        "epochs, the whole network is fine-tuned after that."
    ),
}

# The article's network as published: Adam 1e-3, batches of 32, ten epochs. The case study fixes layers and data only;
# widths, rate and epochs are ours: a thousand photos of CIFAR-10 are best named after about 15 epochs, and learnt by heart
# after 30.
PRESETS = {
    "article-cnn": Recipe(),
    "case-study": Recipe(preset="case-study", family="case-study", epochs=15, learning_rate=5e-4, train_images=1000),
    "article-cnn-tuned": Recipe(
        preset="article-cnn-tuned",
        epochs=60,
        batch_size=128,
        learning_rate=3e-3,
        schedule="triangular",
        optimizer="adamw",
        weight_decay=0.05,
        flip=True,
        translate=0.125,
    ),
    "mlp": Recipe(
        preset="mlp",
        family="mlp",
        depth=3,
        width=1024,
        epochs=40,
        batch_size=250,
        learning_rate=2e-3,
        optimizer="adamw",
        schedule="triangular",
        weight_decay=0.1,
        dropout=0.2,
        flip=True,
        translate=0.0625,
    ),
    "rnn": Recipe(
        preset="rnn",
        family="rnn",
        depth=2,
        width=256,
        epochs=20,
        batch_size=125,
        learning_rate=2e-3,
        optimizer="adamw",
        schedule="triangular",
        weight_decay=0.05,
        dropout=0.2,
        clip_norm=1.0,
        flip=True,
        translate=0.0625,
    ),
    "vit": Recipe(
        preset="vit",
        family="vit",
        depth=6,
        width=128,
        epochs=20,
        batch_size=250,
        learning_rate=5e-3,
        optimizer="muon",
        schedule="cosine",
        warmup=0.1,
        weight_decay=0.3,
        label_smoothing=0.1,
        clip_norm=1.0,
        flip=True,
        translate=0.125,
    ),
    "resnet": Recipe(
        preset="resnet",
        family="resnet",
        depth=1,
        width=48,
        stages=4,
        epochs=24,
        batch_size=250,
        learning_rate=0.01,
        optimizer="muon",
        schedule="triangular",
        weight_decay=0.4,
        label_smoothing=0.1,
        flip=True,
        translate=0.125,
        grow=0.6,
        validation_share=0.05,
    ),
    "fast": Recipe(
        preset="fast",
        family="fast",
        depth=2,
        width=64,
        epochs=14,
        batch_size=500,
        learning_rate=0.01,
        optimizer="muon",
        schedule="triangular",
        weight_decay=0.5,
        label_smoothing=0.2,
        flip=True,
        translate=0.0625,
        grow=0.6,
        validation_share=0.05,
    ),
    "accurate": Recipe(
        preset="accurate",
        family="resnet",
        depth=2,
        width=64,
        epochs=110,
        batch_size=1000,
        learning_rate=0.014,
        optimizer="muon",
        schedule="triangular",
        weight_decay=0.4,
        flip=True,
        translate=0.0625,
        crop=0.6,
        colour=0.2,
        cutout=0.375,
        grow=0.6,
        validation_share=0.05,
    ),
    "transfer": Recipe(
        preset="transfer",
        epochs=0,
        learning_rate=1e-4,
        optimizer="adamw",
        schedule="triangular",
        weight_decay=0.05,
        flip=True,
        translate=0.0625,
        class_weights="balanced",
        validation_share=0.2,
    ),
}


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


def _unknown(field: str) -> VitrineError:
    if near := difflib.get_close_matches(field, SETTINGS, n=1):
        return VitrineError("setting_misspelt", field=field, near=near[0])
    return VitrineError("setting_unknown", field=field, known=", ".join(SETTINGS))


def _invalid(field: str, value: Any) -> VitrineError:
    if range_ := limits(field):
        code = "setting_whole" if isinstance(range_[0], int) else "setting_number"
        return VitrineError(code, field=field, value=str(value), low=f"{range_[0]:g}", high=f"{range_[1]:,.10g}")
    if field == "start":
        return VitrineError("setting_start", value=str(value))
    known = get_args(Recipe.model_fields[field].annotation) or ("true", "false")
    return VitrineError("setting_choice", field=field, value=str(value), known=", ".join(known))
