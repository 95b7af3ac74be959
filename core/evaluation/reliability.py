"""Whether a probability means what it says, and what is gained by leaving the unsure to a person. NumPy only."""

from typing import NamedTuple

import numpy as np

from core.bundle.calibration import softmax
from core.evaluation.metrics import Measured, wilson_interval

BINS = 15  # of equal width, as in most papers
RESAMPLES = 200


class Bin(NamedTuple):
    """Images that the model was about equally sure of.

    Attributes:
        confidence: their mean winning probability.
        accuracy: the share of them that was named rightly, and the ends of its Wilson interval.
        n: how many they are.
        members: their places.
    """

    confidence: float
    accuracy: float
    low: float
    high: float
    n: int
    members: np.ndarray


class Coverage(NamedTuple):
    """Accuracy if only the surest are decided, for every number of them.

    Attributes:
        share: `[n]`, of images that are decided, ascending; the last is 1.
        accuracy: `[n]`, of those.
        threshold: `[n]`, the least winning probability among them.
    """

    share: np.ndarray
    accuracy: np.ndarray
    threshold: np.ndarray


def reliability(confidence: np.ndarray, right: np.ndarray, bins: int = BINS) -> list[Bin]:
    """The bins of a reliability diagram (Niculescu-Mizil & Caruana, 2005) that hold an image.

    Args:
        confidence: `[n]`, winning probabilities.
        right: bool `[n]`, whether the winner is the truth.
    """
    place, found = _place(confidence, bins), []
    for number in np.unique(place):
        members = place == number
        count, hits = int(members.sum()), int(right[members].sum())
        low, high = wilson_interval(hits, count)
        mean = float(confidence[members].mean())
        found.append(Bin(mean, hits / count, low, high, count, np.flatnonzero(members)))
    return found


def calibration_error(
    confidence: np.ndarray, right: np.ndarray, bins: int = BINS, resamples: int = RESAMPLES
) -> Measured:
    """The expected calibration error: how far confidence and accuracy are apart, mean over images (Guo et al., 2017, arXiv 1706.04599).

    The interval is a bootstrap's, moved so that it stands around the figure: what is drawn anew is never calibrated better.

    Args:
        confidence, right: as in :func:`reliability`.
    """
    place, n = _place(confidence, bins), len(confidence)
    excess = (confidence - right).astype(np.float64)
    error = float(np.abs(np.bincount(place, excess, bins)).sum() / n)
    random = np.random.default_rng(0)
    drawn = np.empty(resamples)
    for number in range(resamples):
        chosen = random.integers(0, n, n)
        drawn[number] = np.abs(np.bincount(place[chosen], excess[chosen], bins)).sum() / n
    low, high = np.quantile(drawn, [0.025, 0.975]) - (drawn.mean() - error)
    return Measured(error, max(0.0, float(low)), float(high))


def tempered(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities `[n, classes]` as they would be if the logits were divided by `temperature` times what they were divided by."""
    return softmax(np.log(probabilities.astype(np.float64).clip(1e-38)) / temperature)


def coverage(confidence: np.ndarray, right: np.ndarray) -> Coverage:
    """What the model reaches on the surest images alone (selective classification: El-Yaniv & Wiener, 2010).

    Args:
        confidence, right: as in :func:`reliability`.
    """
    order = np.argsort(-confidence, kind="stable")
    count = np.arange(1, len(order) + 1)
    return Coverage(count / len(order), np.cumsum(right[order]) / count, confidence[order])


def _place(confidence: np.ndarray, bins: int) -> np.ndarray:
    return np.minimum((confidence * bins).astype(int), bins - 1)
