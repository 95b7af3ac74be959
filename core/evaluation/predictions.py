"""What a bundle said of a test split, stored once and read by Evaluate, Business and the report."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from core.bundle.predictor import Predictor
from core.data.imageset import ImageSet, load_split
from core.data.versions import get_dataset
from core.errors import VitrineError
from core.evaluation.metrics import wilson_interval
from core.runs.store import Run


@dataclass(frozen=True)
class StoredPredictions:
    """Predictions of `n` images.

    Attributes:
        labels: int64 `[n]`, the truth.
        probabilities: float32 `[n, classes]`, calibrated.
        knownness: float32 `[n]`.
        rows: int64 `[n]`, of the dataset's manifest: they lead to the pictures.
    """

    labels: np.ndarray
    probabilities: np.ndarray
    knownness: np.ndarray
    rows: np.ndarray
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def predicted(self) -> np.ndarray:
        """int64 `[n]`, the most probable class."""
        return self.probabilities.argmax(axis=1)

    @property
    def correct(self) -> int:
        return int((self.predicted == self.labels).sum())

    @property
    def accuracy(self) -> float:
        return self.correct / len(self)

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95% interval of the accuracy."""
        return wilson_interval(self.correct, len(self))

    def mistakes(self, limit: int) -> np.ndarray:
        """Positions of wrong predictions, the most confident first."""
        wrong = np.flatnonzero(self.predicted != self.labels)
        confidence = self.probabilities[wrong].max(axis=1)
        return wrong[np.argsort(-confidence, kind="stable")][:limit]

    def save(self, path: Path) -> None:
        """Write them to an ``.npz`` file, whole or not at all."""
        aside = path.with_suffix(".part.npz")
        np.savez(
            aside,
            labels=self.labels,
            probabilities=self.probabilities,
            knownness=self.knownness,
            rows=self.rows,
            classes=np.array(self.classes),
        )
        os.replace(aside, path)

    @classmethod
    def load(cls, path: Path | str) -> "StoredPredictions":
        with np.load(path) as stored:
            arrays = dict(stored)
        return cls(**{**arrays, "classes": tuple(arrays["classes"].tolist())})


def evaluate_bundle(predictor: Predictor, images: ImageSet) -> StoredPredictions:
    """What the bundle says of the images."""
    outputs = predictor.run(images.pixels, ("probabilities", "knownness"))
    return StoredPredictions(images.labels, outputs.probabilities, outputs.knownness, images.rows, images.classes)


def evaluate_run(run: Run, data: str | None = None) -> StoredPredictions:
    """The run's predictions of its own test split, as stored; or of another dataset's, computed now.

    Raises:
        VitrineError: ``bundle_missing``, or ``classes_differ`` when the other dataset has other classes.
    """
    if run.active or not run.has_bundle or not run.predictions.exists():
        raise VitrineError("bundle_missing", run=run.name, state=run.state)
    if data is None or data == run.data:
        return StoredPredictions.load(run.predictions)
    predictor, dataset = Predictor.open(run.bundle), get_dataset(data)
    if dataset.classes != predictor.classes:
        raise VitrineError("classes_differ", data=data)
    return evaluate_bundle(predictor, load_split(dataset, "test", predictor.side))
