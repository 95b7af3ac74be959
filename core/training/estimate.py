"""What a run will cost, before it is started: weights, operations, memory and time. Arithmetic only; no torch."""

import math
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Literal

from core.data.versions import Dataset
from core.models import FAMILIES, count_multiplications, count_parameters
from core.training.recipe import Recipe
from core.training.schedule import side_at

Source = Literal["run", "trial", "guess"]

STEP_WORK = 6  # floating-point operations of a training step, per image and multiply-add of a prediction: 2, and twice that back
GUESSED_RATE = 2e11  # floating-point operations a second of one core, in training: what small networks reach, in bf16
LOOKING = 3.0  # times faster than training: to look at images without learning
FIXED = 5.0  # seconds of any run: to import torch and load the images, to seal the bundle
EPOCH = 0.05  # seconds of any epoch: the checkpoint
QUIET = 0.75  # share of the processors' time that training gets on a machine that does nothing else, at least
PROCESS = 1200 << 20  # bytes of a process that trains and seals, without images, weights and activations
COPIES = {"adam": 2, "adamw": 2, "sgd": 1, "muon": 1}  # numbers that an optimiser keeps for each weight
ACTIVATION = 12  # bytes that training takes for each number that a layer gives


@dataclass(frozen=True)
class Speeds:
    """How fast a recipe trains on this machine, and where that is known from.

    Attributes:
        training, validation, prediction: images of the whole size a second; the last in single precision, as a sealed model does.
        memory: bytes beyond a process with torch and the images.
        speed_limit: floating-point operations a second of a large matrix product here; 0 where nobody measured it.
        undisturbed: the share of the processors' time that the trial got.
        imitates: whether bf16 is asked for where the machine has none.
    """

    training: float
    validation: float
    prediction: float
    memory: float
    speed_limit: float = 0.0
    undisturbed: float = 1.0
    imitates: bool = False
    source: Source = "guess"

    @property
    def busy(self) -> bool:
        """Whether something else had the processors for much of the time: such speeds are of that moment."""
        return self.undisturbed < QUIET


@dataclass(frozen=True)
class Estimate:
    """What a run will cost.

    Attributes:
        seconds: from the start of its work to its end, as the run itself will count them; with early stopping, at most.
        source: a run that did the same work, a trial, or a guess from the number of operations.
        prediction_work, training_work: floating-point operations of one prediction, and of the whole training.
        memory: bytes, at the most.
        train_images, validation_images: after the division.
        machine_share: of the operations that the machine could do in the time of training; None where nobody measured it.
        busy: whether something else held up the trial, and the time is of that moment.
        imitates: whether it computes in bf16 without the hardware for it, as a trial found.
    """

    seconds: float
    source: Source
    parameters: int
    prediction_work: int
    training_work: int
    memory: float
    images_per_second: float
    machine_share: float | None
    busy: bool
    imitates: bool
    train_images: int
    validation_images: int
    steps_per_epoch: int


def estimate(recipe: Recipe, dataset: Dataset, speeds: Speeds) -> Estimate:
    """What a run of the recipe on the dataset costs at those speeds."""
    shape = recipe.shape(len(dataset.classes))
    kept, held_out = division(recipe, dataset)
    work, share = count_multiplications(recipe.family, shape), growing_share(recipe, shape.classes)
    an_epoch = share * kept / speeds.training + held_out / speeds.validation + EPOCH
    seen = held_out + dataset.size("test") + (kept if recipe.start else 0)  # by the body, before its head is learnt
    limit = speeds.speed_limit
    return Estimate(
        seconds=FIXED + recipe.epochs * an_epoch + seen / speeds.prediction,
        source=speeds.source,
        parameters=count_parameters(recipe.family, shape),
        prediction_work=2 * work,
        training_work=round(share * STEP_WORK * work * kept * recipe.epochs),
        memory=PROCESS + speeds.memory + 3 * recipe.image_side**2 * (kept + held_out),
        images_per_second=speeds.training / share,
        busy=speeds.busy,
        imitates=speeds.imitates,
        machine_share=min(1.0, STEP_WORK * work * speeds.training / limit) if limit else None,
        train_images=kept,
        validation_images=held_out,
        steps_per_epoch=steps_an_epoch(kept, recipe.batch_size),
    )


def growing_share(recipe: Recipe, classes: int) -> float:
    """The operations of a training whose images grow, over those of one whose images have their whole size from the beginning."""
    works = epoch_works(recipe, classes)
    return fmean(works) / count_multiplications(recipe.family, recipe.shape(classes)) if works else 1.0


def epoch_works(recipe: Recipe, classes: int) -> list[int]:
    """The multiply-adds of a prediction at the image side of each epoch."""
    shape = recipe.shape(classes)
    sides = [side_at(recipe, epoch) for epoch in range(recipe.epochs)]
    return [count_multiplications(recipe.family, replace(shape, side=side)) for side in sides]


def steps_an_epoch(images: int, batch_size: int) -> int:
    """How many batches an epoch has. A last batch of one image joins the batch before it: batch norm needs two."""
    return max(1, math.ceil((images - 1) / batch_size))


def division(recipe: Recipe, dataset: Dataset) -> tuple[int, int]:
    """How many images a run trains on and validates on, as :func:`core.data.imageset.hold_out` divides them."""
    counts = [count for count in dataset.counts["train"].values() if count]
    held_out = [min(max(1, round(recipe.validation_share * count)), count - 1) for count in counts]
    kept = sum(counts) - sum(held_out)
    if recipe.train_images is not None:
        kept = min(kept, max(recipe.train_images, len(counts)))
    return kept, sum(held_out)


def guess(recipe: Recipe, dataset: Dataset, rate: float) -> Speeds:
    """Speeds from the number of operations alone.

    Args:
        rate: floating-point operations a second in training.
    """
    shape = recipe.shape(len(dataset.classes))
    training = rate / (STEP_WORK * count_multiplications(recipe.family, shape))
    batch = min(recipe.batch_size, division(recipe, dataset)[0])
    memory = weight_memory(recipe, len(dataset.classes)) + batch * activation_memory(recipe, len(dataset.classes))
    return Speeds(training, LOOKING * training, training, memory)


def weight_memory(recipe: Recipe, classes: int) -> float:
    """Bytes of the weights, their gradients, the best so far, what the optimiser keeps of them, and their average."""
    copies = 3 + COPIES[recipe.optimizer] + bool(recipe.ema)
    return 4.0 * copies * count_parameters(recipe.family, recipe.shape(classes))


def activation_memory(recipe: Recipe, classes: int) -> float:
    """Bytes that training takes for each image of a batch, roughly."""
    shape = recipe.shape(classes)
    layers = FAMILIES[recipe.family].layers(shape)
    return float(ACTIVATION * (sum(math.prod(layer.outputs) for layer in layers) + 3 * shape.side**2))
