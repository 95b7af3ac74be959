"""The layers of every family as a table: what each gives, its weights and its work. No torch in here."""

from collections.abc import Callable
from dataclasses import dataclass

SMALLEST_MAP = 4  # pixels a side below which a convolutional network halves its feature maps no more


@dataclass(frozen=True)
class Shape:
    """What a network has to fit, and how large it is made.

    Attributes:
        classes: number of outputs.
        side: height and width of its images in pixels.
        depth, width: number of layers or stages and their size, as the family understands them.
        cell: of a recurrent network: ``lstm`` or ``gru``.
        stages: of a residual network: groups of blocks that see the image at one size.
    """

    classes: int
    side: int = 32
    depth: int = 2
    width: int = 64
    cell: str = "lstm"
    stages: int = 3


@dataclass(frozen=True)
class Layer:
    """One layer with weights.

    Attributes:
        outputs: height, width and channels of what it gives, or number of positions and features, or of features alone.
        parameters: weights and biases.
        multiplications: multiply-adds for one image.
    """

    name: str
    outputs: tuple[int, ...]
    parameters: int
    multiplications: int = 0


@dataclass(frozen=True)
class Family:
    """A kind of network.

    Attributes:
        module: of ``core.models``, which builds it.
        layers: its layers at some shape.
        settings: what it leaves to the recipe: the names of attributes of a shape, and ``grow`` if it takes images of any
            size. Other such settings of a recipe mean nothing to it.
    """

    module: str
    layers: Callable[[Shape], list[Layer]]
    settings: tuple[str, ...] = ()


def stage_widths(shape: Shape) -> list[int]:
    """Channels of a plain network's stages: each has twice those of the one before."""
    return [shape.width << stage for stage in range(shape.depth)]


def halved(side: int) -> int:
    """What a pooling layer leaves of a feature map; small ones stay as they are."""
    return side // 2 if side > SMALLEST_MAP else side


def article_cnn(shape: Shape) -> list[Layer]:
    side = shape.side
    return [
        _conv(3, 32, side),
        _conv(32, 64, side // 2),
        _dense(64 * (side // 4) ** 2, 64),
        _dense(64, shape.classes),
    ]


def case_study(shape: Shape) -> list[Layer]:
    half = (shape.side + 1) // 2
    return [_conv(3, 16, shape.side), _conv(16, 32, half), _dense(32 * half**2, shape.classes)]


def cnn(shape: Shape) -> list[Layer]:
    rows, inputs, side = [], 3, shape.side
    for width in stage_widths(shape):
        rows += _conv_norm(inputs, width, side) + _conv_norm(width, width, side)
        inputs, side = width, halved(side)
    return [*rows, _dense(inputs, shape.classes)]


def mlp(shape: Shape) -> list[Layer]:
    rows, inputs = [], 3 * shape.side**2
    for _number in range(shape.depth):
        rows += [_dense(inputs, shape.width, bias=False), _norm((shape.width,))]
        inputs = shape.width
    return [*rows, _dense(inputs, shape.classes)]


def rnn(shape: Shape) -> list[Layer]:
    rows, inputs, gates = [], 3 * shape.side, {"lstm": 4, "gru": 3}[shape.cell]
    for _number in range(shape.depth):
        weights = 2 * gates * shape.width * (inputs + shape.width)  # twice: it reads from the top and from the bottom
        biases = 2 * gates * shape.width * 2
        outputs = (shape.side, 2 * shape.width)
        rows.append(Layer(f"{shape.cell} {shape.width} × 2", outputs, weights + biases, weights * shape.side))
        inputs = 2 * shape.width
    return [*rows, _norm((inputs,)), _dense(inputs, shape.classes)]


def vit(shape: Shape) -> list[Layer]:
    width, patch = shape.width, patch_size(shape.side)
    half = (shape.side + 1) // 2
    grid = -(-half // patch)
    tokens, kernel = grid**2, 2 * patch - 1
    rows = [*_conv_norm(3, width // 2, half)]
    weights = width * (width // 2) * kernel**2
    rows.append(Layer(f"patches {width}", (tokens, width), weights + width, weights * tokens))
    rows.append(Layer("positions", (tokens, width), tokens * width))
    for _number in range(shape.depth):
        rows += [
            _norm((tokens, width)),
            _tokens("attention", tokens, width, 3 * width, 2 * tokens**2 * width),
            _tokens("projection", tokens, width, width),
            _norm((tokens, width)),
            _tokens("dense", tokens, width, MLP_RATIO * width),
            _tokens("dense", tokens, MLP_RATIO * width, width),
        ]
    return [*rows, _norm((width,)), _dense(width, shape.classes)]


MLP_RATIO = 2  # hidden features of a transformer's dense part, over its width
HEAD = 32  # features of one attention head


def patch_size(side: int) -> int:
    """Stride of a transformer's second convolution: about eight patches a side, whatever the image."""
    return max(1, -(-((side + 1) // 2) // 8))


def resnet(shape: Shape) -> list[Layer]:
    rows, inputs, side = _conv_norm(3, shape.width, shape.side), shape.width, shape.side
    for stage, width in enumerate(residual_widths(shape)):
        for block in range(shape.depth):
            shrinks = stage > 0 and block == 0
            side = (side + 1) // 2 if shrinks else side
            rows += _conv_norm(inputs, width, side) + _conv_norm(width, width, side)
            if shrinks:
                rows += _conv_norm(inputs, width, side, kernel=1)
            inputs = width
    return [*rows, _dense(inputs, shape.classes)]


def residual_widths(shape: Shape) -> list[int]:
    """Channels of a residual network's stages: each has twice those of the one before."""
    return [shape.width << stage for stage in range(shape.stages)]


def fast(shape: Shape) -> list[Layer]:
    side = shape.side - 1
    rows, inputs = [_conv(3, WHITENED, side, kernel=2, bias=False)], WHITENED
    for width in fast_widths(shape.width):
        rows.append(_conv(inputs, width, side, bias=False))
        side //= 2
        rows.append(_norm((side, side, width)))
        for _number in range(shape.depth - 1):
            rows += _conv_norm(width, width, side)
        inputs = width
    return [*rows, _dense(inputs, shape.classes)]


WHITENED = 24  # filters on 2 × 2 pixels of three colours: both signs of their twelve principal directions


def fast_widths(width: int) -> tuple[int, int, int]:
    """Channels of the three groups of the fast network."""
    return (width, 3 * width, 4 * width)


def _conv(inputs: int, outputs: int, side: int, kernel: int = 3, bias: bool = True) -> Layer:
    """A convolution whose result is `side` pixels high and wide."""
    weights = outputs * inputs * kernel**2
    return Layer(f"conv {outputs}", (side, side, outputs), weights + bias * outputs, weights * side**2)


def _norm(outputs: tuple[int, ...]) -> Layer:
    return Layer("norm", outputs, 2 * outputs[-1])


def _conv_norm(inputs: int, outputs: int, side: int, kernel: int = 3) -> list[Layer]:
    return [_conv(inputs, outputs, side, kernel, bias=False), _norm((side, side, outputs))]


def _dense(inputs: int, outputs: int, bias: bool = True) -> Layer:
    return Layer(f"dense {outputs}", (outputs,), outputs * (inputs + bias), outputs * inputs)


def _tokens(name: str, tokens: int, inputs: int, outputs: int, more: int = 0) -> Layer:
    """A dense layer on each position; `more` multiply-adds between positions."""
    weights = inputs * outputs
    return Layer(f"{name} {outputs}", (tokens, outputs), weights + outputs, weights * tokens + more)
