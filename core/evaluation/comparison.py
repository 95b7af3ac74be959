"""Two models on the same test images: which is better, and whether that is more than chance."""

from dataclasses import dataclass
from math import exp, lgamma, log
from typing import Literal

import numpy as np

from core.errors import VitrineError
from core.evaluation.metrics import Measured
from core.evaluation.predictions import StoredPredictions

ALPHA = 0.05


@dataclass(frozen=True)
class Comparison:
    """What models A and B do with the images that both judged.

    Attributes:
        first, second: positions `[n]` of those images in A's and in B's predictions, pair by pair.
        only_a, only_b: bool `[n]`, which of them one names rightly and the other does not.
        gain: B's accuracy less A's, with the 95% interval that belongs to the test, see :func:`paired_gain`.
        p: of McNemar's test (1947), exact: how often so uneven a split would come by chance if both were equally good.
    """

    first: np.ndarray
    second: np.ndarray
    only_a: np.ndarray
    only_b: np.ndarray
    gain: Measured
    p: float

    @property
    def n(self) -> int:
        return len(self.first)

    @property
    def better(self) -> Literal["a", "b"] | None:
        """The one that is better beyond chance."""
        if self.p >= ALPHA:
            return None
        return "b" if self.gain.value > 0 else "a"


def compare(a: StoredPredictions, b: StoredPredictions) -> Comparison:
    """Set two predictions of the same test images side by side.

    Raises:
        VitrineError: ``not_comparable`` when they have no image or no class in common.
    """
    _rows, first, second = np.intersect1d(a.rows, b.rows, return_indices=True)
    if not len(first) or set(a.classes) != set(b.classes):
        raise VitrineError("not_comparable")
    right_a, right_b = a.right[first], b.right[second]
    only_a, only_b = right_a & ~right_b, right_b & ~right_a
    lost, won, n = int(only_a.sum()), int(only_b.sum()), len(first)
    return Comparison(first, second, only_a, only_b, paired_gain(lost, won, n), mcnemar(lost, won))


def mcnemar(lost: int, won: int) -> float:
    """The two-sided exact probability of a split at least as uneven, were each side as likely (McNemar, 1947)."""
    n, smaller = lost + won, min(lost, won)
    if lost == won:
        return 1.0
    tail = sum(exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) - n * log(2)) for k in range(smaller + 1))
    return min(1.0, 2 * tail)


def paired_gain(lost: int, won: int, n: int) -> Measured:
    """`(won - lost) / n` with the 95% interval that belongs to the exact test: it leaves out 0 exactly where :func:`mcnemar` is below 5%.

    As in the test, the number `d` of pairs that differ is taken as given. The share of them that was won has the exact interval
    of Clopper and Pearson (1934), and a share `p` is a gain of `(2p - 1) d / n`; so no end lies further from 0 than `d / n`.
    On tests and the intervals that match them: Fay (2010), The R Journal 2(1).

    Args:
        lost, won: of `n` pairs, those that only the one and only the other has right.
    """
    from scipy.special import betaincinv

    differing = lost + won
    low = float(betaincinv(won, lost + 1, ALPHA / 2)) if won else 0.0
    high = float(betaincinv(won + 1, lost, 1 - ALPHA / 2)) if lost else 1.0
    return Measured((won - lost) / n, (2 * low - 1) * differing / n, (2 * high - 1) * differing / n)


def surest_of_each_class(labels: np.ndarray, sure: np.ndarray) -> np.ndarray:
    """An order `[n]`: of each class the surest, then of each the next, and so on, so that no class comes before all others.

    Args:
        labels: classes `[n]`.
        sure: how sure a model is of each `[n]`.
    """
    order = np.lexsort((-sure, labels))
    by_class = labels[order]
    place_in_class = np.arange(len(order)) - np.searchsorted(by_class, by_class)
    return order[np.lexsort((-sure[order], place_in_class))]


def pareto(cost: np.ndarray, accuracy: np.ndarray) -> np.ndarray:
    """Bool `[n]`: those that no other one beats in accuracy at the same cost or less."""
    best, kept = -np.inf, np.zeros(len(cost), bool)
    for place in np.lexsort((-accuracy, cost)):
        if accuracy[place] > best:
            best, kept[place] = accuracy[place], True
    return kept
