"""How fast a recipe trains on this machine: known from runs that did the same work, from a trial, or guessed. No torch in here."""

import functools
import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from core import files, paths
from core.data.versions import Dataset
from core.errors import VitrineError
from core.models import FAMILIES, count_multiplications
from core.runs.environment import processor
from core.runs.run import Run
from core.studio import studio
from core.training.estimate import (
    GUESSED_RATE,
    QUIET,
    STEP_WORK,
    Estimate,
    Speeds,
    division,
    estimate,
    growing_share,
    guess,
)
from core.training.recipe import Recipe
from core.training.recipes import complete

RECENT = 3  # runs of the same work that are asked
LESSONS = 5  # runs whose real time is held against what a trial had promised
FARTHEST = 2.0  # times that a promise is corrected at most
MOMENT = 600.0  # seconds that a trial is believed which something else held up
TRIAL_PATIENCE = 60.0  # seconds


def expect(recipe: Recipe, dataset: Dataset, runs: Sequence[Run], device: str = "auto") -> Estimate:
    """What a run would cost, by what is known at this moment; at once.

    Args:
        runs: training runs, newest first; those that come with Vitrine were trained elsewhere.
    """
    runs = [run for run in runs if not run.bundled]
    key = cost_key(recipe, dataset, device)
    speeds = _saved(key)
    same = [run.result["images_per_second"] for run in runs if run.spec.get("cost_key") == key and _complete(run)]
    if same:
        whole = median(same[:RECENT]) * growing_share(recipe, len(dataset.classes))
        known = speeds or guess(recipe, dataset, whole * _work(recipe, len(dataset.classes)))
        return estimate(recipe, dataset, replace(known, training=whole, source="run"))
    if speeds:
        found = estimate(recipe, dataset, speeds)
        return found if found.busy else replace(found, seconds=found.seconds * correction(runs))
    return estimate(recipe, dataset, guess(recipe, dataset, _rate(recipe, runs)))


def promise(recipe: Recipe, dataset: Dataset, runs: Sequence[Run], device: str) -> dict[str, Any]:
    """What is stored with a run, so that later estimates can learn from it."""
    expected = expect(recipe, dataset, runs, device)
    tried = expected.source == "trial" and not expected.busy  # a busy moment teaches nothing
    return {
        "cost_key": cost_key(recipe, dataset, device),
        "expected_seconds": expected.seconds,
        "expected_from": expected.source,
        "expected_factor": correction(runs) if tried else None,  # what a trial's promise was multiplied by
    }


def try_out(recipe: Recipe, dataset: Dataset, device: str = "auto") -> None:
    """Have the recipe tried for a second or two, and remember its speeds.

    Raises:
        VitrineError: what :meth:`core.studio.Studio.ask` raises, or ``trial_memory``.
    """
    images, classes = division(recipe, dataset)[0], len(dataset.classes)
    facts, _none = studio("trial").ask(
        "trial",
        seconds=TRIAL_PATIENCE,
        recipe=recipe.model_dump(mode="json"),
        classes=classes,
        train_images=images,
        device=device,
    )
    file = _file(cost_key(recipe, dataset, device))
    files.replace(file, json.dumps(asdict(Speeds(**facts, source="trial"))))


def peak_here() -> float | None:
    """Floating-point operations a second of a large matrix product on this machine, as the newest trial measured it."""
    for file in sorted(paths.folder("trials").glob(f"{_machine()}-*.json"), key=lambda file: -file.stat().st_mtime):
        if (speeds := _saved(file.stem)) and speeds.speed_limit:
            return speeds.speed_limit
    return None


def cost_key(recipe: Recipe, dataset: Dataset, device: str = "auto") -> str:
    """A name for all that decides how long a step takes: the same here for runs that do the same work; the machine's comes first."""
    settings = {name: getattr(recipe, name) for name in FAMILIES[recipe.family].settings}
    batch = min(recipe.batch_size, division(recipe, dataset)[0])
    cost = {
        **settings,
        **{name: getattr(recipe, name) for name in ("family", "image_side", "optimizer", "precision")},
        **{
            name: bool(getattr(recipe, name))
            for name in ("ema", "l1", "clip_norm", "dropout", "mixup", "colour", "noise")
        },
        **{
            "cutout": bool(recipe.cutout),
            "moved": bool(recipe.flip or recipe.translate or recipe.rotate or recipe.crop < 1),
        },
        **{"batch": batch, "classes": len(dataset.classes), "device": device},
    }
    return f"{_machine()}-{_digest(cost)[:16]}"


def correction(runs: Sequence[Run]) -> float:
    """What the time that a trial promises is multiplied by: how long recent runs on this machine really took against it."""
    ratios = [
        run.spec["expected_factor"] * run.result["seconds"] / run.spec["expected_seconds"]
        for run in runs
        if run.spec.get("expected_factor") and run.spec["cost_key"].startswith(_machine()) and _complete(run)
    ]
    return min(max(median(ratios[:LESSONS]), 1 / FARTHEST), FARTHEST) if ratios else 1.0


def _complete(run: Run) -> bool:
    """Whether the run did all its epochs, at least one, in one go and undisturbed, so that its seconds are theirs."""
    result = run.result
    if result.get("undisturbed", 1.0) < QUIET:
        return False
    whole = run.state == "finished" and 0 < result.get("epochs", 0) == run.recipe.get("epochs")
    return whole and bool(result.get("images_per_second")) and result["seconds"] > result["train_seconds"]


def _rate(recipe: Recipe, runs: Sequence[Run]) -> float:
    """Floating-point operations a second: of the newest runs on this machine, of this family if there are, or what is common."""
    here = [run for run in runs if run.spec.get("cost_key", "").startswith(_machine()) and _complete(run)]
    alike = [run for run in here if run.recipe["family"] == recipe.family] or here
    rates = list(islice(_rates(alike), RECENT))
    return median(rates) if rates else GUESSED_RATE * (psutil.cpu_count(logical=False) or 1)


def _rates(runs: Iterable[Run]) -> Iterator[float]:
    for run in runs:
        with suppress(VitrineError):  # its recipe is of a later version
            recipe, classes = complete(run.recipe), 10  # their number hardly matters
            yield run.result["images_per_second"] * growing_share(recipe, classes) * _work(recipe, classes)


def _work(recipe: Recipe, classes: int) -> float:
    return STEP_WORK * count_multiplications(recipe.family, recipe.shape(classes))


def _saved(key: str) -> Speeds | None:
    file = _file(key)
    try:
        speeds = Speeds(**json.loads(file.read_text()))
        return speeds if not speeds.busy or time.time() - file.stat().st_mtime < MOMENT else None
    except (FileNotFoundError, ValueError, TypeError):  # another version wrote it otherwise
        return None


def _file(key: str) -> Path:
    return paths.folder("trials") / f"{key}.json"


@functools.cache
def _machine() -> str:
    threads = os.environ.get("OMP_NUM_THREADS", "")
    return _digest([processor(), psutil.cpu_count(logical=False), threads, version("torch")])[:8]


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
