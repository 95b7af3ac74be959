"""The loop: a recipe and images in, a trained model out; it can be stopped, killed and resumed at any moment."""

from dataclasses import dataclass
from pathlib import Path

from core.data.imageset import ImageSet
from core.models.classifier import Classifier
from core.training.recipe import Recipe
from core.training.trainer import Reporter, Trainer


@dataclass
class FitResult:
    """A trained model, in eval mode, and how it got there."""

    model: Classifier
    stopped: bool
    early: bool
    epochs: int
    seconds: float
    images_per_second: float


def fit(
    recipe: Recipe,
    train: ImageSet,
    validation: ImageSet,
    reporter: Reporter,
    checkpoint: Path,
    device: str = "auto",
    model: Classifier | None = None,
) -> FitResult:
    """Train until the recipe's epochs are done, its patience is at an end, or a stop is asked for.

    Goes on from `checkpoint` if it exists. A run that did all its epochs keeps its last weights, any other its best by validation
    accuracy; stopped before its first epoch ends, it keeps what it has.

    Args:
        device: ``auto``, ``cpu`` or ``cuda``.
        model: what to begin with, instead of a network that knows nothing.

    Raises:
        VitrineError: ``diverged`` when the loss is no number any more, ``hopeless`` when it is far above that of a guess,
            ``device_missing``.
    """
    trainer = Trainer(recipe, train, validation, reporter, checkpoint, device, model)
    trainer.resume()
    stopped = False
    while not (trainer.done or stopped):
        stopped = not trainer.train_epoch()
        if not stopped:
            trainer.end_epoch()
    at, early = trainer.at, trainer.at.epoch < recipe.epochs and not stopped
    if (stopped or early) and at.best_accuracy >= 0:
        trainer.shown.load_state_dict(trainer.best)
    return FitResult(
        model=trainer.shown.eval(),
        stopped=stopped,
        early=early,
        epochs=at.epoch,
        seconds=at.train_seconds,
        images_per_second=at.images / at.train_seconds if at.train_seconds else 0.0,
    )
