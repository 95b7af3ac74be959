"""Inside a sealed model: its first filters, and what every convolution gives for an image.

The graph is read into memory and there told to give away what flows between its layers too; the file stays as it was sealed.
"""

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.bundle.format import KEY, MODEL, SUMS, Metadata, check_sums
from core.bundle.graph import body
from core.bundle.predictor import Predictor, open_session


@dataclass(frozen=True)
class Layer:
    """A convolution, and what is left of its maps when the next one reads them: after norm, activation function and pool.

    Attributes:
        kernel: height and width of its filters.
        shape: channels, height and width of the maps.
        tensor: their name in the graph.
        own: their height and width as the convolution itself gives them, before any pool.
    """

    kernel: tuple[int, int]
    stride: int
    shape: tuple[int, int, int]
    tensor: str
    own: tuple[int, int]


@dataclass(frozen=True)
class Seen:
    """What the network makes of one image.

    Attributes:
        taken: float32 `[3, side, side]`, what the first layer takes.
        maps: of each :class:`Layer`, float32 `[channels, h, w]`.
        hidden: float32 `[n]`, the first dense layer of a network that begins with one; else empty.
        positions: float32 `[places, features]` of a network that reads rows or patches, when it has read all; else empty.
        logits, probabilities: float32 `[classes]`, the latter calibrated.
    """

    taken: np.ndarray
    maps: list[np.ndarray]
    hidden: np.ndarray
    positions: np.ndarray
    logits: np.ndarray
    probabilities: np.ndarray


class Inside(Predictor):
    """A predictor that shows what flows through its graph. Use :func:`look_inside`."""

    def __init__(self, data: bytes) -> None:
        import onnx

        model = onnx.load_from_string(data)
        plan = _Plan(model.graph)
        metadata = Metadata.from_json(next(one.value for one in model.metadata_props if one.key == KEY))
        self.layers, self.filters = plan.layers, plan.filters
        self._names = {
            "taken": plan.taken,
            "hidden": plan.hidden,
            "positions": plan.positions,
            "logits": "logits",
            "probabilities": "probabilities",
        }
        given = {output.name for output in model.graph.output}
        asked = dict.fromkeys([*(layer.tensor for layer in self.layers), *filter(None, self._names.values())])
        for name in asked.keys() - given:
            model.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
        self._asked = list(asked)
        super().__init__(open_session(model.SerializeToString()), metadata)

    def see(self, pixels: np.ndarray) -> Seen:
        """What it makes of one image uint8 `[side, side, 3]`."""
        outputs = self._session.run(self._asked, {"images": np.ascontiguousarray(pixels[None])})
        found = {name: output[0] for name, output in zip(self._asked, outputs, strict=True)}
        named = {field: found.get(name or "", np.empty(0, np.float32)) for field, name in self._names.items()}
        return Seen(maps=[found[layer.tensor] for layer in self.layers], **named)


def look_inside(bundle: Path) -> Inside:
    """The bundle's sealed graph, opened once for as long as it is the same.

    Raises:
        VitrineError: ``bundle_incomplete``, ``bundle_altered`` or ``bundle_version``.
    """
    sums = bundle / SUMS
    return _opened(bundle, sums.read_bytes() if sums.exists() else b"")


@functools.lru_cache(maxsize=4)
def _opened(bundle: Path, sums: bytes) -> Inside:
    """`sums` are the checksums of what was opened: of another model they are others."""
    check_sums(bundle)
    return Inside((bundle / MODEL).read_bytes())


def most_active(maps: np.ndarray, count: int) -> np.ndarray:
    """The channels of maps `[channels, h, w]` that differ most from zero on average, the strongest first; at most `count`."""
    strength = np.abs(maps).mean(axis=(1, 2))
    return np.argsort(-strength, kind="stable")[:count]


