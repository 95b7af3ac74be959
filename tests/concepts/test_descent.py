"""Gradient descent arrives, or leaves, exactly where the theory says."""

import numpy as np
import pytest

from core.concepts.descent import NEAR, SURFACES, Surface, descend, largest_rate

POINTS = [np.array([0.3, -1.1]), np.array([-1.4, 0.2]), np.array([1.7, 1.2])]
QUADRATIC = [surface for surface in SURFACES.values() if surface.quadratic]
EVERY = pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)


def hessian(surface: Surface, point: np.ndarray, step: float = 1e-5) -> np.ndarray:
    moves = step * np.eye(2)
    return np.array([(surface.gradient(point + move) - surface.gradient(point - move)) / (2 * step) for move in moves])


@EVERY
def test_the_gradient_is_how_much_the_loss_changes(surface: Surface) -> None:
    for point in POINTS:
        changes = [(surface.loss(point + move) - surface.loss(point - move)) / 2e-6 for move in 1e-6 * np.eye(2)]
        assert surface.gradient(point) == pytest.approx(np.array(changes), abs=1e-6)


@EVERY
def test_on_the_border_of_a_level_the_loss_is_that_level(surface: Surface) -> None:
    level, a = float(surface.loss(np.array(surface.start))), np.linspace(-1.4, 1.4, 9)
    border = np.stack([a, surface.half_width(level, a)], -1)
    assert surface.loss(border) == pytest.approx(level)
    assert surface.half_width(-1.0, a) == pytest.approx(0)


@EVERY
def test_minima_and_saddles_are_where_the_slope_is_zero_and_bend_as_stated(surface: Surface) -> None:
    for minimum, curvature in zip(surface.minima, surface.curvatures, strict=True):
        assert surface.gradient(np.array(minimum)) == pytest.approx(np.zeros(2), abs=1e-9)
        bends = np.linalg.eigvalsh(hessian(surface, np.array(minimum)))
        assert bends[0] > 0 and bends[-1] == pytest.approx(curvature, rel=1e-4)
    for saddle in surface.saddles:
        assert surface.gradient(np.array(saddle)) == pytest.approx(np.zeros(2), abs=1e-9)
        low, high = np.linalg.eigvalsh(hessian(surface, np.array(saddle)))
        assert low < 0 < high


@EVERY
def test_the_first_minimum_is_the_deepest_and_lies_at_zero(surface: Surface) -> None:
    losses = [float(surface.loss(np.array(minimum))) for minimum in surface.minima]
    assert losses[0] == pytest.approx(0, abs=1e-9) and losses == sorted(losses)


@pytest.mark.parametrize("momentum", [0.0, 0.3, 0.6, 0.9])
@pytest.mark.parametrize("surface", QUADRATIC)
def test_below_the_largest_rate_it_arrives_and_above_it_leaves(surface: Surface, momentum: float) -> None:
    limit = largest_rate(surface.curvatures[0], momentum)
    assert descend(surface, 0.98 * limit, momentum, steps=2000).outcome == "arrived"
    assert descend(surface, 1.02 * limit, momentum, steps=2000).outcome == "left"


@pytest.mark.parametrize("surface", QUADRATIC)
def test_at_the_largest_rate_it_swings_for_ever(surface: Surface) -> None:
    assert descend(surface, largest_rate(surface.curvatures[0], 0.0), 0.0, steps=5000).outcome == "under way"


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
def test_above_the_rate_of_a_minimum_nothing_settles_in_it(momentum: float) -> None:
    surface = SURFACES["two-minima"]
    for place, curvature in enumerate(surface.curvatures):
        rate = 1.02 * largest_rate(curvature, momentum)
        assert descend(surface, rate, momentum).minimum != place


def test_a_narrow_valley_takes_more_steps_and_momentum_saves_most_of_them() -> None:
    slow = descend(SURFACES["valley"], 0.02, 0.0)
    assert slow.steps > 3 * descend(SURFACES["bowl"], 0.05, 0.0).steps  # which is further from its limit
    assert descend(SURFACES["valley"], 0.02, 0.8).steps < slow.steps / 2


def test_momentum_carries_it_past_the_shallower_minimum() -> None:
    assert descend(SURFACES["two-minima"], 0.02, 0.0).minimum == 1
    assert descend(SURFACES["two-minima"], 0.02, 0.9).minimum == 0


def test_where_it_arrived_a_thousandth_of_the_loss_is_left() -> None:
    path = descend(SURFACES["valley"], 0.02, 0.5)
    assert path.losses[-1] <= NEAR * path.losses[0] < path.losses[-2]
    assert path.steps == len(path.points) - 1


def test_one_step_is_rate_times_gradient_and_the_next_keeps_part_of_it() -> None:
    surface, rate, momentum = SURFACES["valley"], 0.01, 0.5
    first, second, third = descend(surface, rate, momentum).points[:3]
    assert second == pytest.approx(first - rate * surface.gradient(first))
    assert third == pytest.approx(second + momentum * (second - first) - rate * surface.gradient(second))
