"""Networks by name. Their layers and sizes are known without torch; building one imports it.

A family is two things of the same name: an entry of :data:`FAMILIES`, which lists its layers, and a function of the
module that the entry names, which builds it. A test holds one against the other.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from core.models import layers
from core.models.layers import Family, Layer, Shape
from core.models.pretrained import BACKBONES

if TYPE_CHECKING:
    from core.models.classifier import Classifier

__all__ = ["BACKBONES", "FAMILIES", "Family", "Layer", "Shape", "build", "count_multiplications", "count_parameters"]

FAMILIES: dict[str, Family] = {
    "article-cnn": Family("cnn", layers.article_cnn),
    "case-study": Family("cnn", layers.case_study),
    "cnn": Family("cnn", layers.cnn, ("depth", "width", "grow")),
    "mlp": Family("mlp", layers.mlp, ("depth", "width")),
    "rnn": Family("rnn", layers.rnn, ("depth", "width", "cell")),
    "vit": Family("vit", layers.vit, ("depth", "width")),
    "resnet": Family("resnet", layers.resnet, ("depth", "width", "stages", "grow")),
    "fast": Family("fast", layers.fast, ("depth", "width", "grow")),
    **{name: Family("backbones", backbone.layers) for name, backbone in BACKBONES.items()},
}


def count_parameters(family: str, shape: Shape) -> int:
    """The number of weights and biases, exactly, without building the network."""
    return sum(layer.parameters for layer in FAMILIES[family].layers(shape))


def count_multiplications(family: str, shape: Shape) -> int:
    """Multiply-adds of one prediction, in layers with weights; a training step takes about three times as many an image."""
    return sum(layer.multiplications for layer in FAMILIES[family].layers(shape))


def build(family: str, shape: Shape, dropout: float = 0.0) -> "Classifier":
    """The network of that name, freshly initialised from torch's random state.

    Args:
        dropout: share of the features hidden at random while training.
    """
    module = import_module(f"core.models.{FAMILIES[family].module}")
    return getattr(module, family.replace("-", "_"))(shape, dropout)
