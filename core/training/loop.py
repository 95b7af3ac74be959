"""The loop: a recipe and images in, a trained model out; it can be stopped, killed and resumed at any moment."""

from dataclasses import dataclass
from pathlib import Path

from core.data.imageset import ImageSet
from core.models.classifier import Classifier
from core.training.devices import processor_share
from core.training.recipe import Recipe
from core.training.trainer import Reporter, Trainer


@dataclass
class FitResult:
    """A trained model, in eval mode, and how it got there.

    Attributes:
        kept_epoch: after which it had these weights.
        undisturbed: the share of the processors' time that training got.
    """

    model: Classifier
    stopped: bool
    early: bool
    epochs: int
    kept_epoch: int
    seconds: float
    images_per_second: float
    undisturbed: float = 1.0


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

    Goes on from `checkpoint` if it exists. A run that did all its epochs keeps its last weights, unless its patience ended with them; any other keeps
    its best by validation accuracy, and one that was stopped before its first epoch ended what it has.

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
    if takes_best := (stopped or trainer.waited_long) and at.best_accuracy >= 0:
        trainer.shown.load_state_dict(trainer.best)
    return FitResult(
        model=trainer.shown.eval(),
        stopped=stopped,
        early=early,
        epochs=at.epoch,
        kept_epoch=at.best_epoch if takes_best else at.epoch,
        seconds=at.train_seconds,
        images_per_second=at.images / at.train_seconds if at.train_seconds else 0.0,
        undisturbed=processor_share(trainer.device, at.worked, at.train_seconds) if at.train_seconds else 1.0,
    )
