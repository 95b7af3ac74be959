"""Figures of a classifier, with their 95% intervals. NumPy only."""

from collections.abc import Sequence
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np

RESAMPLES = 1000  # of the bootstrap, where no interval is known in closed form
SMALLEST = float(np.finfo(np.float32).eps)  # a probability below is taken for it: the logarithm of none is no figure


class Measured(NamedTuple):
    """A figure and the ends of its 95% interval."""

    value: float
    low: float
    high: float


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


def auroc_interval(auroc: float, known: int, unknown: int) -> Measured:
    """An area under the ROC curve with its score interval (Newcombe, 2006, with Hanley & McNeil's variance of 1982).

    Its ends are the areas that lie as far from this one as 95% of draws would; so an area of 1 from few images has an end below.

    Args:
        known, unknown: how many scores of each kind it was counted from.
    """
    z = NormalDist().inv_cdf(0.975)

    def far(area: float) -> bool:
        one, other = area / (2 - area), 2 * area**2 / (1 + area)
        spread = area * (1 - area) + (known - 1) * (one - area**2) + (unknown - 1) * (other - area**2)
        return abs(area - auroc) > z * (max(spread, 0.0) / (known * unknown)) ** 0.5

    def end(limit: float) -> float:
        inside, outside = auroc, limit
        for _halving in range(50):
            middle = (inside + outside) / 2
            inside, outside = (inside, middle) if far(middle) else (middle, outside)
        return inside

    return Measured(auroc, end(0.0), end(1.0))


def confusion_matrix(labels: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Counts `[classes, classes]`: row = true class, column = predicted class."""
    return np.bincount(labels * classes + predicted, minlength=classes * classes).reshape(classes, classes)


def by_similarity(matrix: np.ndarray) -> np.ndarray:
    """An order of the classes in which those that are taken for each other are neighbours.

    It is the order along the second eigenvector of the Laplacian of mutual confusion (Fiedler, 1975; spectral seriation).

    Args:
        matrix: counts `[classes, classes]`.
    """
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    mutual = shares + shares.T
    np.fill_diagonal(mutual, 0)
    mutual += mutual.mean() * 1e-3  # no class stands quite alone
    laplacian = np.diag(mutual.sum(axis=1)) - mutual
    return np.argsort(np.linalg.eigh(laplacian)[1][:, 1], kind="stable") if len(matrix) > 2 else np.arange(len(matrix))


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


def share(correct: int, n: int) -> Measured:
    """A share of `n` with Wilson's interval."""
    return Measured(correct / n, *wilson_interval(correct, n))


def mean(values: np.ndarray) -> Measured:
    """The mean of one value an image `[n]`, and 1.96 standard errors to both sides."""
    centre, n = float(values.mean()), len(values)
    margin = NormalDist().inv_cdf(0.975) * float(values.std(ddof=1)) / n**0.5 if n > 1 else float("inf")
    return Measured(centre, centre - margin, centre + margin)


def top_k(probabilities: np.ndarray, labels: np.ndarray, k: int) -> int:
    """How many labels `[n]` are among the `k` most probable classes of the probabilities `[n, classes]`."""
    ranked = np.argsort(-probabilities, axis=1, kind="stable")[:, :k]
    return int((ranked == labels[:, None]).sum())


def macro_f1(matrix: np.ndarray) -> np.ndarray | float:
    """The mean F1 of the classes that were seen or named, each counting the same.

    Args:
        matrix: a confusion matrix, counts `[..., classes, classes]`.
    """
    hits = np.diagonal(matrix, axis1=-2, axis2=-1)
    either = matrix.sum(-1) + matrix.sum(-2)
    f1 = 2 * hits / np.maximum(either, 1)
    found = f1.sum(-1) / np.maximum((either > 0).sum(-1), 1)
    return float(found) if np.ndim(found) == 0 else found


def macro_f1_measured(matrix: np.ndarray) -> Measured:
    """Macro-F1 with a bootstrap interval (Efron, 1979): images drawn anew are cells of the matrix `[classes, classes]` drawn anew."""
    n = int(matrix.sum())
    drawn = np.random.default_rng(0).multinomial(n, matrix.ravel() / n, RESAMPLES)
    low, high = np.quantile(macro_f1(drawn.reshape(RESAMPLES, *matrix.shape)), [0.025, 0.975])
    return Measured(float(macro_f1(matrix)), float(low), float(high))


def log_losses(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Of each image `[n]`, the negative logarithm of the probability that its true class was given."""
    given = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return -np.log(given.clip(SMALLEST, 1 - SMALLEST))


def brier_scores(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Of each image `[n]`, the squared distance between its probabilities and the truth, summed over classes: 0 to 2 (Brier, 1950)."""
    distances = probabilities.astype(np.float64)
    distances[np.arange(len(labels)), labels] -= 1
    return (distances**2).sum(axis=1)
