"""What is shown of a sealed model's inside is what flows through the network in PyTorch; the file stays as it was."""

import hashlib
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from safetensors.numpy import load_file
from torch import nn

from core.bundle.export import Graph, to_onnx
from core.bundle.format import KEY, MODEL, WEIGHTS, Metadata
from core.bundle.predictor import Predictor
from core.concepts.inside import Inside, look_inside, most_active
from core.errors import VitrineError
from core.models import Shape, build
from core.models.classifier import Classifier
from core.models.fast import Best
from core.runs.store import Run
from core.training.batches import to_input

SIDE = 32
PIXELS = np.random.default_rng(0).integers(0, 256, (8, SIDE, SIDE, 3), dtype=np.uint8)
CLASSES = ("a", "b", "c")
# Depth 3 makes the shortcuts of the fast network, and stages of a residual one.
CONVOLUTIONAL = {"article-cnn": 2, "case-study": 2, "cnn": 6, "resnet": 19, "fast": 10}


def opened(family: str) -> tuple[Classifier, Inside]:
    """A network that has seen some images, and its sealed graph."""
    torch.manual_seed(0)
    network = build(family, Shape(len(CLASSES), SIDE, depth=3, width=8))
    network.prepare(to_input(torch.from_numpy(PIXELS)))
    for _look in range(5):  # so that the norms do something
        network(to_input(torch.from_numpy(PIXELS)))
    network.eval()
    graph = to_onnx(Graph(network, to_input, 1.5, lambda logits, embedding, appearance: appearance.sum(1)), SIDE)
    onnx.helper.set_model_props(graph, {KEY: Metadata(CLASSES, SIDE, {}, {}).to_json()})
    return network, Inside(graph.SerializeToString())


def read_by_the_next(network: Classifier) -> list[np.ndarray]:
    """What each convolution but the first takes in, and what is left of the maps at their end; for the first image."""
    found: list[np.ndarray] = []

    def note(_module: nn.Module, inputs: tuple[torch.Tensor]) -> None:
        maps = inputs[0][0].clone().numpy()
        if maps.ndim == 3 and not any(maps.shape == one.shape and np.array_equal(maps, one) for one in found):
            found.append(maps)

    ends = (nn.Conv2d, nn.AdaptiveAvgPool2d, nn.Flatten, Best)
    hooks = [module.register_forward_pre_hook(note) for module in network.modules() if isinstance(module, ends)]
    with torch.no_grad():
        network(to_input(torch.from_numpy(PIXELS[:1])))
    for hook in hooks:
        hook.remove()
    # An average over one pixel is no end of maps: what is flattened after it has one pixel a map.
    return [maps for maps in found[1:] if maps.shape[1] > 1]


@pytest.mark.parametrize("family", CONVOLUTIONAL)
def test_the_maps_are_what_the_next_layer_reads(family: str) -> None:
    network, inside = opened(family)
    expected, seen = read_by_the_next(network), inside.see(PIXELS[0])
    assert len(inside.layers) == len(expected) == CONVOLUTIONAL[family]
    for layer, maps, true in zip(inside.layers, seen.maps, expected, strict=True):
        assert maps.shape == true.shape == layer.shape
        np.testing.assert_allclose(maps, true, atol=1e-5)


@pytest.mark.parametrize("family", [*CONVOLUTIONAL, "mlp", "rnn", "vit"])
def test_the_way_begins_with_the_image_and_ends_with_the_answer(family: str) -> None:
    network, inside = opened(family)
    images = to_input(torch.from_numpy(PIXELS[:1]))
    with torch.no_grad():
        logits = network(images)[0].numpy()
        taken = network.standardised(images)[0].numpy()
    seen = inside.see(PIXELS[0])
    np.testing.assert_allclose(seen.taken, taken, atol=1e-5)
    np.testing.assert_allclose(seen.logits, logits, atol=1e-4)
    np.testing.assert_allclose(seen.probabilities, torch.softmax(torch.from_numpy(logits) / 1.5, 0), atol=1e-4)


