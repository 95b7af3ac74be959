"""Networks are what their tables say they are."""

import pytest
import torch
from torch import nn

from core.models import BACKBONES, FAMILIES, Shape, build, count_multiplications, count_parameters

SHAPES = [Shape(10, 32, 2, 64), Shape(2, 28, 3, 32, "gru", 4), Shape(7, 45, 1, 33, stages=1)]
SMALL = Shape(5, 32, 2, 32)
OWN = [family for family in FAMILIES if family not in BACKBONES]  # the others: test_backbones.py
LINEAR = (nn.Conv2d, nn.Linear)


@pytest.mark.parametrize("family", OWN)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_counted_parameters_are_those_of_the_built_network(family: str, shape: Shape) -> None:
    assert count_parameters(family, shape) == sum(p.numel() for p in build(family, shape).parameters())


@pytest.mark.parametrize("family", OWN)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_listed_outputs_are_those_of_a_pass(family: str, shape: Shape) -> None:
    model, seen = build(family, shape).eval(), []

    def watch(layer: nn.Module, _inputs: object, output: torch.Tensor) -> None:
        channels_first = output.ndim == 4
        seen.append(tuple((output.permute(0, 2, 3, 1) if channels_first else output).shape[1:]))

    for layer in model.modules():
        if isinstance(layer, LINEAR):
            layer.register_forward_hook(watch)
    model(torch.zeros(1, 3, shape.side, shape.side))
    listed = [row.outputs for row in FAMILIES[family].layers(shape) if row.name.split()[0] not in NOT_LINEAR]
    tokens = {outputs[:1] for outputs in listed if len(outputs) == 2}
    flat = [(s[0] * s[1], s[2]) if len(s) == 3 and (s[0] * s[1],) in tokens else s for s in seen]
    assert listed == flat


NOT_LINEAR = ("norm", "positions", "lstm", "gru")


@pytest.mark.parametrize("family", OWN)
def test_the_counted_multiplications_are_those_of_a_pass(family: str) -> None:
    model, work = build(family, SMALL).eval(), []

    def watch(layer: nn.Module, _inputs: object, output: torch.Tensor) -> None:
        assert isinstance(layer, LINEAR)
        places = output[0].numel() // layer.weight.shape[0]
        work.append(layer.weight.numel() * places)

    for layer in model.modules():
        if isinstance(layer, LINEAR):
            layer.register_forward_hook(watch)
    model(torch.zeros(1, 3, 32, 32))
    inside = {"rnn": SMALL.side * sum(p.numel() for n, p in model.named_parameters() if "weight_" in n)}
    inside["vit"] = SMALL.depth * 2 * 64**2 * SMALL.width  # queries with keys, and their shares with values
    assert count_multiplications(family, SMALL) == sum(work) + inside.get(family, 0)


def test_the_articles_network_has_282250_parameters() -> None:
    assert count_parameters("article-cnn", Shape(10)) == 282_250


@pytest.mark.parametrize("family", OWN)
def test_logits_are_the_head_of_the_embedding(family: str) -> None:
    model, images = build(family, SMALL, dropout=0.5).eval(), torch.rand(3, 3, 32, 32)
    assert torch.equal(model(images), model.head(model.embedding(images)))
    assert model(images).shape == (3, 5)


@pytest.mark.parametrize("family", OWN)
def test_a_network_begins_with_the_same_weights_for_the_same_seed(family: str) -> None:
    states = []
    for _attempt in range(2):
        torch.manual_seed(7)
        states.append(build(family, SMALL).state_dict())
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())


@pytest.mark.parametrize("family", ["article-cnn", "case-study"])
def test_the_articles_networks_start_as_keras_does(family: str) -> None:
    torch.manual_seed(0)
    for layer in build(family, Shape(10)).modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            area = layer.kernel_size[0] * layer.kernel_size[1] if isinstance(layer, nn.Conv2d) else 1
            limit = (6 / (area * (layer.weight.shape[0] + layer.weight.shape[1]))) ** 0.5
            assert 0.9 * limit < layer.weight.abs().max().item() <= limit
            assert layer.bias is not None and not layer.bias.any()


def test_dropout_hides_features_only_while_training() -> None:
    torch.manual_seed(0)
    model, images = build("article-cnn", Shape(10), dropout=0.5), torch.rand(4, 3, 32, 32)
    assert not torch.equal(model.train()(images), model(images))
    assert torch.equal(model.eval()(images), model(images))


def test_the_colours_of_the_training_images_become_standard_ones() -> None:
    model, images = build("mlp", SMALL), 0.2 + 0.1 * torch.rand(50, 3, 32, 32)
    model.prepare(images)
    standardised = model.standardised(images)
    assert standardised.mean((0, 2, 3)).abs().max() < 1e-4
    assert (standardised.std((0, 2, 3)) - 1).abs().max() < 1e-3


def test_the_fast_networks_first_layer_makes_neighbouring_pixels_independent() -> None:
    torch.manual_seed(0)
    smooth = nn.functional.interpolate(torch.rand(200, 3, 8, 8), size=(32, 32), mode="bilinear")
    model = build("fast", SMALL)
    model.prepare(smooth)
    first = model.features[0]  # type: ignore[index]
    found = first(model.standardised(smooth))[:, :12].transpose(0, 1).flatten(1)
    correlations = torch.corrcoef(found) - torch.eye(12)
    assert correlations.abs().max() < 0.25
    assert not first.weight.requires_grad
