"""Temperature scaling: probabilities that mean what they say (Guo et al., 2017, arXiv 1706.04599). NumPy only."""

from math import exp, log, sqrt

import numpy as np

RANGE = (0.5, 10.0)  # few validation images, all right, would ask for ever sharper probabilities
_GOLDEN = (sqrt(5) - 1) / 2
_STEPS = 40  # each narrows the range to 62%: far below what the data can tell


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The temperature that makes held-out labels most likely; above 1 where the network is too sure of itself.

    Golden-section search: the loss has a single minimum in the temperature.

    Args:
        logits: float `[n, classes]` of images that were not trained on.
        labels: int `[n]`.
    """
    low, high = map(log, RANGE)
    for _ in range(_STEPS):
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        if log_loss(logits / exp(left), labels) < log_loss(logits / exp(right), labels):
            high = right
        else:
            low = left
    return exp((low + high) / 2)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities `[n, classes]`."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def log_loss(logits: np.ndarray, labels: np.ndarray) -> float:
    """Mean negative log likelihood of the labels `[n]` under the softmax of the logits `[n, classes]`."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return float((np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(labels)), labels]).mean())
