"""How much data would it take? A power law through accuracies at several sizes, and what it says of sizes that nobody has.

The error of a network falls with the number of images as ``a · n^-b + c`` (Hestness et al., 2017, arXiv:1712.00409); Mahmood et al.
(2022, arXiv:2207.01725) use such curves to say how much to collect, and show how far off they can be. So every answer has an interval,
and what lies farther than :data:`REACH` is not told. NumPy only.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from core.evaluation.metrics import Measured

Verdict = Literal["reached", "told", "open", "beyond"]

REACH = 10  # times the largest size measured: as far as a forecast is told
DRAWS = 1000  # of the bootstrap
FEWEST = 4  # sizes that a curve of three numbers can be held against
EXPONENTS = np.geomspace(0.05, 3, 240)
_UNFIT = 0.01  # probability of such a lack of fit by chance, below which the points lie on no power law


@dataclass(frozen=True)
class Point:
    """One training: from how many images it learnt, drawn by which seed, and how many of the held-out ones it named rightly."""

    images: int
    seed: int
    correct: int
    held_out: int

    @property
    def error(self) -> float:
        return 1 - self.correct / self.held_out


@dataclass(frozen=True)
class Forecast:
    """A power law and how well it is known.

    Attributes:
        sizes: images, ascending `[k]`.
        errors, spread: the mean error at each size, and its standard error `[k]`.
        law: ``a, b, c`` of ``a · (n / largest)^-b + c``, so that `a` is what more data can still remove.
        draws: the same of each bootstrap sample `[DRAWS, 3]`.
        unfit: whether the points lie on no power law.
        at_hand: images that there are to learn from: more than the largest size while trainings are missing.
    """

    sizes: np.ndarray
    errors: np.ndarray
    spread: np.ndarray
    law: np.ndarray
    draws: np.ndarray
    unfit: bool
    at_hand: int

    @property
    def largest(self) -> int:
        """The largest size that was measured."""
        return int(self.sizes[-1])

    def accuracies(self, images: Sequence[float] | np.ndarray) -> np.ndarray:
        """The mean accuracy to expect at each of those sizes, and the ends of its 95% interval: `[n, 3]`."""
        times = np.asarray(images, float) / self.largest
        drawn = 1 - _error(self.draws, times)
        return np.column_stack([1 - _error(self.law[None], times)[0], *np.quantile(drawn, [0.025, 0.975], axis=0)])

    def accuracy(self, images: float) -> Measured:
        """The mean accuracy to expect of trainings on so many images."""
        return Measured(*self.accuracies([images])[0].tolist())

    @cached_property
    def farthest(self) -> Measured:
        """The accuracy at the farthest size that is told: up to its lower end is certain, above its upper end out of reach."""
        return self.accuracy(REACH * self.largest)

    def verdict(self, target: float) -> Verdict:
        """What can be said of an accuracy: it is there already, takes so many images, takes at least so many, or is out of reach."""
        if target <= self.accuracy(self.at_hand).value:
            return "reached"
        if target <= self.farthest.low:
            return "told"
        return "open" if target <= self.farthest.high else "beyond"

    def more(self, target: float) -> Measured:
        """How many images it takes beyond those at hand to reach an accuracy; infinite where the law never does."""
        value = _needed(self.law[None], 1 - target)[0]
        # No interpolation: between a number and infinity there is nothing.
        low, high = np.quantile(_needed(self.draws, 1 - target), [0.025, 0.975], method="closest_observation")
        return Measured(*(max(0.0, float(times * self.largest) - self.at_hand) for times in (value, low, high)))


def forecast(points: Sequence[Point], at_hand: int = 0) -> Forecast | None:
    """The power law through the points; None while there are too few sizes.

    Sizes count by their precision. That is what held-out images give (binomial), or worse where seeds differ by more or the points miss
    the curve (a dispersion factor, as in quasi-likelihood). The interval is a parametric bootstrap of the mean errors.

    Args:
        at_hand: images that there are to learn from, where that is more than the largest size.
    """
    sizes = np.array(sorted({point.images for point in points}))
    if len(sizes) < FEWEST:
        return None
    groups = [[point for point in points if point.images == size] for size in sizes]
    held_out = np.array([sum(point.held_out for point in group) for group in groups])
    wrong = held_out - [sum(point.correct for point in group) for group in groups]
    errors = wrong / held_out
    smoothed = (wrong + 0.5) / (held_out + 1)  # of no mistake, too, nobody is quite sure
    variances = smoothed * (1 - smoothed) / held_out
    law = _fit(sizes, errors[None], variances)[0]

    missed = float((((errors - _error(law[None], sizes / sizes[-1])[0]) ** 2) / variances).sum())
    scattered = sum(
        (point.error - error) ** 2 / (variance * total / point.held_out)
        for group, error, variance, total in zip(groups, errors, variances, held_out, strict=True)
        for point in group
    )
    free, repeats = max(len(sizes) - 3, 1), len(points) - len(sizes)
    spread = np.sqrt(variances * max(1.0, (missed + scattered) / (free + repeats)))
    noise = np.random.default_rng(0).normal(size=(DRAWS, len(sizes)))
    drawn = (_error(law[None], sizes / sizes[-1]) + noise * spread).clip(0, 1)
    unfit = _unfit(missed / free, free, scattered, repeats)
    return Forecast(sizes, errors, spread, law, _fit(sizes, drawn, variances), unfit, max(at_hand, int(sizes[-1])))


def _unfit(missed: float, free: int, scattered: float, repeats: int) -> bool:
    """Whether the points miss the curve by more than their scatter explains (an F-test of the lack of fit)."""
    from scipy.special import chdtrc, fdtrc

    if repeats and scattered / repeats > 1:
        return bool(fdtrc(free, repeats, missed / (scattered / repeats)) < _UNFIT)
    return bool(chdtrc(free, missed * free) < _UNFIT)  # their scatter is what chance alone gives


def _fit(sizes: np.ndarray, errors: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """Weighted least squares with `a` and `c` not below 0, of many sets of errors `[r, k]` at once: `[r, 3]`.

    Once the exponent is given the other two follow in closed form, so exponents are simply tried (Golub & Pereyra, 1973).
    """
    weights = 1 / variances
    x = (sizes / sizes[-1]) ** -EXPONENTS[:, None]  # [exponents, k]
    w, wx, wxx = weights.sum(), x @ weights, x**2 @ weights
    wy, wxy = (errors @ weights)[:, None], errors @ (x * weights).T  # [r, 1], [r, exponents]
    determinant = w * wxx - wx**2
    a, c = (w * wxy - wx * wy) / determinant, (wxx * wy - wx * wxy) / determinant
    a, c = np.where(c < 0, wxy / wxx, a), c.clip(0)
    a, c = a.clip(0), np.where(a < 0, wy / w, c)
    # The residual but for the errors' own squares, which are the same for all exponents.
    missed = a**2 * wxx + 2 * a * c * wx + c**2 * w - 2 * (a * wxy + c * wy)
    best = missed.argmin(axis=1)
    row = np.arange(len(errors))
    return np.column_stack([a[row, best], EXPONENTS[best], c[row, best]])


def _error(laws: np.ndarray, times: np.ndarray) -> np.ndarray:
    """The error of each law `[r, 3]` at so many times the largest size `[n]`: `[r, n]`."""
    a, b, c = (column[:, None] for column in laws.T)
    return (a * times**-b + c).clip(0, 1)


def _needed(laws: np.ndarray, error: float) -> np.ndarray:
    """How many times the largest size each law `[r, 3]` needs for an error: `[r]`."""
    a, b, c = laws.T
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        times = np.where(error > c, ((error - c) / a) ** (-1 / b), math.inf)
    return np.where(a > 0, times, np.where(error >= c, 0.0, math.inf))
