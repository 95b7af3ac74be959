"""Where the network lies in a sealed graph, between what makes pixels its input and what makes its embedding a verdict."""

from collections.abc import Iterator
from typing import Any

LAYERS = ("Conv", "Gemm", "MatMul", "LSTM", "GRU")  # what has weights to speak of
EMBEDDING = "embedding"


def body(graph: Any) -> Iterator[Any]:
    """The nodes of an ONNX graph from the first layer with weights to the embedding, the last first."""
    reached: set[str] = set()
    after = []
    for node in graph.node:  # in the order in which they are computed
        if node.op_type in LAYERS or reached.intersection(node.input):
            reached.update(node.output)
            after.append(node)
    needed = {EMBEDDING}
    for node in reversed(after):
        if needed.intersection(node.output):
            needed.update(node.input)
            yield node
