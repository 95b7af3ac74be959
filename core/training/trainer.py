"""One run at work: its network, its data, and what is done to them, epoch by epoch.

The images are one uint8 tensor, cut into batches by a permutation per epoch; there are no loader processes. Losses stay
tensors until a point of the curve is due: waiting for a number would hold the machine up at every step. All that is random
in an epoch follows from the recipe's seed and the epoch's number, so that a resumed run goes on exactly.
"""

import math
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from core.data.imageset import ImageSet
from core.errors import VitrineError
from core.models import build
from core.models.classifier import Classifier, keep_statistics
from core.training.augment import augment, whom_to_mirror
from core.training.batches import Batches
from core.training.devices import choose_device, clocks, has_bf16, product_speed, use_bf16
from core.training.estimate import STEP_WORK, epoch_works, steps_an_epoch
from core.training.objective import Objective
from core.training.optimisers import make_optimiser
from core.training.recipe import Recipe
from core.training.schedule import share_of_peak, side_at

POINTS_PER_EPOCH = 10  # of the training curve, so that it moves inside a long epoch
EARLY_POINT = 10  # steps until the very first one
STEADY = 1000  # images until the speed says how long it will take, if no epoch ends before: the first steps are slow
EVALUATED, PREPARED_BY = (
    1000 << 10,
    5000 << 10,
)  # pixels: of a batch that is validated, and that constants are fitted to
SAMPLES = 12  # validation images whose predictions are told of after each epoch
HOPELESS = 3.0  # times the loss of a guess: a run whose epoch ends above that has diverged


class Reporter(Protocol):
    """Who hears of the training. Every point comes with ``epoch``, its place on the horizontal axis."""

    def step(self, metrics: dict[str, float], step: int) -> None: ...
    def progress(self, done: float, **figures: Any) -> None: ...
    def samples(self, epoch: int, rows: Sequence[int], probabilities: Sequence[Sequence[float]]) -> None: ...
    def stopped(self) -> bool: ...


@dataclass
class Position:
    """Where a run stands; with the weights, all that a checkpoint needs."""

    epoch: int = 0
    images: int = 0
    train_seconds: float = 0.0
    between_seconds: float = 0.0  # after the epochs: validation and checkpoint
    worked: float = 0.0  # seconds of all processors together
    best_accuracy: float = -1.0
    best_epoch: int = 0
    last_points: dict[str, float] = field(default_factory=dict)


