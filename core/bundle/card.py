"""The model card (Mitchell et al., 2019, arXiv 1810.03993): what the model is for, and what it was measured on."""

from collections.abc import Mapping
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

- *none of the things I know* when knownness is below {metadata.knownness_threshold:.4f}
- *not sure* when the best class is less probable than {floor(metadata.probability_threshold * 1e4) / 1e4:.4f}

Both were set on the validation images; fewer than one in twenty known images is to fall below the first.

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


def _reading(metadata: Metadata) -> str:
    """How photos are made into what the model takes."""
    square = f"{metadata.side} × {metadata.side} pixels"
    looks = len(metadata.zooms)
    if metadata.ground:
        return f"Of a photo, the drawing in it is cropped, cleaned and resized to {square}."
    if looks > 1:
        return f"Images are cropped to a centred square and resized to {square}. Larger ones are looked at {looks} times, closer each time; the verdict is the mean."
    return f"Images are cropped to a centred square and resized to {square}."