def test_a_perceptron_shows_a_template_for_every_neuron_and_what_each_answers() -> None:
    network, inside = opened("mlp")
    dense, norm, relu = list(network.features.children())[1:4]
    assert isinstance(norm, nn.BatchNorm1d) and isinstance(dense, nn.Linear) and norm.running_var is not None
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    weights = (dense.weight * scale[:, None]).detach().numpy().reshape(8, 3, SIDE, SIDE)
    np.testing.assert_allclose(inside.filters, weights, atol=1e-5)
    with torch.no_grad():
        hidden = relu(norm(dense(network.standardised(to_input(torch.from_numpy(PIXELS[:1]))).flatten(1))))[0]
    np.testing.assert_allclose(inside.see(PIXELS[0]).hidden, hidden.numpy(), atol=1e-4)
    assert inside.layers == [] and len(inside.see(PIXELS[0]).positions) == 0


def test_a_recurrent_network_has_no_filters_but_a_line_for_every_row() -> None:
    _network, inside = opened("rnn")
    assert inside.layers == [] and len(inside.filters) == 0
    assert inside.see(PIXELS[0]).positions.shape == (SIDE, 2 * 8)


def test_a_transformer_has_two_convolutions_and_then_a_line_for_every_patch() -> None:
    _network, inside = opened("vit")
    assert len(inside.layers) == 2
    _channels, height, width = inside.layers[-1].shape
    assert inside.see(PIXELS[0]).positions.shape == (height * width, 8)


def test_a_pool_is_told_from_a_stride() -> None:
    first, _second = opened("article-cnn")[1].layers
    assert (first.stride, first.own, first.shape[1:]) == (1, (32, 32), (16, 16))
    _first, second = opened("case-study")[1].layers
    assert (second.stride, second.own, second.shape[1:]) == (2, (16, 16), (16, 16))


def test_a_sealed_model_is_read_and_left_as_it_is(trained_run: Run) -> None:
    model = trained_run.bundle / MODEL
    before = hashlib.sha256(model.read_bytes()).hexdigest()
    inside = look_inside(trained_run.bundle)
    pixels = np.random.default_rng(1).integers(0, 256, (inside.side, inside.side, 3), dtype=np.uint8)
    seen, said = inside.see(pixels), Predictor.open(trained_run.bundle).run(pixels[None])
    np.testing.assert_allclose(seen.probabilities, said.probabilities[0], atol=1e-6)
    filters = load_file(trained_run.bundle / WEIGHTS)["features.0.weight"]
    np.testing.assert_array_equal(inside.filters, filters)
    assert hashlib.sha256(model.read_bytes()).hexdigest() == before


def test_a_model_is_opened_once_and_another_one_in_its_place_anew(own_run: Run) -> None:
    inside = look_inside(own_run.bundle)
    assert look_inside(own_run.bundle) is inside
    sums = own_run.bundle / "SHA256SUMS"
    sums.write_text("".join(reversed(sums.read_text().splitlines(keepends=True))))
    assert look_inside(own_run.bundle) is not inside


def test_a_model_that_was_altered_is_refused(own_run: Run) -> None:
    path: Path = own_run.bundle / MODEL
    path.write_bytes(path.read_bytes() + b"x")
    (own_run.bundle / "SHA256SUMS").write_text((own_run.bundle / "SHA256SUMS").read_text() + "\n")
    with pytest.raises(VitrineError) as refused:
        look_inside(own_run.bundle)
    assert refused.value.code == "bundle_altered"


def test_the_most_active_maps_come_first_whatever_their_sign() -> None:
    maps = np.array([[[0.0]], [[-3.0]], [[2.0]], [[0.5]]])
    assert most_active(maps, 3).tolist() == [1, 2, 3]
