"""A trial: a few real training steps on made-up images, which tell how fast a recipe trains here and what memory it takes."""

import ctypes
import gc
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
from core.training.recipe import Recipe
from core.training.trainer import Trainer

FIRST_BATCH = 16  # images of the first steps, which tell whether a whole batch can be dared
STEP_SECONDS = 0.6  # that a step of the trial may take; of larger batches a part is tried
TRIAL_SECONDS = 1.0
FEWEST_STEPS = 3
LOOKED_AT = (32, 1000)  # images, fewest and most, that tell the speed of looking without learning
LOOK_SECONDS = 0.3


def trial(recipe: Recipe, classes: int, images: int) -> dict[str, float]:
    """Train a few steps as a run of this recipe would.

    Args:
        images: number of training images of the run.

    Returns:
        ``training``, ``validation`` and ``prediction``: images a second; ``speed_limit``: floating-point operations a second of a
        large matrix product; ``memory``: bytes that training takes beyond a process with torch and the images.

    Raises:
        VitrineError: ``trial_memory`` when not even a few images fit.
    """
    before = _begin_peak()
    batch = min(recipe.batch_size, images)
    known = _noise(classes, min(images, max(2 * batch, 2 * FIRST_BATCH)), recipe.image_side)
    trainer = Trainer(recipe, known, known.subset(np.arange(1)), _Deaf(), Path("unused"))
    trainer.model.train()
    small = min(batch, FIRST_BATCH)
    _step_seconds(trainer, small, 1)
    step = _step_seconds(trainer, small, 1)
    small_peak = _peak(trainer) - before
    tried = min(batch, max(small, int(small * STEP_SECONDS / step)), _that_fit(small, small_peak))
    _step_seconds(trainer, tried, 1)
    speed = tried / _step_seconds(trainer, tried, FEWEST_STEPS, TRIAL_SECONDS)
    peak = _peak(trainer) - before
    an_image = max(0.0, peak - small_peak) / (tried - small) if tried > small else peak / tried
    looked_at = _noise(classes, min(max(int(speed * LOOK_SECONDS), LOOKED_AT[0]), LOOKED_AT[1]), recipe.image_side)
    trainer.validation = Batches(looked_at, trainer.device)
    return {
        "training": speed,
        "validation": len(looked_at) / _seconds(trainer.validate),
        "prediction": len(looked_at) / _seconds(lambda: _predict(trainer)),
        "speed_limit": trainer.speed_limit,
        "memory": peak + an_image * (batch - tried),
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


def _step_seconds(trainer: Trainer, batch: int, steps: int, seconds: float = 0.0) -> float:
    """The median time of at least so many steps, and of more until so many seconds have passed."""
    taken: list[float] = []
    while len(taken) < steps or sum(taken) < seconds:
        indices = torch.randint(len(trainer.train), (batch,))
        started = time.perf_counter()
        trainer.train_batch(indices).cpu()  # the numbers are waited for, and with them the step
        taken.append(time.perf_counter() - started)
    return float(np.median(taken))


@torch.no_grad()
def _predict(trainer: Trainer) -> None:
    """As the sealed model does: in single precision."""
    model = trainer.shown.eval()
    model(trainer.validation.some(len(trainer.validation))).cpu()


def _seconds(work: Callable[[], object]) -> float:
    work()  # what is only slow the first time
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _that_fit(small: int, taken: float) -> int:
    """Images a batch that take at most half of the free memory.

    Raises:
        VitrineError: ``trial_memory`` when it is too little for those that were tried already.
    """
    found = int(psutil.virtual_memory().available / 2 / max(taken / small, 1))
    if found < small:
        raise VitrineError("trial_memory")
    return found


def _begin_peak() -> float:
    """Give back what earlier trials took, and forget their peak; the bytes that are taken now."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    try:
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5")
    except (AttributeError, OSError):  # neither glibc nor Linux
        pass
    return float(psutil.Process().memory_info().rss)


def _peak(trainer: Trainer) -> float:
    """The most bytes that were taken since then: of this process, and on the graphics card."""
    if trainer.device.type == "cuda":
        return float(torch.cuda.max_memory_allocated()) + psutil.Process().memory_info().rss
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(float(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return float(psutil.Process().memory_info().rss)
