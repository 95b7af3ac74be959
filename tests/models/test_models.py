"""Networks are what their tables say they are."""

import pytest
import torch
from torch import nn

from core.models import FAMILIES, build, count_multiplications, count_parameters


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("classes", "side"), [(10, 32), (2, 28), (7, 45)])
def test_the_counted_parameters_are_those_of_the_built_network(family: str, classes: int, side: int) -> None:
    model = build(family, classes, side)
    layers = [layer for layer in model.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    listed = FAMILIES[family].layers(classes, side)
    assert [row.parameters for row in listed] == [sum(p.numel() for p in layer.parameters()) for layer in layers]
    assert count_parameters(family, classes, side) == sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize("family", FAMILIES)
def test_the_listed_outputs_and_multiplications_are_those_of_a_pass(family: str) -> None:
    model, rows, work = build(family, 10, 32), [], []

    def watch(layer: nn.Module, _inputs: object, output: torch.Tensor) -> None:
        assert isinstance(layer, nn.Conv2d | nn.Linear)
        shape = tuple(output.shape[1:])
        rows.append((*shape[1:], shape[0]))
        work.append(layer.weight.numel() * (shape[1] * shape[2] if len(shape) == 3 else 1))

    for layer in model.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            layer.register_forward_hook(watch)
    model(torch.zeros(1, 3, 32, 32))
    assert [row.outputs for row in FAMILIES[family].layers(10, 32)] == rows
    assert count_multiplications(family, 10, 32) == sum(work)


def test_the_articles_network_has_282250_parameters() -> None:
    assert count_parameters("article-cnn", 10) == 282_250


@pytest.mark.parametrize("family", FAMILIES)
def test_logits_are_the_head_of_the_embedding(family: str) -> None:
    model, images = build(family, 5, 32, dropout=0.5).eval(), torch.rand(3, 3, 32, 32)
    assert torch.equal(model(images), model.head(model.embedding(images)))
    assert model(images).shape == (3, 5)


@pytest.mark.parametrize("family", FAMILIES)
def test_it_starts_as_keras_does(family: str) -> None:
    torch.manual_seed(0)
    for layer in build(family, 10, 32).modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            area = layer.kernel_size[0] * layer.kernel_size[1] if isinstance(layer, nn.Conv2d) else 1
            limit = (6 / (area * (layer.weight.shape[0] + layer.weight.shape[1]))) ** 0.5
            assert 0.9 * limit < layer.weight.abs().max().item() <= limit
            assert layer.bias is not None and not layer.bias.any()


def test_dropout_hides_features_only_while_training() -> None:
    torch.manual_seed(0)
    model, images = build("article-cnn", 10, 32, dropout=0.5), torch.rand(4, 3, 32, 32)
    assert not torch.equal(model.train()(images), model(images))
    assert torch.equal(model.eval()(images), model(images))
