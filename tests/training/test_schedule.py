"""The learning rate over a run."""

from itertools import pairwise

import pytest

from core.training.schedule import RISES, share_of_peak

FALLING = [name for name in RISES if name != "constant"]
PLACES = [n / 200 for n in range(201)]


def test_a_constant_rate_stays() -> None:
    assert {share_of_peak("constant", progress) for progress in (0.0, 0.3, 1.0)} == {1.0}


def test_a_triangle_rises_to_its_peak_and_falls_to_nothing() -> None:
    shares = [share_of_peak("triangular", progress) for progress in (0, 0.1, 0.2, 0.6, 1)]
    assert shares == pytest.approx([0, 0.5, 1, 0.5, 0])


def test_a_cosine_falls_slowly_then_fast_then_slowly() -> None:
    shares = [share_of_peak("cosine", progress) for progress in (0, 0.25, 0.5, 0.75, 1)]
    assert shares == pytest.approx([1, 0.8536, 0.5, 0.1464, 0], abs=1e-4)


def test_one_cycle_rises_as_smoothly_as_it_falls() -> None:
    shares = [share_of_peak("one-cycle", progress) for progress in (0, 0.15, 0.3, 0.65, 1)]
    assert shares == pytest.approx([0, 0.5, 1, 0.5, 0])


@pytest.mark.parametrize("schedule", FALLING)
@pytest.mark.parametrize("warmup", [0.0, 0.1, 0.5])
def test_every_other_schedule_rises_to_the_whole_rate_then_falls_to_nothing(schedule: str, warmup: float) -> None:
    shares = [share_of_peak(schedule, progress, warmup) for progress in PLACES]
    top = round((warmup or RISES[schedule]) * 200)
    assert shares[top] == pytest.approx(1)
    assert shares[-1] == pytest.approx(0)
    assert all(before <= after for before, after in pairwise(shares[: top + 1]))
    assert all(before >= after for before, after in pairwise(shares[top:]))


def test_a_warm_up_comes_before_a_constant_rate() -> None:
    assert [share_of_peak("constant", progress, 0.2) for progress in (0, 0.1, 0.2, 1)] == pytest.approx([0, 0.5, 1, 1])
