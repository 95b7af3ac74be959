"""The loop: a recipe and images in, a trained model out; it can be stopped, killed and resumed at any moment.

The images are one uint8 tensor, cut into batches by a permutation per epoch; there are no loader processes. Losses stay
tensors until a point of the curve is due: waiting for a number would hold the machine up at every step. All that is random
in an epoch follows from the recipe's seed and the epoch's number, so that a resumed run goes on exactly.
"""

import math
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from core.data.imageset import ImageSet
from core.errors import VitrineError
from core.models import build
from core.models.classifier import Classifier
from core.training.optimisers import make_optimiser
from core.training.recipe import Recipe
from core.training.schedule import share_of_peak

POINTS_PER_EPOCH = 10  # of the training curve, so that it moves inside a long epoch
EARLY_POINT = 10  # steps until the very first one
STEADY = 1000  # images until the speed says how long it will take: the first steps are slow
EVALUATION_BATCH = 1000
BF16_FEATURES = ("amx_bf16", "avx512_bf16")  # without them a processor imitates bf16, slowly


class Reporter(Protocol):
    """Who hears of the training. Every point comes with ``epoch``, its place on the horizontal axis."""

    def step(self, metrics: dict[str, float], step: int) -> None: ...
    def progress(self, done: float, **figures: Any) -> None: ...
    def stopped(self) -> bool: ...


@dataclass
class Position:
    """Where a run stands; with the weights, all that a checkpoint needs."""

    epoch: int = 0
    images: int = 0
    train_seconds: float = 0.0
    best_accuracy: float = -1.0
    last_points: dict[str, float] = field(default_factory=dict)


@dataclass
class FitResult:
    """A trained model, in eval mode, and how it got there."""

    model: Classifier
    stopped: bool
    epochs: int
    seconds: float
    images_per_second: float


def fit(recipe: Recipe, train: ImageSet, validation: ImageSet, reporter: Reporter, checkpoint: Path) -> FitResult:
    """Train until the recipe's epochs are done or a stop is asked for.

    Goes on from `checkpoint` if it exists. A finished run keeps its last weights, a stopped one its best by validation
    accuracy; stopped before its first epoch ends, it keeps what it has.

    Raises:
        VitrineError: ``diverged`` when the loss is no number any more.
    """
    trainer = Trainer(recipe, train, validation, reporter, checkpoint)
    trainer.resume()
    stopped = False
    while trainer.at.epoch < recipe.epochs and not stopped:
        stopped = not trainer.train_epoch()
        if not stopped:
            trainer.end_epoch()
    if stopped and trainer.at.best_accuracy >= 0:
        trainer.model.load_state_dict(trainer.best)
    at = trainer.at
    return FitResult(
        model=trainer.model.eval(),
        stopped=stopped,
        epochs=at.epoch,
        seconds=at.train_seconds,
        images_per_second=at.images / at.train_seconds if at.train_seconds else 0.0,
    )


