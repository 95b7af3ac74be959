"""What a bundle said of a test split, stored once and read by Evaluate, Business and the report."""

import os
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from core.bundle.format import Metadata
from core.bundle.predictor import Predictor
from core.data.imageset import ImageSet, load_split
from core.data.lookup import dataset_of, has_rows_of
from core.data.versions import Dataset, get_dataset
from core.errors import VitrineError
from core.evaluation.metrics import wilson_interval
from core.runs.run import Run

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

    def without(self, rows: Sequence[int]) -> "StoredPredictions":
        """Those of all images but some, by their rows."""
        kept = ~np.isin(self.rows, rows)
        return replace(
            self,
            labels=self.labels[kept],
            probabilities=self.probabilities[kept],
            knownness=self.knownness[kept],
            rows=self.rows[kept],
        )

    @cached_property
    def predicted(self) -> np.ndarray:
        """int64 `[n]`, the most probable class."""
        return self.probabilities.argmax(axis=1)

    @cached_property
    def confidence(self) -> np.ndarray:
        """float32 `[n]`, the probability of the most probable class."""
        return self.probabilities.max(axis=1)

    @cached_property
    def right(self) -> np.ndarray:
        """bool `[n]`, whether the most probable class is the truth."""
        return self.predicted == self.labels

    @property
    def correct(self) -> int:
        return int(self.right.sum())

    @property
    def accuracy(self) -> float:
        return self.correct / len(self)

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95% interval of the accuracy."""
        return wilson_interval(self.correct, len(self))

    def mistakes(self, limit: int) -> np.ndarray:
        """Positions of wrong predictions, the most confident first."""
        wrong = np.flatnonzero(~self.right)
        return wrong[np.argsort(-self.confidence[wrong], kind="stable")][:limit]

    def verdicts(self, metadata: Metadata) -> "VerdictCounts":
        """How often each verdict is given, at the thresholds of the bundle that said this."""
        given = metadata.verdicts(self.probabilities, self.knownness)
        known = given == "known"
        return VerdictCounts(
            n=len(self),
            known=int(known.sum()),
            correct=int((known & self.right).sum()),
            unknown=int((given == "unknown").sum()),
        )

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


@dataclass(frozen=True)
class VerdictCounts:
    """Of `n` images of known things: how many were named (`known`), how many of these rightly, and how many were called `unknown`."""

    n: int
    known: int
    correct: int
    unknown: int

    @property
    def unsure(self) -> int:
        return self.n - self.known - self.unknown


def evaluate_bundle(
    predictor: Predictor, images: ImageSet, report: Callable[[float], None] = lambda share: None
) -> StoredPredictions:
    """What the bundle says of the images; `report` hears what share of them is done."""
    outputs = predictor.run(images.pixels, ("probabilities", "knownness"), report)
    return StoredPredictions(images.labels, outputs.probabilities, outputs.knownness, images.rows, images.classes)


def evaluate_run(run: Run, data: str | None = None) -> StoredPredictions:
    """The run's predictions of its own test split, as stored; or of the newest version of `data`, computed now if it is another.

    Raises:
        VitrineError: ``bundle_missing``, or ``classes_differ`` when the other dataset has other classes.
    """
    if run.active or not run.has_bundle or not run.predictions.exists():
        raise VitrineError("bundle_missing", run=run.name, state=run.state)
    dataset = get_dataset(data) if data else None
    if dataset is not None and not has_rows_of(dataset, run):
        return evaluate_on(dataset, run)
    try:
        return StoredPredictions.load(run.predictions)
    except DAMAGE:
        return _stored_anew(run)


def evaluate_on(dataset: Dataset, run: Run, report: Callable[[float], None] = lambda share: None) -> StoredPredictions:
    """What the run's bundle says now of the dataset's test split; `report` hears what share of it is done.

    Raises:
        VitrineError: ``classes_differ`` when the dataset has other classes than the model.
    """
    predictor = Predictor.open(run.bundle)
    if dataset.classes != predictor.classes:
        raise VitrineError("classes_differ", data=dataset.name)
    return evaluate_bundle(predictor, load_split(dataset, "test", predictor.side), report)


def _stored_anew(run: Run) -> StoredPredictions:
    """The bundle is the truth: what the file held can be had from it again. What comes with Vitrine is left as it is."""
    predictions = evaluate_on(dataset_of(run), run)
    if not run.bundled:
        predictions.save(run.predictions)
    return predictions
