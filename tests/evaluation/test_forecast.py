"""A power law is found again in what was made by it, with an interval that holds the truth as often as it says."""

import math

import numpy as np
import pytest

from core.evaluation.forecast import REACH, Forecast, Point, forecast

LARGEST = 1600
SIZES = [100, 200, 400, 800, LARGEST]


def made(a: float, b: float, c: float, held_out: int, random: np.random.Generator, seeds: int = 3) -> list[Point]:
    """Trainings whose error at so many times the largest size is ``a · times^-b + c``."""
    return [
        Point(size, seed, held_out - int(random.binomial(held_out, a * (size / LARGEST) ** -b + c)), held_out)
        for seed in range(seeds)
        for size in SIZES
    ]


def fitted(a: float, b: float, c: float, held_out: int = 10_000, seed: int = 0) -> Forecast:
    said = forecast(made(a, b, c, held_out, np.random.default_rng(seed)))
    assert said is not None
    return said


def test_a_power_law_is_found_again() -> None:
    said = fitted(0.2, 0.4, 0.1, held_out=10**6)
    assert said.law == pytest.approx([0.2, 0.4, 0.1], rel=0.05)
    assert said.largest == LARGEST and not said.unfit
    truth = 1 - (0.2 * 2**-0.4 + 0.1)
    assert said.accuracy(2 * LARGEST).value == pytest.approx(truth, abs=0.002)
    assert said.more(truth).value == pytest.approx(LARGEST, rel=0.05)


@pytest.mark.parametrize(
    ("law", "held_out"), [((0.2, 0.35, 0.1), 10_000), ((0.02, 0.8, 0.0), 300), ((0.05, 0.5, 0.02), 300)]
)
@pytest.mark.parametrize("times", [2, 5])
def test_the_interval_holds_the_truth_as_often_as_it_says(
    law: tuple[float, float, float], held_out: int, times: int
) -> None:
    a, b, c = law
    truth, held = 1 - (a * times**-b + c), 0
    for seed in range(100):
        said = fitted(*law, held_out, seed)
        found = said.accuracy(times * LARGEST)
        held += found.low <= truth <= found.high
    assert held >= 86  # 95 are meant; below 86 lies one in a thousand, were it 95


def test_fewer_held_out_images_tell_less() -> None:
    many, few = (fitted(0.2, 0.4, 0.1, held_out).accuracy(4 * LARGEST) for held_out in (10_000, 300))
    assert few.high - few.low > 3 * (many.high - many.low)


def test_what_is_reached_takes_nothing_more() -> None:
    said = fitted(0.2, 0.4, 0.1)
    assert said.verdict(0.69) == "reached"
    assert said.more(0.65) == (0.0, 0.0, 0.0)


def test_what_lies_in_reach_is_told_with_both_ends() -> None:
    said = fitted(0.2, 0.4, 0.1)
    assert said.verdict(0.75) == "told"
    more = said.more(0.75)
    truth = LARGEST * ((0.15 / 0.2) ** (-1 / 0.4) - 1)
    assert 0 < more.low < truth < more.high < REACH * LARGEST
    assert more.low < more.value < more.high


def test_what_no_number_of_images_gives_is_out_of_reach() -> None:
    said = fitted(0.08, 0.8, 0.1)
    assert said.verdict(0.95) == "beyond"
    assert math.isinf(said.more(0.95).value) and math.isinf(said.more(0.95).high)


def test_between_the_two_the_upper_end_cannot_be_told() -> None:
    said = fitted(0.2, 0.4, 0.1, held_out=300)
    target = (said.farthest.low + said.farthest.high) / 2
    assert said.verdict(target) == "open"
    assert said.more(target).high > (REACH - 1) * LARGEST > said.more(target).low


def test_where_more_images_do_not_help_none_are_promised_to() -> None:
    flat = [Point(size, seed, 700, 1000) for seed in range(3) for size in SIZES]
    said = forecast(flat)
    assert said is not None
    assert said.accuracy(REACH * LARGEST).value == pytest.approx(0.7, abs=0.02)
    assert said.verdict(0.8) == "beyond"


def test_no_mistake_at_all_is_not_taken_for_certainty() -> None:
    said = forecast([Point(size, seed, 100, 100) for seed in range(3) for size in SIZES])
    assert said is not None and np.isfinite(said.draws).all()
    assert said.verdict(0.99) == "reached"


def test_points_on_no_power_law_are_noticed() -> None:
    steps = dict(zip(SIZES, (600, 610, 600, 950, 950), strict=True))
    said = forecast([Point(size, seed, right, 1000) for size, right in steps.items() for seed in range(3)])
    assert said is not None and said.unfit


def test_three_sizes_are_too_few() -> None:
    random = np.random.default_rng(0)
    assert forecast([point for point in made(0.2, 0.4, 0.1, 1000, random) if point.images < 800]) is None
    assert forecast([]) is None
