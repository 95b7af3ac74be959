"""Networks by name. Their layers and sizes are known without torch; building one imports it.

A family is two things of the same name: an entry of :data:`FAMILIES`, which lists its layers, and a function of the
module that the entry names, which builds it. A test holds one against the other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.models.classifier import Classifier


@dataclass(frozen=True)
class Layer:
    """One layer with weights.

    Attributes:
        outputs: height, width and channels of what it gives, or just the number of features.
        parameters: weights and biases.
        multiplications: multiply-adds for one image.
    """

    name: str
    outputs: tuple[int, ...]
    parameters: int
    multiplications: int


@dataclass(frozen=True)
class Family:
    """A kind of network: the module in ``core.models`` that builds it, and its layers for (classes, side)."""

    module: str
    layers: Callable[[int, int], list[Layer]]


def _conv(inputs: int, outputs: int, side: int) -> Layer:
    """A 3 x 3 convolution whose result is `side` pixels high and wide."""
    weights = outputs * inputs * 3 * 3
    return Layer(f"conv {outputs}", (side, side, outputs), weights + outputs, weights * side * side)


def _dense(inputs: int, outputs: int) -> Layer:
    return Layer(f"dense {outputs}", (outputs,), outputs * (inputs + 1), outputs * inputs)


def _article_cnn(classes: int, side: int) -> list[Layer]:
    return [
        _conv(3, 32, side),
        _conv(32, 64, side // 2),
        _dense(64 * (side // 4) ** 2, 64),
        _dense(64, classes),
    ]


def _case_study(classes: int, side: int) -> list[Layer]:
    half = (side + 1) // 2
    return [_conv(3, 16, side), _conv(16, 32, half), _dense(32 * half**2, classes)]


FAMILIES: dict[str, Family] = {
    "article-cnn": Family("cnn", _article_cnn),
    "case-study": Family("cnn", _case_study),
}


def count_parameters(family: str, classes: int, side: int = 32) -> int:
    """The number of weights and biases, exactly, without building the network."""
    return sum(layer.parameters for layer in FAMILIES[family].layers(classes, side))


def count_multiplications(family: str, classes: int, side: int = 32) -> int:
    """Multiply-adds of one prediction, exactly; a training step takes about three times as many an image."""
    return sum(layer.multiplications for layer in FAMILIES[family].layers(classes, side))


def build(family: str, classes: int, side: int, dropout: float = 0.0) -> "Classifier":
    """The network of that name, freshly initialised from torch's random state.

    Args:
        classes: number of outputs.
        side: height and width of its images in pixels.
        dropout: share of the embedding hidden at random while training.
    """
    module = import_module(f"core.models.{FAMILIES[family].module}")
    return getattr(module, family.replace("-", "_"))(classes, side, dropout)
