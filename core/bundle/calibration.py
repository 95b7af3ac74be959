"""Probabilities that mean what they say, and how large one must be for a verdict that is sure."""

from math import exp, log, sqrt
from typing import Any

import numpy as np

RANGE = (0.5, 10.0)  # few validation images, all right, would ask for ever sharper probabilities
MIN_ACCURACY = 2 / 3  # of the answers that just name a class alone: right twice as often as wrong
UNREACHABLE = float(np.nextafter(np.float32(1), np.float32(2)))  # more than any probability in single precision
_GOLDEN = (sqrt(5) - 1) / 2
_STEPS = 40  # each narrows the range to 62%: far below what the data can tell


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The temperature that makes held-out labels most likely; above 1 where the network is too sure of itself.

    Temperature scaling (Guo et al., 2017, arXiv 1706.04599) by golden-section search: the loss has a single minimum in the temperature.

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


def fit_probability_threshold(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The winning probability from which on a class is named alone: where answers are right twice as often as wrong.

    How often they are right at a probability is fitted to images that were held out, by logistic regression on its logit (Platt,
    1999; with scikit-learn's penalty, which matters where they are few): near the threshold there are too few of them to count.
    It is never below one half, nor below the least of these probabilities if that is less than two thirds; that limit is all there is
    where all are right, and where the regression tells nothing. :data:`UNREACHABLE` where none of the answers is right so often.

    Args:
        probabilities: `[n, classes]` of images that were not trained on.
        labels: int `[n]`.
    """
    from sklearn.linear_model import LogisticRegression  # who only reads a bundle does without it

    winning, right = probabilities.max(axis=1).astype(np.float64), probabilities.argmax(axis=1) == labels
    # Below one half, all other classes together are more probable.
    least = float(winning.min().clip(0.5, np.float32(MIN_ACCURACY)))
    fallback = least if right.mean() >= MIN_ACCURACY else UNREACHABLE
    if right.all() or not right.any():
        return fallback
    logits = _logit(winning.clip(1e-6, 1 - 1e-6))
    fitted = LogisticRegression().fit(logits[:, None], right)
    slope, intercept = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    if slope <= 0:  # of few images, the surest may be wrong
        return fallback
    threshold = max(least, _sigmoid((_logit(MIN_ACCURACY) - intercept) / slope))
    # In single precision, as the probabilities are: whoever compares them finds the same.
    return UNREACHABLE if threshold > winning.max() else float(np.float32(threshold))


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities `[n, classes]`."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def log_loss(logits: np.ndarray, labels: np.ndarray) -> float:
    """Mean negative log likelihood of the labels `[n]` under the softmax of the logits `[n, classes]`."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return float((np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(labels)), labels]).mean())


def _logit(probability: Any) -> Any:
    return np.log(probability / (1 - probability))


def _sigmoid(logit: float) -> float:
    return float(np.exp(-np.logaddexp(0, -logit)))
