"""Training inside another job: a network that is looked at and thrown away."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.data.imageset import ImageSet, hold_out
from core.models.classifier import Classifier
from core.training.loop import fit
from core.training.recipe import Recipe
from core.training.transfer import take_over


@dataclass(frozen=True)
class ProgressReporter:
    """Passes on how far the training is, 0 to 1, and whether it is told to stop; nothing is stored."""

    report: Callable[[float], None]
    stopped: Callable[[], bool]

    def step(self, metrics: dict[str, float], step: int) -> None: ...

    def samples(self, epoch: int, rows: Sequence[int], probabilities: Sequence[Sequence[float]]) -> None: ...

    def progress(self, done: float, **_figures: Any) -> None:
        self.report(done)


def train_aside(
    recipe: Recipe,
    images: ImageSet,
    report: Callable[[float], None],
    stopped: Callable[[], bool],
    device: str = "auto",
    body: Classifier | None = None,
) -> tuple[Classifier, ImageSet, ImageSet] | None:
    """A network of the recipe in eval mode on the CPU, what it learnt from, and what was held out; None when it was stopped.

    Args:
        images: divided as the recipe says.
        report: told of the share that is done, 0 to 1.
        body: that the recipe takes over, if it starts from one.
    """
    kept, held_out = hold_out(images.labels, recipe.validation_share, recipe.seed, recipe.train_images)
    learnt, validation = images.subset(kept), images.subset(held_out)
    reporter = ProgressReporter(report, stopped)
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Path(folder) / "checkpoint.pt"
        fitted = (
            fit(recipe, learnt, validation, reporter, checkpoint, device)
            if body is None
            else take_over(recipe, body, learnt, validation, reporter, checkpoint, device)
        )
    return None if fitted.stopped else (fitted.model.cpu(), learnt, validation)