class Trainer:
    """The state of one run, and the few things that are done to it."""

    def __init__(
        self,
        recipe: Recipe,
        train: ImageSet,
        validation: ImageSet,
        reporter: Reporter,
        checkpoint: Path,
        device: str = "auto",
        model: Classifier | None = None,
    ) -> None:
        self.recipe, self.reporter, self.checkpoint = recipe, reporter, checkpoint
        self.device = choose_device(device)
        self.train, self.validation = Batches(train, self.device), Batches(validation, self.device)
        self.validation_rows, self.classes = validation.rows, train.classes
        torch.manual_seed(recipe.seed)
        shape = recipe.shape(len(train.classes))
        begun = model or build(recipe.family, shape, recipe.dropout)
        self.model: Classifier = begun.to(self.device).to(memory_format=torch.channels_last)
        if model is None and not checkpoint.exists():
            self.model.prepare(self.train.some(PREPARED_BY // recipe.image_side**2))
        self.averaged = AveragedModel(self.model, multi_avg_fn=self.average, use_buffers=True) if recipe.ema else None
        self.optimiser = make_optimiser(recipe, self.model)
        self.objective = Objective(recipe, self.train.labels, shape.classes)
        bf16 = use_bf16(recipe.precision, self.device)
        self.autocast = torch.autocast(self.device.type, torch.bfloat16, enabled=bf16)
        self.imitates = bf16 and not has_bf16(self.device)
        # Where bf16 is imitated a large product takes minutes, and single precision is the limit.
        self.speed_limit = product_speed(self.device, torch.bfloat16 if bf16 and not self.imitates else torch.float32)
        self.shape = shape
        self.learnt = [p for p in self.model.parameters() if p.requires_grad]
        self.weights = [p for p in self.learnt if p.ndim > 1]  # biases are left alone by the L1 penalty
        self.steps_per_epoch = steps_an_epoch(len(train), recipe.batch_size)
        self.works = epoch_works(recipe, shape.classes)
        self.best: dict[str, Tensor] = {}
        self.at = Position()
        self.tallies = torch.empty(0, 2)
        self.speed_now = 0.0  # images a second, since the last point of the curve

    @property
    def shown(self) -> Classifier:
        """The network that is validated and kept: the average of the weights where one is kept."""
        return cast("Classifier", self.averaged.module) if self.averaged else self.model

    @property
    def done(self) -> bool:
        """Whether no epoch is left, or it has waited long enough for a better one."""
        return self.at.epoch >= self.recipe.epochs or self.waited_long

    @property
    def waited_long(self) -> bool:
        """Whether validation accuracy has not risen for as long as the recipe is patient."""
        return 0 < self.recipe.patience <= self.at.epoch - self.at.best_epoch

    def average(self, averaged: Sequence[Tensor], current: Sequence[Tensor], steps: Tensor | int) -> None:
        """Move the averaged weights towards the current ones; at first faster, or the random start would be felt for long."""
        share = min(self.recipe.ema, (1 + int(steps)) / (10 + int(steps)))
        get_ema_multi_avg_fn(share)(averaged, current, steps)

    def train_epoch(self) -> bool:
        """One pass over the training images; False when a stop was asked for before its end."""
        torch.manual_seed(self.recipe.seed * 1_000_003 + self.at.epoch + 1)
        cuts = [number * self.recipe.batch_size for number in range(1, self.steps_per_epoch)]
        batches = torch.randperm(len(self.train)).tensor_split(cuts)
        self.model.train()
        if self.recipe.start:
            keep_statistics(self.model)
        self.tallies = torch.zeros(len(batches), 2, device=self.device)  # summed loss and right answers of each batch
        told, since = 0, clocks()
        for number, indices in enumerate(batches, start=1):
            self.set_rate(self.at.epoch + (number - 0.5) / len(batches))
            self.tallies[number - 1] = self.train_batch(indices)
            if self.point_is_due(number):
                self.report_point(told, number, since)
                told, since = number, clocks()
            if self.reporter.stopped():
                return False
        return True

    def set_rate(self, place: float) -> None:
        """The learning rate for the step whose middle lies at `place`, in epochs."""
        recipe = self.recipe
        rate = recipe.learning_rate * share_of_peak(recipe.schedule, place / recipe.epochs, recipe.warmup)
        for group in self.optimiser.param_groups:
            group["lr"] = rate

    def point_is_due(self, number: int) -> bool:
        """Whether a point of the training curve comes after this batch: at ten places, evenly spread, the last at the end.

        The first epoch has one more near its start, so that a slow machine shows signs of life.
        """
        places, steps = min(POINTS_PER_EPOCH, self.steps_per_epoch), self.steps_per_epoch
        early = self.at.epoch == 0 and number == EARLY_POINT
        return early or number * places // steps > (number - 1) * places // steps

    def report_point(self, told: int, number: int, since: tuple[float, float]) -> None:
        """Tell of the batches after `told` up to `number`, begun at `since`. This is where the loop waits for its numbers.

        Raises:
            VitrineError: ``diverged``, with the first step whose loss is no number.
        """
        tallies = self.tallies[told:number].cpu()
        step = self.at.epoch * self.steps_per_epoch
        if len(broken := (~tallies[:, 0].isfinite()).nonzero()):
            first = step + told + int(broken[0]) + 1
            raise VitrineError("diverged", step=first, rate=f"{self.recipe.learning_rate:g}")
        batch, last = self.recipe.batch_size, number == self.steps_per_epoch
        images = (len(self.train) if last else number * batch) - told * batch
        seconds, worked = (now - then for now, then in zip(clocks(), since, strict=True))
        self.at.images += images
        self.at.train_seconds += seconds
        self.at.worked += worked
        self.speed_now = images / seconds
        loss, accuracy = (tallies.sum(0) / images).tolist()
        place = self.at.epoch + number / self.steps_per_epoch
        self.reporter.step({"epoch": place, "batch_loss": loss, "batch_accuracy": accuracy}, step + number)
        self.report_progress(place)

    def train_batch(self, indices: Tensor) -> Tensor:
        """One step; the summed loss and the number of right answers as one tensor, so that nothing waits for them."""
        recipe, epoch = self.recipe, self.at.epoch
        images, labels = self.train[indices]
        images = augment(images, recipe, whom_to_mirror(indices, epoch, recipe), side_at(recipe, epoch))
        images, partners, share = self.objective.mixed(images)
        with self.autocast:
            logits = self.model(images)
        logits = logits.float()
        loss = self.objective.loss(logits, labels, partners, share)
        penalty = self.recipe.l1 * sum(weight.abs().sum() for weight in self.weights) if self.recipe.l1 else 0.0
        self.optimiser.zero_grad()
        (loss + penalty).backward()
        if self.recipe.clip_norm:
            nn.utils.clip_grad_norm_(self.learnt, self.recipe.clip_norm)
        self.optimiser.step()
        if self.averaged:
            self.averaged.update_parameters(self.model)
        return self.objective.tally(logits.detach(), labels, loss.detach())

    @torch.no_grad()
    def validate(self) -> Tensor:
        """The logits of all validation images, `[n, classes]`."""
        model = self.shown.eval()
        found = []
        for indices in torch.arange(len(self.validation)).split(max(1, EVALUATED // self.recipe.image_side**2)):
            with self.autocast:
                found.append(model(self.validation[indices][0]).float())
        return torch.cat(found)

    def end_epoch(self) -> None:
        """Measure, keep the best, write the checkpoint, and only then tell of the epoch."""
        began = time.perf_counter()
        logits, labels = self.validate(), self.validation.labels
        val_loss = F.cross_entropy(logits, labels).item()
        val_accuracy = (logits.argmax(1) == labels).double().mean().item()
        train_loss, train_accuracy = (self.tallies.double().sum(0) / len(self.train)).tolist()
        self.at.epoch += 1
        self.check(train_loss, val_loss)
        if val_accuracy > self.at.best_accuracy:
            self.at.best_accuracy, self.at.best_epoch = val_accuracy, self.at.epoch
            self.best = {name: value.clone() for name, value in self.shown.state_dict().items()}
        self.at.last_points = {
            "epoch": float(self.at.epoch),
            "epochs_done": float(self.at.epoch),
            "train_loss": train_loss,
            "train_accuracy": train_accuracy,
            "val_loss": val_loss,
            "val_accuracy": val_accuracy,
        }
        self.save()
        samples = torch.linspace(0, len(labels) - 1, min(SAMPLES, len(labels))).long()
        rows = self.validation_rows[samples.numpy()].tolist()
        self.reporter.samples(self.at.epoch, rows, logits[samples].softmax(1).tolist())
        self.reporter.step(self.at.last_points, self.at.epoch * self.steps_per_epoch)
        self.at.between_seconds += time.perf_counter() - began

    def check(self, train_loss: float, val_loss: float) -> None:
        """Whether it is worth going on.

        Raises:
            VitrineError: ``diverged`` when the very last step of the epoch broke the weights; ``hopeless``.
        """
        rate, guess = f"{self.recipe.learning_rate:g}", math.log(len(self.classes))
        if not math.isfinite(val_loss):
            raise VitrineError("diverged", step=self.at.epoch * self.steps_per_epoch, rate=rate)
        if train_loss > HOPELESS * guess:
            raise VitrineError(
                "hopeless", epoch=self.at.epoch, loss=_plain(train_loss), guess=f"{guess:.2f}", rate=rate
            )

    def report_progress(self, place: float) -> None:
        """Say how far the run is, `place` in epochs."""
        epoch, speed = self.at.epoch, self.at.images / self.at.train_seconds
        # Images may grow: later epochs take longer.
        done = sum(self.works[:epoch]) + self.works[epoch] * (place - epoch)
        left = self.at.train_seconds * (sum(self.works) / done - 1)
        if epoch:
            left += self.at.between_seconds / epoch * (self.recipe.epochs - epoch)
        steady = {"eta_seconds": left} if epoch or self.at.images >= STEADY else {}
        reached = STEP_WORK * self.works[epoch] * self.speed_now
        self.speed_limit = max(self.speed_limit, reached)  # its product was timed at a busy moment, if this is faster
        share = {"machine_share": reached / self.speed_limit}
        self.reporter.progress(place / self.recipe.epochs, phase="training", images_per_second=speed, **steady, **share)

    def save(self) -> None:
        """Write the checkpoint aside, and put it in place only when it is whole on the disk."""
        aside = self.checkpoint.with_suffix(".part")
        try:
            with open(aside, "wb") as file:
                torch.save(
                    {
                        "model": self.model.state_dict(),
                        "averaged": self.averaged.state_dict() if self.averaged else {},
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
        if self.averaged:
            self.averaged.load_state_dict(state["averaged"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.best = state["best"]
        self.at = Position(**state["position"])
        self.reporter.step(self.at.last_points, self.at.epoch * self.steps_per_epoch)


def _plain(loss: float) -> str:
    """Two or three figures, and no power of ten: ``7.41``, ``230,000``."""
    return f"{float(f'{loss:.2g}'):,.0f}" if loss >= 100 else f"{loss:.3g}"
