"""Shapes, parameters and work of a single layer, and the networks whose layers are worth counting."""

from core.models import BACKBONES, Layer, Shape
from core.models.pretrained import SIDE
from core.training.presets import PRESETS

OPERATIONS = 2  # of a multiply-add: a multiplication and an addition
TRAINING = 3  # times the work of a prediction takes a training step an image: once forwards, about twice backwards
FLOAT = 4  # bytes of a number in single precision


def output_side(side: int, kernel: int, stride: int, padding: int) -> int:
    """Places a side at which a kernel fits on an image with a border of `padding`; 0 if it is too large for it."""
    return max(0, (side + 2 * padding - kernel) // stride + 1)


def convolution(side: int, inputs: int, outputs: int, kernel: int, stride: int, padding: int) -> Layer:
    """A convolution with a bias on square images of so many input channels."""
    places = output_side(side, kernel, stride, padding)
    weights = outputs * inputs * kernel**2
    return Layer(f"conv {outputs}", (places, places, outputs), weights + outputs, weights * places**2)


def dense(inputs: int, outputs: int) -> Layer:
    """A dense layer with a bias."""
    return Layer(f"dense {outputs}", (outputs,), outputs * (inputs + 1), outputs * inputs)


def networks(classes: int) -> dict[str, tuple[str, Shape]]:
    """Networks by name: their family, and the shape to begin with. All presets but those that share another's network."""
    found: dict[str, tuple[str, Shape]] = {}
    for name, recipe in PRESETS.items():
        network = recipe.family, recipe.shape(classes)
        if network not in found.values():
            found[name] = network
    published = {name: (name, Shape(classes, SIDE)) for name in BACKBONES}
    return {**found, "cnn": ("cnn", Shape(classes)), **published}
