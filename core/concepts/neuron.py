"""A neuron: a weighted sum, a bias, and an activation function with its derivative."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Function = Callable[[np.ndarray], np.ndarray]

LEAK = 0.1  # slope of the leaky ReLU below zero; networks use less (0.01 in Maas et al., 2013), which a chart would not show


@dataclass(frozen=True)
class Activation:
    """What a neuron makes of its sum.

    Attributes:
        name: as the field spells it.
        formula, slope_formula: LaTeX of the function and of its derivative, of ``z``.
        value, slope: the same as NumPy.
    """

    name: str
    formula: str
    slope_formula: str
    value: Function
    slope: Function


def weighted_sum(inputs: np.ndarray, weights: np.ndarray, bias: float) -> float:
    """What goes into the activation function: inputs `[n]`, weights `[n]`."""
    return float(weights @ inputs + bias)


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(z / 2))  # 1 / (1 + exp(-z)) without its overflow


def normal(z: np.ndarray) -> np.ndarray:
    """The standard normal distribution up to `z`."""
    return 0.5 * (1 + np.vectorize(math.erf, otypes=[float])(np.asarray(z) / math.sqrt(2)))


def _density(z: np.ndarray) -> np.ndarray:
    return np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)


_ZERO_BELOW = r"\begin{cases} %s & z > 0 \\ %s & z \le 0 \end{cases}"

ACTIVATIONS = {
    "sigmoid": Activation(
        "sigmoid",
        r"\sigma(z) = \frac{1}{1 + e^{-z}}",
        r"\sigma'(z) = \sigma(z)\,\bigl(1 - \sigma(z)\bigr)",
        sigmoid,
        lambda z: sigmoid(z) * (1 - sigmoid(z)),
    ),
    "tanh": Activation(
        "tanh",
        r"\tanh z = \frac{e^{z} - e^{-z}}{e^{z} + e^{-z}}",
        r"\tanh' z = 1 - \tanh^2 z",
        np.tanh,
        lambda z: 1 - np.tanh(z) ** 2,
    ),
    "relu": Activation(
        "ReLU",
        r"f(z) = \max(0, z)",
        "f'(z) = " + _ZERO_BELOW % ("1", "0"),
        lambda z: np.maximum(z, 0.0),
        lambda z: np.where(z > 0, 1.0, 0.0),
    ),
    "leaky-relu": Activation(
        "leaky ReLU",
        f"f(z) = \\max({LEAK}\\,z, z)",
        "f'(z) = " + _ZERO_BELOW % ("1", LEAK),
        lambda z: np.maximum(z, LEAK * z),
        lambda z: np.where(z > 0, 1.0, LEAK),
    ),
    "gelu": Activation(
        "GELU",
        r"f(z) = z\,\Phi(z)",
        r"f'(z) = \Phi(z) + z\,\varphi(z)",
        lambda z: z * normal(z),
        lambda z: normal(z) + z * _density(z),
    ),
    "identity": Activation(
        "identity", "f(z) = z", "f'(z) = 1", lambda z: np.asarray(z, float), lambda z: np.ones_like(z, float)
    ),
}