class _Plan:
    """What there is to see in a graph: which tensors, and the filters of the first layer."""

    def __init__(self, graph: Any) -> None:
        self._shapes = {value.name: _dims(value) for value in [*graph.value_info, *graph.input, *graph.output]}
        self._weights = {tensor.name: tensor for tensor in graph.initializer}
        nodes = list(body(graph))[::-1]
        first = nodes[0]
        flattened = {node.output[0]: node.input[0] for node in graph.node if node.op_type in ("Reshape", "Flatten")}
        # A dense first layer takes pixels in a row, a recurrent one lines: what they were before is the image.
        self.taken = self._image_before(first.input[0], graph) or flattened.get(first.input[0], first.input[0])
        self.layers = self._convolutions(nodes)
        self.filters = self._filters(first)
        self.hidden = self._hidden(first, nodes) if first.op_type in ("Gemm", "MatMul") else None
        self.positions = next(
            (node.input[0] for node in nodes if node.op_type == "ReduceMean" and len(self._shape(node.input[0])) == 3),
            None,
        )

    def _shape(self, name: str) -> tuple[int, ...]:
        """Of a tensor, its batch counted as 0; empty where the graph does not say."""
        return self._shapes.get(name, ())

    def _image_before(self, name: str, graph: Any) -> str | None:
        """The last tensor with three colours that leads to `name`."""
        makers = {output: node for node in graph.node for output in node.output}
        while name in makers and not _is_image(self._shape(name)):
            name = makers[name].input[0]
        return name if name in makers else None

    def _convolutions(self, nodes: Iterable[Any]) -> list[Layer]:
        """Walk through the graph with the convolutions that each tensor comes from and that nothing has read yet.

        What a convolution or the end of the maps reads is what the one before has left of its maps. Of the two in a residual
        block that are added, the one whose filters are larger lends its name to the sum.
        """
        waiting: dict[str, tuple[Any, ...]] = {}
        read: set[str] = set()
        layers = []
        for node in nodes:
            data = node.input[0] if node.input else ""
            output = self._shape(node.output[0])
            is_map = len(output) == 4 and output[2] * output[3] > 1
            is_conv = node.op_type == "Conv"
            ends = is_conv or not is_map
            if ends and waiting.get(data) and data not in read:
                layers.append(self._layer(max(waiting[data], key=self._size), data))
                read.add(data)
            if is_conv and is_map:
                waiting[node.output[0]] = (node,)
            elif is_map:
                fresh = [conv for name in node.input if name not in read for conv in waiting.get(name, ())]
                waiting[node.output[0]] = tuple({id(conv): conv for conv in fresh}.values())
        return layers

    def _size(self, conv: Any) -> int:
        height, width = self._kernel(conv)
        return height * width

    def _kernel(self, conv: Any) -> tuple[int, int]:
        height, width = self._weights[conv.input[1]].dims[2:]
        return height, width

    def _layer(self, conv: Any, tensor: str) -> Layer:
        stride = next((one.ints[0] for one in conv.attribute if one.name == "strides"), 1)
        _batch, channels, height, width = self._shape(tensor)
        _batch, _channels, *own = self._shape(conv.output[0])
        return Layer(self._kernel(conv), stride, (channels, height, width), tensor, (own[0], own[1]))

    def _filters(self, first: Any) -> np.ndarray:
        """float32 `[n, 3, h, w]`: the weights of the first layer as pictures; none of a recurrent layer, which sees no picture."""
        from onnx import numpy_helper

        if first.input[1] not in self._weights or first.op_type in ("LSTM", "GRU"):
            return np.empty((0, 3, 1, 1), np.float32)
        weights = np.asarray(numpy_helper.to_array(self._weights[first.input[1]]), np.float32)
        if first.op_type == "Conv":
            return weights
        turned = any(one.name == "transB" and one.i for one in first.attribute)
        return (weights if turned else weights.T).reshape(-1, *self._shape(self.taken)[1:])

    def _hidden(self, first: Any, nodes: Iterable[Any]) -> str:
        """What the first dense layer gives after its activation function."""
        activated = (node.output[0] for node in nodes if node.op_type == "Relu" and node.input[0] == first.output[0])
        return next(activated, first.output[0])


def _is_image(shape: tuple[int, ...]) -> bool:
    return len(shape) == 4 and shape[1] == 3 and shape[2] == shape[3]


def _dims(value: Any) -> tuple[int, ...]:
    return tuple(dim.dim_value for dim in value.type.tensor_type.shape.dim)
