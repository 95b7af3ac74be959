"""Gradient descent with momentum on a surface of two parameters: the path, the loss by step, and how it ends."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

STEPS = 300  # after which a path that neither arrived nor left is still under way
NEAR = 1e-3  # of the loss it began with above the minimum's: so little is left where it has arrived
TILT = 0.3  # by which the left one of two minima is the deeper one
FAR = 1e3  # times the loss it began with: it will not come back

Outcome = Literal["arrived", "left", "under way"]


@dataclass(frozen=True)
class Surface:
    """A loss of two parameters a and b: any function of a, and a parabola in b.

    Attributes:
        along: the loss where b is zero, of a `[...]`.
        slope: its derivative.
        bend: the curvature in b.
        start: where every descent begins.
        minima: the deepest first, `[n, 2]`.
        saddles: where the slope is zero too, but one way leads down.
        curvatures: the largest curvature at each minimum (the largest eigenvalue of the Hessian there).
        quadratic: whether the curvature is the same everywhere, so that the limit of the learning rate is exact.
        view: the part of the plane to look at: left, right, bottom, top.
    """

    along: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[float], float]
    bend: float
    start: tuple[float, float]
    minima: tuple[tuple[float, float], ...]
    curvatures: tuple[float, ...]
    quadratic: bool
    view: tuple[float, float, float, float]
    saddles: tuple[tuple[float, float], ...] = ()

    def loss(self, points: np.ndarray) -> np.ndarray:
        """Of points `[..., 2]`: `[...]`."""
        return self.along(points[..., 0]) + self.bend / 2 * points[..., 1] ** 2

    def gradient(self, point: np.ndarray) -> np.ndarray:
        """Of one point `[2]`: `[2]`."""
        return np.array([self.slope(point[0]), self.bend * point[1]])

    def half_width(self, level: float, a: np.ndarray) -> np.ndarray:
        """How far from b = 0 the loss stays below a level, at each a `[n]`: `[n]`, zero where it nowhere does."""
        return np.sqrt(np.maximum(level - self.along(a), 0) * 2 / self.bend)


@dataclass(frozen=True)
class Path:
    """Where a descent went: points `[steps + 1, 2]` and losses `[steps + 1]`; at which minimum it arrived, if it did."""

    points: np.ndarray
    losses: np.ndarray
    outcome: Outcome
    minimum: int | None

    @property
    def steps(self) -> int:
        return len(self.losses) - 1


def largest_rate(curvature: float, momentum: float) -> float:
    """The learning rate from which on a descent does not settle where the curvature is so large: 2 (1 + momentum) / curvature.

    Exact for a quadratic, for 0 <= momentum < 1 (Polyak, 1964; Goh, 2017, https://distill.pub/2017/momentum/); near the
    minimum of another surface, which looks like a quadratic there.
    """
    return 2 * (1 + momentum) / curvature


def descend(surface: Surface, rate: float, momentum: float, steps: int = STEPS) -> Path:
    """Follow the gradient downhill: velocity = momentum x velocity - rate x gradient, and the point moves by its velocity.

    It has arrived where it came near a minimum for good, that is until the last of the `steps`.
    """
    point, velocity = np.array(surface.start, float), np.zeros(2)
    points, bound = [point], FAR * float(surface.loss(point))
    for _step in range(steps):
        velocity = momentum * velocity - rate * surface.gradient(point)
        point = point + velocity
        points.append(point)
        if surface.loss(point) > bound:
            return _path(surface, points, "left", None)
    return _settled(surface, points)


def _settled(surface: Surface, points: list[np.ndarray]) -> Path:
    """The path up to where it comes near a minimum for good, or all of it."""
    losses = surface.loss(np.array(points))
    last = np.array(points[-1])
    minimum = int(np.argmin([np.linalg.norm(last - other) for other in surface.minima]))
    lowest = surface.loss(np.array(surface.minima[minimum]))
    away = np.flatnonzero(losses - lowest > NEAR * (losses[0] - lowest))
    arrived = int(away[-1]) + 1 if len(away) else 0
    if arrived == len(points):
        return _path(surface, points, "under way", None)
    return _path(surface, points[: arrived + 1], "arrived", minimum)


def _path(surface: Surface, points: list[np.ndarray], outcome: Outcome, minimum: int | None) -> Path:
    return Path(np.array(points), surface.loss(np.array(points)), outcome, minimum)


def _quadratic(flat: float, steep: float, start: tuple[float, float]) -> Surface:
    """A parabola in both parameters, with these curvatures."""
    return Surface(
        along=lambda a: flat / 2 * a**2,
        slope=lambda a: flat * a,
        bend=steep,
        start=start,
        minima=((0.0, 0.0),),
        curvatures=(max(flat, steep),),
        quadratic=True,
        view=(-3.2, 3.2, -2.4, 2.4),
    )


def _two_minima() -> Surface:
    """(a² - 1)² + TILT a + 2 b²: two minima with a saddle between them, moved up so that the deepest lies at zero."""
    left, saddle, right = (float(root) for root in np.sort(np.roots([4.0, 0.0, -4.0, TILT]).real))
    floor = (left**2 - 1) ** 2 + TILT * left
    return Surface(
        along=lambda a: (a**2 - 1) ** 2 + TILT * a - floor,
        slope=lambda a: 4 * a * (a**2 - 1) + TILT,
        bend=4.0,
        start=(1.7, 1.2),
        minima=((left, 0.0), (right, 0.0)),
        curvatures=(12 * left**2 - 4, 12 * right**2 - 4),
        quadratic=False,
        view=(-2.0, 2.0, -1.5, 1.5),
        saddles=((saddle, 0.0),),
    )


SURFACES = {
    "bowl": _quadratic(2.0, 2.0, (-2.6, 1.9)),
    "valley": _quadratic(1.0, 20.0, (-2.6, 1.9)),
    "two-minima": _two_minima(),
}
