"""Networks by name. Their sizes are known without torch; building one imports it.

A family is a builder in a module of its own kind, and the sizes of its layers here.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.models.cnn import ConvNet

Sizes = Callable[[int, int], list[int]]  # (classes, side) -> parameters of each layer


def _conv(inputs: int, outputs: int) -> int:
    return outputs * (inputs * 3 * 3 + 1)


def _dense(inputs: int, outputs: int) -> int:
    return outputs * (inputs + 1)


def _article_cnn(classes: int, side: int) -> list[int]:
    return [_conv(3, 32), _conv(32, 64), _dense(64 * (side // 4) ** 2, 64), _dense(64, classes)]


def _case_study(classes: int, side: int) -> list[int]:
    return [_conv(3, 16), _conv(16, 32), _dense(32 * ((side + 1) // 2) ** 2, classes)]


FAMILIES: dict[str, Sizes] = {"article-cnn": _article_cnn, "case-study": _case_study}


def count_parameters(family: str, classes: int, side: int = 32) -> int:
    """The number of weights and biases, exactly, without building the network."""
    return sum(FAMILIES[family](classes, side))


def build(family: str, classes: int, side: int, dropout: float = 0.0) -> "ConvNet":
    """The network of that name, freshly initialised from torch's random state.

    Args:
        classes: number of outputs.
        side: height and width of its images in pixels.
        dropout: share of the embedding hidden at random while training.
    """
    from core.models import cnn

    return cnn.BUILDERS[family](classes, side, dropout)
