"""Stored predictions come back as they went, and tell what went wrong most confidently."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core import paths
from core.bundle.format import Metadata
from core.evaluation.predictions import StoredPredictions, evaluate_run
from core.runs.store import Run


@pytest.fixture
def predictions() -> StoredPredictions:
    probabilities = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.3, 0.7]], np.float32)
    return StoredPredictions(
        labels=np.array([0, 1, 0, 0]),
        probabilities=probabilities,
        knownness=np.array([3, 2, 1, 0], np.float32),
        rows=np.array([10, 11, 12, 13]),
        classes=("cat", "犬"),
    )


def test_they_come_back_as_they_went(predictions: StoredPredictions, tmp_path: Path) -> None:
    predictions.save(tmp_path / "predictions.npz")
    again = StoredPredictions.load(tmp_path / "predictions.npz")
    assert again.classes == predictions.classes
    for name in ("labels", "probabilities", "knownness", "rows"):
        stored, expected = getattr(again, name), getattr(predictions, name)
        np.testing.assert_array_equal(stored, expected)
        assert stored.dtype == expected.dtype
    assert [path.name for path in tmp_path.iterdir()] == ["predictions.npz"]


def test_accuracy_comes_with_its_interval(predictions: StoredPredictions) -> None:
    assert (predictions.correct, predictions.accuracy) == (1, 0.25)
    low, high = predictions.interval
    assert low < 0.25 < high


def test_mistakes_come_the_most_confident_first(predictions: StoredPredictions) -> None:
    assert predictions.mistakes(10).tolist() == [2, 3, 1]
    assert predictions.mistakes(1).tolist() == [2]


def test_they_tell_how_often_each_verdict_is_given(predictions: StoredPredictions) -> None:
    about = Metadata(("cat", "犬"), 8, {}, {}, knownness_threshold=1, probability_threshold=0.75)
    found = predictions.verdicts(about)  # sure of the first, rightly, and of the third; the last is like nothing
    assert (found.n, found.known, found.correct, found.unsure, found.unknown) == (4, 2, 1, 1, 1)


@pytest.mark.parametrize("damage", [lambda content: content[:500], lambda content: b"", lambda content: content[::-1]])
def test_damaged_ones_are_made_again_by_the_bundle(
    trained_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: Callable[[bytes], bytes]
) -> None:
    shutil.copytree(paths.home(), tmp_path / "home")
    monkeypatch.setenv("VITRINE_HOME", str(tmp_path / "home"))
    whole = StoredPredictions.load(trained_run.predictions)
    trained_run.predictions.write_bytes(damage(trained_run.predictions.read_bytes()))
    again = evaluate_run(trained_run)
    np.testing.assert_array_equal(again.probabilities, whole.probabilities)
    np.testing.assert_array_equal(StoredPredictions.load(trained_run.predictions).rows, whole.rows)
