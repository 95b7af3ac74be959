"""The learning rate over a run."""

import pytest

from core.training.schedule import WARM_UP, share_of_peak


def test_a_constant_rate_stays() -> None:
    assert {share_of_peak("constant", progress) for progress in (0.0, 0.3, 1.0)} == {1.0}


def test_a_triangle_rises_to_its_peak_and_falls_to_nothing() -> None:
    shares = [share_of_peak("triangular", progress) for progress in (0, WARM_UP / 2, WARM_UP, (1 + WARM_UP) / 2, 1)]
    assert shares == pytest.approx([0, 0.5, 1, 0.5, 0])
