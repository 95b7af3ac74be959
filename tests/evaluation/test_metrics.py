"""Figures agree with scikit-learn and with closed forms."""

import numpy as np
import pytest
from sklearn import metrics as oracle

from core.evaluation.metrics import confusion_matrix, per_class, wilson_interval


@pytest.fixture
def guesses() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    labels = random.integers(0, 5, 400)
    return labels, np.where(
        random.random(400) < 0.6, labels, random.integers(0, 4, 400)
    )  # class 4: few; never by chance


def test_the_confusion_matrix_has_a_row_for_each_true_class(guesses: tuple[np.ndarray, np.ndarray]) -> None:
    np.testing.assert_array_equal(confusion_matrix(*guesses, 5), oracle.confusion_matrix(*guesses))
    assert confusion_matrix(np.array([0]), np.array([2]), 3).tolist() == [[0, 0, 1], [0, 0, 0], [0, 0, 0]]


def test_per_class_figures_are_scikit_learns(guesses: tuple[np.ndarray, np.ndarray]) -> None:
    rows = per_class(*guesses, "abcde")
    expected = oracle.precision_recall_fscore_support(*guesses)
    for key, values in zip(("precision", "recall", "f1", "support"), expected, strict=True):
        assert [row[key] for row in rows] == pytest.approx(list(values)), key
    assert [row["class"] for row in rows] == list("abcde")
    assert all(row["recall_low"] <= row["recall"] <= row["recall_high"] for row in rows)


def test_a_figure_without_a_case_to_rest_on_is_none() -> None:
    said, seen, neither = per_class(np.array([1, 1]), np.array([0, 0]), ["said", "seen", "neither"])
    assert (said["recall"], said["recall_low"], said["recall_high"]) == (None, None, None)
    assert (said["precision"], said["f1"], said["support"]) == (0, 0, 0)
    assert (seen["recall"], seen["precision"], seen["f1"], seen["support"]) == (0, None, 0, 2)
    assert [neither[key] for key in ("recall", "precision", "f1")] == [None, None, None]


@pytest.mark.parametrize(("correct", "n"), [(0, 10), (10, 10), (1, 3), (6900, 10_000), (50, 100)])
def test_wilsons_interval_holds_the_shares_that_a_score_test_accepts(correct: int, n: int) -> None:
    z = 1.959963984540054
    for bound in wilson_interval(correct, n):
        # Its defining equation: at the bounds the observed share lies exactly z standard errors away.
        assert abs(correct / n - bound) == pytest.approx(z * (bound * (1 - bound) / n) ** 0.5, abs=1e-7)


def test_a_wider_confidence_gives_a_wider_interval() -> None:
    low, high = wilson_interval(80, 100)
    lower, higher = wilson_interval(80, 100, confidence=0.99)
    assert lower < low < 0.8 < high < higher
    assert wilson_interval(0, 0) == (0.0, 1.0)
