"""From stored predictions to money: whom to let decide, the model or a human, and what a month then costs.

The policy: the model decides where its winning probability reaches a threshold; a human reviews the rest, and is taken
to be right. Chow (1970) calls it the reject option. A threshold picked and judged on the same images looks better than
it is; :func:`value` therefore judges every image by a threshold that was picked without it.
"""

from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import TYPE_CHECKING, Literal

import numpy as np

from core.evaluation.metrics import wilson_interval

if TYPE_CHECKING:
    from core.evaluation.predictions import StoredPredictions

BY_HAND = float("inf")  # the threshold that no probability reaches
_FOLDS = 10


@dataclass(frozen=True)
class Prices:
    """What things cost.

    Attributes:
        mistake: of one wrong automatic decision, in money.
        review: of one decision by a human, in money.
        decisions: how many there are in a month.
    """

    mistake: float
    review: float
    decisions: float


@dataclass(frozen=True)
class CostCurve:
    """A month for every threshold, from all automatic (first) to all by hand (last).

    Attributes:
        thresholds: `[t]`, ascending; the last is :data:`BY_HAND`.
        automatic: `[t]`, share of decisions that the model takes.
        wrong: `[t]`, share of decisions that the model takes and gets wrong.
        n: images it was measured on.
    """

    thresholds: np.ndarray
    automatic: np.ndarray
    wrong: np.ndarray
    prices: Prices
    n: int

    @cached_property
    def mistakes_money(self) -> np.ndarray:
        return self.prices.decisions * self.prices.mistake * self.wrong

    @cached_property
    def reviews_money(self) -> np.ndarray:
        return self.prices.decisions * self.prices.review * (1 - self.automatic)

    @cached_property
    def money(self) -> np.ndarray:
        """`[t]`, what a month costs."""
        return self.mistakes_money + self.reviews_money

    @property
    def cheapest(self) -> int:
        """Position of the lowest cost; of equal ones the most automatic."""
        return int(self.money.argmin())

    def interval(self, position: int) -> tuple[float, float]:
        """95% interval of the month's cost at one threshold, for want of more than `n` images."""
        shares = (float(self.wrong[position]), float(1 - self.automatic[position]))
        low, high = _combined_interval(shares, (self.prices.mistake, self.prices.review), self.n)
        return self.prices.decisions * low, self.prices.decisions * high


@dataclass(frozen=True)
class Value:
    """What the model brings in a month, judged on images that did not help to pick the threshold.

    Attributes:
        rival: the better of the two policies that need no threshold.
        saved: money a month, against the rival; negative where the threshold costs more than it brings.
        low, high: 95% interval of `saved`.
        threshold: the one to use, picked on all images.
        automatic: share of decisions that the model takes.
        mistakes: wrong automatic decisions a month.
        reviews: decisions by humans a month.
    """

    rival: Literal["automatic", "by hand"]
    saved: float
    low: float
    high: float
    threshold: float
    automatic: float
    mistakes: float
    reviews: float
    money: float
    all_automatic: float
    all_by_hand: float
    n: int


def cost_curve(predictions: "StoredPredictions", prices: Prices) -> CostCurve:
    """What a month costs, for every threshold that makes a difference on these predictions."""
    return _curve(*_confidence(predictions), prices)


