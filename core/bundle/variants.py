"""Other forms of a sealed graph: half-precision weights, whole numbers of eight bits, or the smallest weights set to zero.

Only the body is changed, from the first layer to the embedding. Pre-processing, head, softmax and knownness stay in single
precision: they are small and fast already, and what they say is compared with thresholds. No torch in here.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from onnxruntime.transformers.float16 import convert_float_to_float16

from core.bundle.format import FP16, INT8, KEY, PRUNED, Metadata
from core.bundle.graph import LAYERS, body
from core.bundle.predictor import chunked
from core.errors import VitrineError

MULTIPLIED = (
    "Conv",
    "Gemm",
    "MatMul",
)  # those that ONNX Runtime can multiply in whole numbers, with ranges known beforehand
BETWEEN = (
    "Add",
    "Relu",
)  # what stays in whole numbers between them: a way there and back costs more. Pools are slower so
PRUNED_SHARE = 0.5


def convert(kind: str, model: Path, images: np.ndarray) -> onnx.ModelProto:
    """The graph in another form, with the same inputs and outputs; its metadata is still to be stored.

    Args:
        kind: one of :data:`core.bundle.format.VARIANTS`.
        model: the sealed graph.
        images: uint8 `[n, side, side, 3]` that the ranges of whole numbers are set by: of training, never of validation or test.

    Raises:
        VitrineError: ``variant_no_layers`` when none of its layers can be computed in whole numbers.
    """
    forms: dict[str, Callable[[onnx.ModelProto], onnx.ModelProto]] = {
        FP16: _half,
        INT8: lambda graph: _eight_bits(graph, images),
        PRUNED: _pruned,
    }
    return forms[kind](_optimised(model))


def store(model: onnx.ModelProto, metadata: Metadata, path: Path) -> None:
    """Write the graph with what a consumer has to know."""
    onnx.helper.set_model_props(model, {KEY: metadata.to_json()})
    onnx.save(model, path)


def _optimised(model: Path) -> onnx.ModelProto:
    """The graph with constants folded, also those that a recurrent cell's weights are cut from, and all shapes known."""
    with tempfile.TemporaryDirectory() as folder:
        quant_pre_process(str(model), f"{folder}/{model.name}", skip_symbolic_shape=True)
        return onnx.load(f"{folder}/{model.name}")


def _half(model: onnx.ModelProto) -> onnx.ModelProto:
    inside = {node.name for node in body(model.graph)}
    outside = [node.name for node in model.graph.node if node.name not in inside]
    return convert_float_to_float16(model, keep_io_types=True, node_block_list=outside)


def _eight_bits(model: onnx.ModelProto, images: np.ndarray) -> onnx.ModelProto:
    """Static quantisation: weights by output channel, activations unsigned, which is what processors with VNNI multiply fastest.

    Weights have seven bits: a processor without VNNI adds two products in sixteen bits, where those of eight do not fit, and would
    say something else than the machine that the model was judged on.
    """
    weights = _weights(model.graph)
    nodes = list(body(model.graph))
    layers = [node.name for node in nodes if node.op_type in MULTIPLIED and node.input[1] in weights]
    if not layers:
        raise VitrineError("variant_no_layers")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        quantize_static(
            model,
            path,
            _Calibration(images),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            calibrate_method=CalibrationMethod.MinMax,
            nodes_to_quantize=layers + [node.name for node in nodes if node.op_type in BETWEEN],
        )
        return onnx.load(path)


def _pruned(model: onnx.ModelProto) -> onnx.ModelProto:
    """Half of all weights set to zero: those with the least score of LAMP (Lee et al., 2021, arXiv 2010.07611).

    One threshold for the plain magnitudes of all layers empties some of them, a share of its own for each layer cuts into small
    ones: both cost more accuracy, in every network that was tried.
    """
    weights = _weights(model.graph)
    arrays = {name: np.array(numpy_helper.to_array(tensor)) for name, tensor in weights.items()}
    scores = {name: lamp(array) for name, array in arrays.items()}
    threshold = np.quantile(np.concatenate([score.ravel() for score in scores.values()]), PRUNED_SHARE)
    for name, array in arrays.items():
        array[scores[name] < threshold] = 0
        weights[name].CopyFrom(numpy_helper.from_array(array, name))
    return model


def lamp(weights: np.ndarray) -> np.ndarray:
    """Each weight's square as a share of all squares in its layer that are at least as large; the shape of `weights`."""
    squares = weights.astype(np.float64).ravel() ** 2
    order = np.argsort(squares)
    ascending = squares[order]
    scores = np.empty_like(squares)
    scores[order] = ascending / np.maximum(ascending[::-1].cumsum()[::-1], np.finfo(np.float64).tiny)
    return scores.reshape(weights.shape)


def _weights(graph: onnx.GraphProto) -> dict[str, onnx.TensorProto]:
    """The weights of the body's layers; biases are not among them."""
    known = {tensor.name: tensor for tensor in graph.initializer if len(tensor.dims) > 1}
    names = [name for node in body(graph) if node.op_type in LAYERS for name in node.input[1:3]]
    return {name: known[name] for name in names if name in known}


class _Calibration(CalibrationDataReader):  # type: ignore[misc]
    """The images as ONNX Runtime asks for them, some at a time."""

    def __init__(self, images: np.ndarray) -> None:
        self._parts = ({"images": np.ascontiguousarray(part)} for part in chunked(images))

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self._parts, None)
