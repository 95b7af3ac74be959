"""The model card (Mitchell et al., 2019, arXiv 1810.03993): what the model is for, and what it was measured on."""

from collections.abc import Callable, Mapping
from math import floor
from typing import Any

from core.bundle.format import Metadata


def _(text: str) -> str:
    """Marks a text for translation: the report shows it too."""
    return text


INTENDED_USE = _(
    "To name which of its classes a photo shows, for images like those it was trained on. It is not made to decide about people, nor to "
    "work without supervision where a mistake is costly: set the thresholds by what a mistake costs."
)
LIMITS = _(
    "It knows its classes and nothing else. Photos that are framed, lit or drawn unlike the training images may be named wrongly with "
    "high probability; the refusal of unknown images is a safeguard, not a guarantee."
)


def model_card(metadata: Metadata, command: str, measured: str = "", settings: Mapping[str, Any] | None = None) -> str:
    """The card in Markdown.

    Args:
        command: trains it again.
        measured: more sections, of what was measured with the sealed model: see :mod:`core.evaluation.card`.
        settings: of the recipe, in words; its fields unless given.
    """
    data, validation = metadata.dataset, metadata.validation
    rows = "\n".join(f"| {name} | {value} |" for name, value in (settings or metadata.recipe).items())
    return f"""# Model card

An image classifier for {len(metadata.classes)} classes: {", ".join(metadata.classes)}.
Sealed on {metadata.created} by Vitrine, bundle format {metadata.format}.

## Intended use

{INTENDED_USE}

## Training data

`{data["name"]}`, version {data["version"]}, fingerprint `{data["fingerprint"]}`.
{_reading(metadata)}

## Results

Validation accuracy {validation["accuracy"]:.1%} on {validation["n"]:,} images that were held out of training. Choices were made on these, so the
test accuracy, measured on images that the model was neither trained nor chosen by, is the figure to quote.
Probabilities are calibrated on the same images: the logits are divided by a temperature of {metadata.temperature:.3f}.

{measured}## Verdicts

{thresholds(metadata)}

## Limits

{LIMITS}

## Recipe

```sh
{command}
```

| setting | value |
|---|---|
{rows}
"""


def thresholds(metadata: Metadata, translate: Callable[[str], str] = _) -> str:
    """When it gives which verdict, in sentences.

    Args:
        translate: from the English template of a sentence to the reader's language.
    """
    sure = _("It is unsure when its best class is less probable than {probability}.")
    if metadata.probability_threshold > 1:
        sure = _("Of all others it is unsure: no class is ever probable enough to be named alone.")
    strict = _("Fewer than one in twenty known images are to be called unknown.")
    if not metadata.variant:  # whose thresholds may have been set on other images
        strict = _(
            "Both were set on the validation images; fewer than one in twenty known images are to be called unknown."
        )
    unknown = _(
        "It calls an image unknown when its knownness is below {knownness}: it is like nothing that the model was trained on."
    )
    return " ".join(map(translate, (unknown, sure, strict))).format(
        knownness=f"{metadata.knownness_threshold:.4f}",
        probability=f"{floor(metadata.probability_threshold * 1e4) / 1e4:.2%}",  # what reaches it must be meant by it
    )


def _reading(metadata: Metadata) -> str:
    """How photos are made into what the model takes."""
    square = f"{metadata.side} × {metadata.side} pixels"
    looks = len(metadata.zooms)
    if metadata.ground:
        return f"Of a photo, the drawing in it is cropped, cleaned and resized to {square}."
    if looks > 1:
        return f"Images are cropped to a centred square and resized to {square}. Larger ones are looked at {looks} times, closer each time; the verdict is the mean."
    return f"Images are cropped to a centred square and resized to {square}."
