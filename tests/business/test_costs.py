"""Costs: the cheapest threshold is the cheapest, and what it is said to save can be believed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from core.business.costs import BY_HAND, Prices, _combined_interval, cost_curve, value
from core.evaluation.predictions import StoredPredictions

CLASSES = ("cat", "dog", "bird")


def predictions(probabilities: np.ndarray, labels: np.ndarray) -> StoredPredictions:
    n = len(labels)
    return StoredPredictions(labels, probabilities, np.zeros(n, np.float32), np.arange(n), CLASSES)


def sampled(n: int, seed: int) -> StoredPredictions:
    """A calibrated classifier: it is right as often as it says."""
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet([0.4, 0.4, 0.4], n).astype(np.float32)
    labels = np.array([rng.choice(3, p=row / row.sum()) for row in probabilities.astype(float)])
    return predictions(probabilities, labels)


@st.composite
def some_predictions(draw: st.DrawFn) -> StoredPredictions:
    n = draw(st.integers(2, 40))
    # few distinct values, so that equal confidences are common
    raw = draw(arrays.arrays(np.int64, (n, 3), elements=st.integers(1, 6)))
    labels = draw(arrays.arrays(np.int64, n, elements=st.integers(0, 2)))
    return predictions((raw / raw.sum(axis=1, keepdims=True)).astype(np.float32), labels)


money = st.floats(0, 1000, allow_nan=False)
prices = st.builds(Prices, mistake=money, review=money, decisions=st.floats(0, 1e6))


def month(found: StoredPredictions, asked: Prices, threshold: float) -> float:
    """What a month costs, counted image by image."""
    total = 0.0
    for row, label in zip(found.probabilities, found.labels, strict=True):
        if row.max() < threshold:
            total += asked.review
        elif row.argmax() != label:
            total += asked.mistake
    return asked.decisions * total / len(found)


@given(some_predictions(), prices)
def test_the_curve_is_what_counting_image_by_image_gives(found: StoredPredictions, asked: Prices) -> None:
    curve = cost_curve(found, asked)
    counted = [month(found, asked, threshold) for threshold in curve.thresholds]
    assert curve.money == pytest.approx(counted, rel=1e-9, abs=1e-6)


@given(some_predictions(), prices, st.floats(0, 1.2))
def test_no_threshold_whatever_is_cheaper_than_the_cheapest(
    found: StoredPredictions, asked: Prices, threshold: float
) -> None:
    curve = cost_curve(found, asked)
    assert curve.money[curve.cheapest] <= month(found, asked, threshold) * (1 + 1e-9) + 1e-6


@given(some_predictions(), prices)
def test_the_ends_of_the_curve_are_all_automatic_and_all_by_hand(found: StoredPredictions, asked: Prices) -> None:
    curve = cost_curve(found, asked)
    assert curve.automatic[0] == 1 and curve.automatic[-1] == 0
    assert curve.thresholds[-1] == BY_HAND and curve.wrong[-1] == 0
    assert curve.money[0] == pytest.approx(asked.decisions * asked.mistake * (1 - found.accuracy))
    assert curve.money[-1] == pytest.approx(asked.decisions * asked.review)


@given(some_predictions(), prices)
def test_more_reviews_never_mean_more_mistakes(found: StoredPredictions, asked: Prices) -> None:
    curve = cost_curve(found, asked)
    assert (np.diff(curve.automatic) < 0).all() and (np.diff(curve.wrong) <= 0).all()


@given(some_predictions(), prices)
def test_what_is_saved_is_the_rival_less_the_month(found: StoredPredictions, asked: Prices) -> None:
    worth = value(found, asked)
    rival = min(worth.all_automatic, worth.all_by_hand)
    assert worth.saved == pytest.approx(rival - worth.money, rel=1e-6, abs=1e-4)
    assert worth.low - 1e-6 <= worth.saved <= worth.high + 1e-6


@settings(max_examples=20)
@given(some_predictions(), prices)
def test_the_interval_of_every_threshold_holds_its_cost(found: StoredPredictions, asked: Prices) -> None:
    curve = cost_curve(found, asked)
    for position in range(len(curve.thresholds)):
        low, high = curve.interval(position)
        assert low - 1e-6 <= curve.money[position] <= high + 1e-6


def test_when_mistakes_are_free_the_model_decides_alone() -> None:
    curve = cost_curve(sampled(200, 0), Prices(mistake=0, review=1, decisions=100))
    assert curve.automatic[curve.cheapest] == 1


def test_when_reviews_are_free_the_model_decides_only_where_it_made_no_mistake() -> None:
    curve = cost_curve(sampled(200, 0), Prices(mistake=50, review=0, decisions=100))
    assert curve.wrong[curve.cheapest] == 0


def test_a_threshold_judged_on_the_images_that_picked_it_looks_better_than_it_is() -> None:
    """On few images: the average over many samples of both figures, against what the same thresholds really cost."""
    asked = Prices(mistake=10, review=1, decisions=1000)
    world = sampled(20_000, 10_000)
    flattered, honest, real = [], [], []
    for seed in range(60):
        sample = sampled(60, seed)
        curve = cost_curve(sample, asked)
        flattered.append(curve.money[curve.cheapest])
        honest.append(value(sample, asked).money)
        real.append(month_of_world(world, asked, curve.thresholds[curve.cheapest]))
    assert np.mean(flattered) < np.mean(real)
    assert abs(np.mean(honest) - np.mean(real)) < abs(np.mean(flattered) - np.mean(real))


def month_of_world(world: StoredPredictions, asked: Prices, threshold: float) -> float:
    automatic = world.probabilities.max(axis=1) >= threshold
    wrong = automatic & (world.predicted != world.labels)
    return float(asked.decisions * (asked.mistake * wrong.mean() + asked.review * (~automatic).mean()))


@pytest.mark.parametrize("shares", [(0.02, 0.3), (0.1, 0.6), (0.004, 0.05)])
@pytest.mark.parametrize("worth", [(20.0, 1.0), (1.0, -9.0)])
def test_the_interval_holds_the_truth_about_95_times_in_100(
    shares: tuple[float, float], worth: tuple[float, float]
) -> None:
    n, rng = 400, np.random.default_rng(1)
    truth = shares[0] * worth[0] + shares[1] * worth[1]
    counts = rng.multinomial(n, [*shares, 1 - sum(shares)], size=1500)
    held = 0
    for first, second, _rest in counts:
        low, high = _combined_interval((first / n, second / n), worth, n)
        held += low <= truth <= high
    assert 0.92 <= held / len(counts) <= 0.985


def test_no_mistake_seen_is_not_read_as_no_mistake_ever() -> None:
    probabilities = np.tile(np.array([[0.9, 0.05, 0.05]], np.float32), (100, 1))
    curve = cost_curve(predictions(probabilities, np.zeros(100, np.int64)), Prices(10, 1, 1000))
    low, high = curve.interval(0)
    assert low == pytest.approx(0) and 300 < high < 500  # Wilson: up to 3.7% mistakes are still possible
