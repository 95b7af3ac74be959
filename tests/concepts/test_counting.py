"""What the calculators count is what PyTorch counts."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from core.concepts.counting import OPERATIONS, convolution, dense, networks, output_side
from core.models import BACKBONES, Shape, build, count_multiplications, count_parameters
from core.training.presets import PRESETS


def flops(model: nn.Module, inputs: torch.Tensor) -> int:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.eval()(inputs)
    return counter.get_total_flops()


def network_flops(family: str, shape: Shape) -> tuple[int, int]:
    """Parameters and FLOPs of an image, by PyTorch; nothing is computed."""
    with torch.device("meta"):
        model, image = build(family, shape), torch.zeros(1, 3, shape.side, shape.side)
    return sum(p.numel() for p in model.parameters()), flops(model, image)


@pytest.mark.parametrize("name", PRESETS)
def test_a_presets_parameters_and_flops_are_pytorchs(name: str) -> None:
    family, shape = PRESETS[name].family, PRESETS[name].shape(10)
    counted = count_parameters(family, shape), OPERATIONS * count_multiplications(family, shape)
    assert counted == network_flops(family, shape)


@pytest.mark.parametrize("name", BACKBONES)
def test_a_published_networks_flops_are_within_half_a_percent_of_pytorchs(name: str) -> None:
    family, shape = networks(1000)[name]
    parameters, work = network_flops(family, shape)
    assert count_parameters(family, shape) == parameters
    assert OPERATIONS * count_multiplications(family, shape) == pytest.approx(work, rel=0.005)


def test_the_articles_network_and_the_case_study_have_the_known_numbers() -> None:
    known = {"article-cnn": (282_250, 11_732_224), "case-study": (87_018, 3_407_872)}
    for name, (parameters, work) in known.items():
        family, shape = networks(10)[name]
        assert count_parameters(family, shape) == parameters
        assert OPERATIONS * count_multiplications(family, shape) == work


@pytest.mark.parametrize(
    ("side", "inputs", "outputs", "kernel", "stride", "padding"),
    [(32, 3, 32, 3, 1, 1), (32, 16, 32, 3, 2, 1), (28, 1, 8, 5, 3, 0), (7, 4, 2, 7, 1, 0), (9, 2, 3, 2, 4, 3)],
)
def test_a_convolution_is_pytorchs(
    side: int, inputs: int, outputs: int, kernel: int, stride: int, padding: int
) -> None:
    layer = nn.Conv2d(inputs, outputs, kernel, stride, padding)
    image = torch.zeros(1, inputs, side, side)
    counted = convolution(side, inputs, outputs, kernel, stride, padding)
    assert counted.outputs == tuple(layer(image).permute(0, 2, 3, 1).shape[1:])
    assert counted.parameters == sum(p.numel() for p in layer.parameters())
    assert OPERATIONS * counted.multiplications == flops(layer, image)


def test_a_kernel_that_is_larger_than_the_image_fits_nowhere() -> None:
    assert output_side(side=3, kernel=5, stride=1, padding=0) == 0
    assert convolution(3, 1, 1, 5, 1, 0).multiplications == 0


def test_a_dense_layer_is_pytorchs() -> None:
    layer = nn.Linear(30, 7)
    assert dense(30, 7).parameters == sum(p.numel() for p in layer.parameters())
    assert OPERATIONS * dense(30, 7).multiplications == flops(layer, torch.zeros(1, 30))


def test_every_presets_network_is_offered_once() -> None:
    offered = networks(10)
    assert {(recipe.family, recipe.shape(10)) for recipe in PRESETS.values()} <= set(offered.values())
    assert len(set(offered.values())) == len(offered)
    assert next(iter(offered)) == "article-cnn"
