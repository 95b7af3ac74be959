"""Training inside another job, of which only the progress is told."""

from collections.abc import Callable, Sequence
from typing import Any


class Told:
    """A reporter that passes on how far the training is, 0 to 1, and whether it was told to stop."""

    def __init__(self, report: Callable[[float], None], stopped: Callable[[], bool]) -> None:
        self.report, self.stopped = report, stopped

    def step(self, metrics: dict[str, float], step: int) -> None: ...

    def samples(self, epoch: int, rows: Sequence[int], probabilities: Sequence[Sequence[float]]) -> None: ...

    def progress(self, done: float, **_figures: Any) -> None:
        self.report(done)
