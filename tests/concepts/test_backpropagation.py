"""Back-propagation: every gradient is the one that trying it out gives, and the one that torch gives."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.concepts.backpropagation import FIRST, Example, Net, backward, descend, forward, train

EXAMPLES = [Example(np.array([0.9, -0.6]), 1.0), Example(np.array([-1.5, 0.4]), 0.0), Example(np.zeros(2), 1.0)]
STEP = 1e-6


def net_of(values: np.ndarray) -> Net:
    return Net(values[:4].reshape(2, 2), values[4:6], values[6:8], float(values[8]))


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_gradient_is_how_much_the_loss_changes(example: Example) -> None:
    found = backward(FIRST, example, forward(FIRST, example)).parameters.flat
    values = FIRST.flat
    for place in range(len(values)):
        move = STEP * (np.arange(len(values)) == place)
        change = forward(net_of(values + move), example).loss - forward(net_of(values - move), example).loss
        assert found[place] == pytest.approx(change / (2 * STEP), abs=1e-8)


@pytest.mark.parametrize("example", EXAMPLES)
def test_loss_and_gradients_are_torchs(example: Example) -> None:
    passed = forward(FIRST, example)
    back = backward(FIRST, example, passed)
    hidden, bias, output, last = (
        torch.tensor(value, dtype=torch.float64, requires_grad=True)
        for value in (FIRST.hidden, FIRST.hidden_bias, FIRST.output, FIRST.output_bias)
    )
    sums = hidden @ torch.tensor(example.inputs) + bias
    activations = sums.tanh()
    logit = output @ activations + last
    for inner in (sums, activations, logit):
        inner.retain_grad()
    target = torch.tensor(example.target, dtype=torch.float64)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(logit, target)
    loss.backward()
    assert passed.loss == pytest.approx(loss.item())
    torchs = [one.grad for one in (hidden, bias, output, last, logit, activations, sums)]
    ours = [back.parameters.hidden, back.parameters.hidden_bias, back.parameters.output, back.parameters.output_bias]
    ours += [back.output_error, back.activations, back.hidden_errors]
    for own, other in zip(ours, torchs, strict=True):
        assert other is not None
        assert own == pytest.approx(other.numpy())


def test_a_step_goes_against_the_gradient_and_lowers_the_loss() -> None:
    example = EXAMPLES[0]
    gradients = backward(FIRST, example, forward(FIRST, example)).parameters
    stepped = descend(FIRST, gradients, 0.1)
    assert stepped.flat == pytest.approx(FIRST.flat - 0.1 * gradients.flat)
    assert forward(stepped, example).loss < forward(FIRST, example).loss


def test_training_takes_one_step_after_the_other() -> None:
    nets = train(EXAMPLES[1], 0.5, 3)
    assert len(nets) == 4 and nets[0] is FIRST
    losses = [forward(net, EXAMPLES[1]).loss for net in nets]
    assert losses == sorted(losses, reverse=True)


def test_a_probability_that_is_rounded_to_one_has_a_finite_loss() -> None:
    sure = replace(FIRST, output_bias=1000.0)
    assert forward(sure, replace(EXAMPLES[0], target=0.0)).loss == pytest.approx(1000, rel=1e-3)
