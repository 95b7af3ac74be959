"""Figures of a classifier, with their intervals. NumPy only."""

from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

import numpy as np


def wilson_interval(correct: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval for a share (Wilson, 1927); also right near 0 and 1, where the textbook one is not.

    Args:
        correct: successes among `n` trials.
    """
    if n == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = correct / n
    centre = share + z * z / (2 * n)
    margin = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, float((centre - margin) / scale)), min(1.0, float((centre + margin) / scale))


def confusion_matrix(labels: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Counts `[classes, classes]`: row = true class, column = predicted class."""
    return np.bincount(labels * classes + predicted, minlength=classes * classes).reshape(classes, classes)


def per_class(labels: np.ndarray, predicted: np.ndarray, classes: Sequence[str]) -> list[dict[str, Any]]:
    """Precision, recall with its 95% interval, F1 and support of each class, in the order of `classes`.

    A figure without a case to rest on (of a class never seen, or never predicted) is None.
    """
    matrix = confusion_matrix(labels, predicted, len(classes))
    hits, support, said = matrix.diagonal(), matrix.sum(axis=1), matrix.sum(axis=0)
    rows = []
    for index, name in enumerate(classes):
        right, total, claimed = int(hits[index]), int(support[index]), int(said[index])
        low, high = wilson_interval(right, total) if total else (None, None)
        rows.append(
            {
                "class": name,
                "recall": right / total if total else None,
                "recall_low": low,
                "recall_high": high,
                "precision": right / claimed if claimed else None,
                "f1": 2 * right / (total + claimed) if total + claimed else None,
                "support": total,
            }
        )
    return rows