def value(predictions: "StoredPredictions", prices: Prices, seed: int = 0) -> Value:
    """What letting the model decide above the cheapest threshold is worth in a month.

    Cross-fitted: the images fall into ten parts, and each part is decided by the threshold that was cheapest on the
    other nine. The rival is picked on all images, which can only make it look better.

    Args:
        predictions: of at least two images.
        seed: of the parts.
    """
    confidence, right = _confidence(predictions)
    n = len(right)
    part = np.random.default_rng(seed).permutation(n) % min(_FOLDS, n)
    automatic = np.zeros(n, dtype=bool)
    for number in range(min(_FOLDS, n)):
        here = part == number
        others = _curve(confidence[~here], right[~here], prices)
        automatic[here] = confidence[here] >= others.thresholds[others.cheapest]
    curve = _curve(confidence, right, prices)
    wrong_share, review_share = float((automatic & ~right).mean()), float((~automatic).mean())
    saved, (low, high), rival = _saved(automatic, right, prices)
    return Value(
        rival=rival,
        saved=prices.decisions * saved,
        low=prices.decisions * low,
        high=prices.decisions * high,
        threshold=float(curve.thresholds[curve.cheapest]),
        automatic=1 - review_share,
        mistakes=prices.decisions * wrong_share,
        reviews=prices.decisions * review_share,
        money=prices.decisions * (prices.mistake * wrong_share + prices.review * review_share),
        all_automatic=float(curve.money[0]),
        all_by_hand=float(curve.money[-1]),
        n=n,
    )


def _confidence(predictions: "StoredPredictions") -> tuple[np.ndarray, np.ndarray]:
    """The winning probability `[n]`, and whether the winner is right `[n]`."""
    return predictions.probabilities.max(axis=1), predictions.predicted == predictions.labels


def _curve(confidence: np.ndarray, right: np.ndarray, prices: Prices) -> CostCurve:
    n = len(right)
    order = np.argsort(confidence, kind="stable")
    thresholds, first = np.unique(confidence[order], return_index=True)
    wrong_below = np.concatenate([[0], np.cumsum(~right[order])])
    below = np.append(first, n)  # images that a human reviews, for each threshold
    wrong = wrong_below[-1] - wrong_below[below]
    return CostCurve(np.append(thresholds.astype(float), BY_HAND), 1 - below / n, wrong / n, prices, n)


def _saved(
    automatic: np.ndarray, right: np.ndarray, prices: Prices
) -> tuple[float, tuple[float, float], Literal["automatic", "by hand"]]:
    """Money saved a decision against the rival, its interval, and the rival.

    Image by image the difference is zero but for two kinds of images, so it is a sum of two shares with a price each.
    """
    n = len(right)
    rival: Literal["automatic", "by hand"]
    if prices.mistake * float((~right).mean()) <= prices.review:
        rival = "automatic"  # a review only pays where it prevents a mistake
        shares = float((~automatic & ~right).mean()), float((~automatic & right).mean())
        worth = prices.mistake - prices.review, -prices.review
    else:
        rival = "by hand"  # an automatic decision spares a review, and may cost a mistake
        shares = float((automatic & right).mean()), float((automatic & ~right).mean())
        worth = prices.review, prices.review - prices.mistake
    saved = shares[0] * worth[0] + shares[1] * worth[1]
    return saved, _combined_interval(shares, worth, n), rival


def _combined_interval(shares: tuple[float, float], worth: tuple[float, float], n: int) -> tuple[float, float]:
    """95% interval of `shares[0] * worth[0] + shares[1] * worth[1]`, two shares of the same `n` images.

    Combines Wilson's intervals of the shares by MOVER (Zou and Donner, 2008), so that "no mistake seen" is not read as
    "no mistake ever"; the shares exclude each other and are therefore negatively correlated.
    """
    middle = [share * price for share, price in zip(shares, worth, strict=True)]
    down, up = [], []
    for share, price, centre in zip(shares, worth, middle, strict=True):
        ends = sorted(price * end for end in wilson_interval(round(share * n), n))
        down.append(max(0.0, centre - ends[0]))
        up.append(max(0.0, ends[1] - centre))
    room = (1 - shares[0]) * (1 - shares[1])
    correlation = -sqrt(min(1.0, shares[0] * shares[1] / room)) if room > 0 else 0.0
    if worth[0] * worth[1] < 0:
        correlation = -correlation
    total = sum(middle)
    return total - _norm(down, correlation), total + _norm(up, correlation)


def _norm(sides: list[float], correlation: float) -> float:
    return sqrt(max(0.0, sides[0] ** 2 + sides[1] ** 2 + 2 * correlation * sides[0] * sides[1]))
