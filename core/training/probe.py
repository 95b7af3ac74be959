"""A trial: a few real training steps on made-up images, which tell how fast a recipe trains here and what memory it takes.

The process should have done nothing else before: memory that was once taken cannot be told from what is.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch

from core.data.imageset import ImageSet
from core.errors import VitrineError
from core.training.batches import Batches
from core.training.devices import processor_share
from core.training.estimate import activation_memory, weight_memory
from core.training.recipe import Recipe
from core.training.trainer import Trainer

FIRST_BATCH = 16  # images of the first steps, which tell whether a whole batch can be dared
STEP_SECONDS = 0.6  # that a step of the trial may take; of larger batches a part is tried
TRIAL_SECONDS = 1.0
FEWEST_STEPS, LONGEST = 3, 3.0  # that are wanted, and the seconds after which fewer have to do: on a busy machine
LOOKED_AT = (32, 1000)  # images, fewest and most, that tell the speed of looking without learning
LOOK_SECONDS = 0.2


def trial(recipe: Recipe, classes: int, images: int, device: str) -> dict[str, float]:
    """Train a few steps as a run of this recipe would.

    Args:
        images: number of training images of the run.
        device: ``auto``, ``cpu`` or ``cuda``.

    Returns:
        ``training``, ``validation`` and ``prediction``: images a second; ``speed_limit``: floating-point operations a second of a
        large matrix product; ``memory``: bytes that training takes beyond a process with torch and the images; ``undisturbed``: the
        share of the processors' time that it got, 1 on a machine that does nothing else; ``imitates``: whether bf16 is asked for where
        the machine has none.

    Raises:
        VitrineError: ``trial_memory`` when the weights alone would take half of the free memory.
    """
    if weight_memory(recipe, classes) > psutil.virtual_memory().available / 2:
        raise VitrineError("trial_memory")
    before = float(psutil.Process().memory_info().rss)
    batch = min(recipe.batch_size, images)
    known = _noise(classes, min(images, max(2 * batch, 2 * FIRST_BATCH)), recipe.image_side)
    trainer = Trainer(recipe, known, known.subset(np.arange(1)), _Deaf(), Path("unused"), device)
    trainer.model.train()
    trainer.at.epoch = max(0, recipe.epochs - 1)  # when images have their whole size
    small = min(batch, FIRST_BATCH)
    step = _seconds(lambda: _step(trainer, small))
    small_peak = _peak(trainer) - before
    an_image = activation_memory(recipe, classes)
    tried = min(batch, max(small, int(small * STEP_SECONDS / step)), _that_fit(an_image, small, trainer.device))
    _step(trainer, tried)
    share, speed = _steps(trainer, tried)
    peak = _peak(trainer) - before
    if tried > 2 * small:  # else the difference is noise
        an_image = max(0.0, peak - small_peak) / (tried - small)
    looked_at = _noise(classes, min(max(int(speed * LOOK_SECONDS), LOOKED_AT[0]), LOOKED_AT[1]), recipe.image_side)
    trainer.validation = Batches(looked_at, trainer.device)
    return {
        "training": speed,
        "validation": len(looked_at) / _seconds(trainer.validate),
        "prediction": len(looked_at) / _seconds(lambda: _predict(trainer)),
        "speed_limit": trainer.speed_limit,
        "memory": peak + an_image * (batch - tried),
        "undisturbed": share,
        "imitates": trainer.imitates,
    }


class _Deaf:
    """A reporter who does not listen."""

    def step(self, metrics: dict[str, float], step: int) -> None: ...
    def progress(self, done: float, **figures: Any) -> None: ...
    def samples(self, epoch: int, rows: Sequence[int], probabilities: Sequence[Sequence[float]]) -> None: ...
    def stopped(self) -> bool:
        return False


def _noise(classes: int, count: int, side: int) -> ImageSet:
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (count, side, side, 3), np.uint8)
    labels = np.arange(count) % classes
    return ImageSet(pixels, labels, tuple(map(str, range(classes))), np.arange(count))


def _step(trainer: Trainer, batch: int) -> None:
    indices = torch.randint(len(trainer.train), (batch,))
    trainer.train_batch(indices).cpu()  # the numbers are waited for, and with them the step


def _steps(trainer: Trainer, batch: int) -> tuple[float, float]:
    """The share of the processors that some steps got, and images a second by the median of their times."""
    taken: list[float] = []
    worked = time.process_time()
    while (len(taken) < FEWEST_STEPS and sum(taken) < LONGEST) or sum(taken) < TRIAL_SECONDS:
        started = time.perf_counter()
        _step(trainer, batch)
        taken.append(time.perf_counter() - started)
    share = processor_share(trainer.device, time.process_time() - worked, sum(taken))
    return share, batch / float(np.median(taken))


@torch.no_grad()
def _predict(trainer: Trainer) -> None:
    """As the sealed model does: in single precision."""
    model = trainer.shown.eval()
    model(trainer.validation.some(len(trainer.validation))).cpu()


def _seconds(work: Callable[[], object]) -> float:
    """How long it takes; done twice where that is quick, as some things are slow the first time only."""
    for _time in range(2):
        started = time.perf_counter()
        work()
        if (taken := time.perf_counter() - started) > LOOK_SECONDS:
            break
    return taken


def _that_fit(an_image: float, least: int, device: torch.device) -> int:
    """Images a batch that take at most half of the device's free memory."""
    free = torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else psutil.virtual_memory().available
    return max(least, int(free / 2 / an_image))


def _peak(trainer: Trainer) -> float:
    """The most bytes that this process ever took; with a graphics card, the most on it and what it takes beside."""
    if trainer.device.type == "cuda":
        return float(torch.cuda.max_memory_allocated()) + psutil.Process().memory_info().rss
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(float(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return float(psutil.Process().memory_info().rss)
