"""What is known of a job at one moment, and where its files lie."""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from core import paths
from core.errors import VitrineError
from core.runs import launcher

State = Literal["queued", "running", "finished", "stopped", "failed", "interrupted"]
ACTIVE = ("queued", "running")
ENVIRONMENT, SAMPLES = "environment.json", "samples.jsonl"  # files of a training run
STUDIES = "studies"  # its folder of what was measured later


def place(run_id: str) -> Path:
    """Where all that belongs to a run lies. Of a deleted one, its time of change is when it was deleted."""
    return paths.home() / "artifacts" / run_id


@dataclass(frozen=True)
class Samples:
    """Predictions of a few images.

    Attributes:
        rows: of the dataset's manifest.
        probabilities: of each class, a list for each image; not yet calibrated.
    """

    rows: list[int]
    probabilities: list[list[float]]


@dataclass(frozen=True)
class Run:
    """A job as the store knew it at one moment.

    Attributes:
        kind: what the job does: a function of :mod:`core.worker`, as ``train`` or ``import``.
        spec: what it was asked to do; ``spec["recipe"]`` of a training run holds the recipe's fields.
        metrics: the newest value of each curve.
        progress: ``done`` (0 to 1), ``phase`` and figures of the moment such as ``eta_seconds``.
        result: the figures of the finished run: ``val_accuracy``, ``seconds``, ``images_per_second`` and more.
        message: why it failed.
        shipped: the folder of a run that comes with Vitrine, which is only read; None of the user's own.
    """

    id: str
    name: str
    kind: str
    state: State
    spec: dict[str, Any]
    metrics: dict[str, float]
    progress: dict[str, Any]
    result: dict[str, Any]
    created: datetime
    message: VitrineError | None
    shipped: Path | None = None

    @property
    def recipe(self) -> dict[str, Any]:
        return self.spec.get("recipe", {})

    @property
    def preset(self) -> str:
        return self.recipe.get("preset", "")

    @property
    def data(self) -> str:
        return self.spec.get("data", "")

    @property
    def data_version(self) -> int:
        return self.spec["data_version"]

    @property
    def epoch(self) -> int:
        """Finished epochs: those that have a checkpoint."""
        return int(self.metrics.get("epochs_done", 0))

    @property
    def val_accuracy(self) -> float | None:
        """Of the sealed model, or of the last finished epoch while there is none."""
        return self.result.get("val_accuracy", self.metrics.get("val_accuracy"))

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    @property
    def bundled(self) -> bool:
        """Whether it comes with Vitrine: see :mod:`core.runs.bundled`."""
        return self.shipped is not None

    @property
    def folder(self) -> Path:
        return self.shipped or place(self.id) / "artifacts"

    @property
    def bundle(self) -> Path:
        return self.folder / "bundle"

    @property
    def has_bundle(self) -> bool:
        return self.bundle.is_dir()

    @property
    def predictions(self) -> Path:
        return self.folder / "predictions.npz"

    @property
    def environment(self) -> dict[str, Any]:
        """What it was trained with, see :mod:`core.runs.environment`; empty before it began."""
        try:
            return json.loads((self.folder / ENVIRONMENT).read_text())
        except (FileNotFoundError, ValueError):  # not there yet, or just being written
            return {}

    @property
    def samples(self) -> dict[int, "Samples"]:
        """What it said of a few validation images after each epoch."""
        try:
            lines = (self.folder / SAMPLES).read_text().splitlines()
        except FileNotFoundError:
            return {}
        found = {}
        for line in lines:
            with suppress(ValueError):  # half written: it is the last, or its worker was killed
                told = json.loads(line)
                found[told["epoch"]] = Samples(
                    told["rows"], told["probabilities"]
                )  # of an epoch told of twice the later
        return found

    @property
    def log(self) -> Path:
        return launcher.log(self.id)
