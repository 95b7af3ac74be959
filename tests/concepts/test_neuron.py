"""A neuron's activation functions, and their derivatives."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from core.concepts.neuron import ACTIVATIONS, LEAK, weighted_sum

PLACES = np.array([-20.0, -3.1, -0.5, -1e-3, 1e-3, 0.7, 2.0, 20.0])
TORCH: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": F.relu,
    "leaky-relu": lambda z: F.leaky_relu(z, LEAK),
    "gelu": F.gelu,
    "identity": lambda z: z * 1,
}


def test_the_sum_is_weights_times_inputs_plus_bias() -> None:
    assert weighted_sum(np.array([2.0, -1.0]), np.array([0.5, 3.0]), 0.25) == pytest.approx(-1.75)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_and_its_derivative_are_torchs(name: str) -> None:
    z = torch.tensor(PLACES, requires_grad=True)
    values = TORCH[name](z)
    values.sum().backward()
    assert z.grad is not None
    assert ACTIVATIONS[name].value(PLACES) == pytest.approx(values.detach().numpy(), abs=1e-12)
    assert ACTIVATIONS[name].slope(PLACES) == pytest.approx(z.grad.numpy(), abs=1e-12)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_derivative_is_how_much_the_value_changes(name: str) -> None:
    activation, step = ACTIVATIONS[name], 1e-6
    changes = (activation.value(PLACES + step) - activation.value(PLACES - step)) / (2 * step)
    assert activation.slope(PLACES) == pytest.approx(changes, abs=1e-6)


def test_at_the_kink_the_slope_is_the_one_that_torch_takes() -> None:
    for name in ("relu", "leaky-relu"):
        z = torch.zeros(1, dtype=torch.float64, requires_grad=True)
        TORCH[name](z).sum().backward()
        assert z.grad is not None
        assert ACTIVATIONS[name].slope(np.zeros(1)) == pytest.approx(z.grad.numpy())
