"""Back-propagation through a net of two inputs, two hidden neurons and one output, with every number at hand.

The hidden neurons have tanh, the output a sigmoid; the loss is the cross-entropy (Rumelhart, Hinton & Williams, 1986).
"""

from dataclasses import dataclass

import numpy as np

from core.concepts.neuron import sigmoid


@dataclass(frozen=True)
class Net:
    """Nine parameters, or what belongs to each of them, such as its gradient.

    Attributes:
        hidden: `[2, 2]`, a row for each hidden neuron, a column for each input.
        hidden_bias: `[2]`.
        output: `[2]`, one for each hidden neuron.
        output_bias: of the output.
    """

    hidden: np.ndarray
    hidden_bias: np.ndarray
    output: np.ndarray
    output_bias: float

    @property
    def flat(self) -> np.ndarray:
        """All nine in this order, `[9]`."""
        return np.concatenate([self.hidden.ravel(), self.hidden_bias, self.output, [self.output_bias]])


@dataclass(frozen=True)
class Forward:
    """What a pass computes: sums and activations of the hidden neurons `[2]`, the output's sum, its probability, the loss."""

    sums: np.ndarray
    activations: np.ndarray
    output_sum: float
    probability: float
    loss: float


@dataclass(frozen=True)
class Backward:
    """How the loss changes with everything: with the sums of output and hidden neurons (their errors), activations, parameters."""

    output_error: float
    activations: np.ndarray
    hidden_errors: np.ndarray
    parameters: Net


@dataclass(frozen=True)
class Example:
    """Two inputs `[2]` and the truth, 0 or 1."""

    inputs: np.ndarray
    target: float


FIRST = Net(np.array([[0.6, -0.4], [-0.3, 0.8]]), np.array([0.1, -0.2]), np.array([0.5, -0.7]), 0.1)


def forward(net: Net, example: Example) -> Forward:
    """From the inputs to the loss."""
    sums = net.hidden @ example.inputs + net.hidden_bias
    activations = np.tanh(sums)
    output_sum = float(net.output @ activations + net.output_bias)
    # log(1 + exp(z)) - y z is the cross-entropy of sigmoid(z), without the logarithm of a rounded zero.
    loss = float(np.logaddexp(0, output_sum) - example.target * output_sum)
    return Forward(sums, activations, output_sum, float(sigmoid(np.array(output_sum))), loss)


def backward(net: Net, example: Example, passed: Forward) -> Backward:
    """From the loss to every gradient, by the chain rule."""
    output_error = passed.probability - example.target
    activations = output_error * net.output
    hidden_errors = activations * (1 - passed.activations**2)
    parameters = Net(
        hidden=np.outer(hidden_errors, example.inputs),
        hidden_bias=hidden_errors,
        output=output_error * passed.activations,
        output_bias=output_error,
    )
    return Backward(output_error, activations, hidden_errors, parameters)


def descend(net: Net, gradients: Net, rate: float) -> Net:
    """One step of gradient descent."""
    return Net(
        net.hidden - rate * gradients.hidden,
        net.hidden_bias - rate * gradients.hidden_bias,
        net.output - rate * gradients.output,
        net.output_bias - rate * gradients.output_bias,
    )


def train(example: Example, rate: float, steps: int) -> list[Net]:
    """The net at the beginning and after each of so many steps on one example: `steps + 1` nets."""
    nets = [FIRST]
    for _step in range(steps):
        gradients = backward(nets[-1], example, forward(nets[-1], example)).parameters
        nets.append(descend(nets[-1], gradients, rate))
    return nets