class Trainer:
    """The state of one run, and the few things that are done to it."""

    def __init__(
        self, recipe: Recipe, train: ImageSet, validation: ImageSet, reporter: Reporter, checkpoint: Path
    ) -> None:
        self.recipe, self.train, self.validation = recipe, train, validation
        self.reporter, self.checkpoint = reporter, checkpoint
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.manual_seed(recipe.seed)
        model = build(recipe.family, len(train.classes), recipe.image_side, recipe.dropout)
        self.model: Classifier = model.to(self.device).to(memory_format=torch.channels_last)
        self.optimiser = make_optimiser(recipe, self.model)
        self.autocast = torch.autocast(self.device.type, torch.bfloat16, enabled=use_bf16(recipe, self.device))
        self.weights = [p for p in self.model.parameters() if p.ndim > 1]  # biases are left alone by the L1 penalty
        self.steps_per_epoch = math.ceil(len(train) / recipe.batch_size)
        self.best: dict[str, Tensor] = {}
        self.at = Position()
        self.tallies = torch.empty(0, 2)

    def train_epoch(self) -> bool:
        """One pass over the training images; False when a stop was asked for before its end."""
        torch.manual_seed(self.recipe.seed * 1_000_003 + self.at.epoch + 1)
        batches = torch.randperm(len(self.train)).split(self.recipe.batch_size)
        self.model.train()
        self.tallies = torch.zeros(len(batches), 2, device=self.device)  # summed loss and right answers of each batch
        told, since = 0, time.perf_counter()
        for number, indices in enumerate(batches, start=1):
            self.set_rate(self.at.epoch + (number - 0.5) / len(batches))
            self.tallies[number - 1] = self.train_batch(indices)
            if self.point_is_due(number):
                self.report_point(told, number, since)
                told, since = number, time.perf_counter()
            if self.reporter.stopped():
                return False
        return True

    def set_rate(self, place: float) -> None:
        """The learning rate for the step whose middle lies at `place`, in epochs."""
        rate = self.recipe.learning_rate * share_of_peak(self.recipe.schedule, place / self.recipe.epochs)
        for group in self.optimiser.param_groups:
            group["lr"] = rate

    def point_is_due(self, number: int) -> bool:
        """Whether a point of the training curve comes after this batch: at ten places, evenly spread, the last at the end.

        The first epoch has one more near its start, so that a slow machine shows signs of life.
        """
        places, steps = min(POINTS_PER_EPOCH, self.steps_per_epoch), self.steps_per_epoch
        early = self.at.epoch == 0 and number == EARLY_POINT
        return early or number * places // steps > (number - 1) * places // steps

    def report_point(self, told: int, number: int, since: float) -> None:
        """Tell of the batches after `told` up to `number`, begun at `since`. This is where the loop waits for its numbers.

        Raises:
            VitrineError: ``diverged``, with the first step whose loss is no number.
        """
        tallies = self.tallies[told:number].cpu()
        step = self.at.epoch * self.steps_per_epoch
        if len(broken := (~tallies[:, 0].isfinite()).nonzero()):
            first = step + told + int(broken[0]) + 1
            raise VitrineError("diverged", step=first, rate=f"{self.recipe.learning_rate:g}")
        batch = self.recipe.batch_size
        images = min(number * batch, len(self.train)) - told * batch
        self.at.images += images
        self.at.train_seconds += time.perf_counter() - since
        loss, accuracy = (tallies.sum(0) / images).tolist()
        place = self.at.epoch + number / self.steps_per_epoch
        self.reporter.step({"epoch": place, "batch_loss": loss, "batch_accuracy": accuracy}, step + number)
        self.report_progress(place)

    def train_batch(self, indices: Tensor) -> Tensor:
        """One step; the summed loss and the number of right answers as one tensor, so that nothing waits for them."""
        images, labels = self.batch(self.train, indices)
        with self.autocast:
            logits = self.model(images)
        loss = F.cross_entropy(logits.float(), labels)
        penalty = self.recipe.l1 * sum(weight.abs().sum() for weight in self.weights) if self.recipe.l1 else 0.0
        self.optimiser.zero_grad()
        (loss + penalty).backward()
        self.optimiser.step()
        return torch.stack([loss.detach() * len(labels), (logits.detach().argmax(1) == labels).sum()])

    @torch.no_grad()
    def validate(self) -> tuple[float, float]:
        """Mean loss and accuracy on the validation images."""
        self.model.eval()
        logits = []
        for indices in torch.arange(len(self.validation)).split(EVALUATION_BATCH):
            with self.autocast:
                logits.append(self.model(self.batch(self.validation, indices)[0]).float().cpu())
        outputs, labels = torch.cat(logits), torch.from_numpy(self.validation.labels)
        loss = F.cross_entropy(outputs, labels).item()
        return loss, (outputs.argmax(1) == labels).double().mean().item()

    def batch(self, images: ImageSet, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Pixels `[b, 3, side, side]` in 0 to 1, channels last in memory, and labels `[b]`."""
        chosen = indices.numpy()
        pixels = torch.from_numpy(images.pixels[chosen]).to(self.device, non_blocking=True)
        return to_input(pixels), torch.from_numpy(images.labels[chosen]).to(self.device, non_blocking=True)

    def end_epoch(self) -> None:
        """Measure, keep the best, write the checkpoint, and only then tell of the epoch."""
        val_loss, val_accuracy = self.validate()
        train_loss, train_accuracy = (self.tallies.double().sum(0) / len(self.train)).tolist()
        if not math.isfinite(val_loss):  # the very last step of the epoch broke the weights
            steps = (self.at.epoch + 1) * self.steps_per_epoch
            raise VitrineError("diverged", step=steps, rate=f"{self.recipe.learning_rate:g}")
        self.at.epoch += 1
        if val_accuracy > self.at.best_accuracy:
            self.at.best_accuracy = val_accuracy
            self.best = {name: value.clone() for name, value in self.model.state_dict().items()}
        self.at.last_points = {
            "epoch": float(self.at.epoch),
            "epochs_done": float(self.at.epoch),
            "train_loss": train_loss,
            "train_accuracy": train_accuracy,
            "val_loss": val_loss,
            "val_accuracy": val_accuracy,
        }
        self.save()
        self.reporter.step(self.at.last_points, self.at.epoch * self.steps_per_epoch)

    def report_progress(self, place: float) -> None:
        """Say how far the run is, `place` in epochs."""
        speed = self.at.images / self.at.train_seconds
        left = (self.recipe.epochs - place) * len(self.train) / speed
        steady = {"eta_seconds": left} if self.at.images >= STEADY else {}
        self.reporter.progress(place / self.recipe.epochs, phase="training", images_per_second=speed, **steady)

    def save(self) -> None:
        """Write the checkpoint aside, and put it in place only when it is whole on the disk."""
        aside = self.checkpoint.with_suffix(".part")
        try:
            with open(aside, "wb") as file:
                torch.save(
                    {
                        "model": self.model.state_dict(),
                        "best": self.best,
                        "optimiser": self.optimiser.state_dict(),
                        "position": asdict(self.at),
                    },
                    file,
                )
                file.flush()
                os.fsync(file.fileno())
            aside.replace(self.checkpoint)
        finally:
            aside.unlink(missing_ok=True)  # on a full disk the half-written file would be in the way of all else

    def resume(self) -> None:
        """Go on from the checkpoint, if there is one; its last epoch is told of again, in case it never was."""
        if not self.checkpoint.exists():
            return
        state = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.best = state["best"]
        self.at = Position(**state["position"])
        self.reporter.step(self.at.last_points, self.at.epoch * self.steps_per_epoch)


def to_input(pixels: Tensor) -> Tensor:
    """uint8 `[b, side, side, 3]` to what the network takes: float `[b, 3, side, side]`, 0 to 1. The bundle's graph begins so too."""
    return pixels.permute(0, 3, 1, 2).float() / 255


def use_bf16(recipe: Recipe, device: torch.device) -> bool:
    """Whether to compute in bf16: when asked for, or when the processor has it and may choose."""
    if recipe.precision != "auto":
        return recipe.precision == "bf16"
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(feature, False) for feature in BF16_FEATURES)
