"""What a bundle said of a test split, stored once and read by Evaluate, Business and the report."""

import os
import zipfile
import zlib
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

# What NumPy throws at a file that was cut short.
DAMAGE = (zipfile.BadZipFile, zlib.error, ValueError, KeyError, EOFError)


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
    """The run's predictions of its own test split, as stored; or of the newest version of `data`, computed now if it is another.

    Raises:
        VitrineError: ``bundle_missing``, or ``classes_differ`` when the other dataset has other classes.
    """
    if run.active or not run.has_bundle or not run.predictions.exists():
        raise VitrineError("bundle_missing", run=run.name, state=run.state)
    dataset = get_dataset(data) if data else None
    if dataset is None or (dataset.name, dataset.version) == (run.data, run.data_version):
        try:
            return StoredPredictions.load(run.predictions)
        except DAMAGE:
            return _stored_anew(run)
    predictor = Predictor.open(run.bundle)
    if dataset.classes != predictor.classes:
        raise VitrineError("classes_differ", data=dataset.name)
    return evaluate_bundle(predictor, load_split(dataset, "test", predictor.side))


def _stored_anew(run: Run) -> StoredPredictions:
    """The bundle is the truth: what the file held can be had from it again."""
    predictor = Predictor.open(run.bundle)
    images = load_split(get_dataset(run.data, run.data_version), "test", predictor.side)
    predictions = evaluate_bundle(predictor, images)
    predictions.save(run.predictions)
    return predictions
