"""A thousand random cases: every figure is the one that scikit-learn or torchmetrics has for it."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle
from torchmetrics.functional.classification import multiclass_calibration_error

from core.evaluation.metrics import (
    brier_scores,
    confusion_matrix,
    log_losses,
    macro_f1,
    mean,
    per_class,
    top_k,
)
from core.evaluation.reliability import BINS, calibration_error, coverage, reliability

CASES = settings(max_examples=1000, deadline=None, derandomize=True)
Case = tuple[np.ndarray, np.ndarray]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Labels `[n]` and probabilities `[n, classes]`, from all but even to all but certain, mostly right or mostly wrong."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    classes, n = draw(st.integers(2, 12)), draw(st.integers(2, 300))
    labels = random.integers(0, draw(st.integers(1, classes)), n)
    logits = draw(st.floats(0.1, 8)) * random.normal(size=(n, classes))
    logits[np.arange(n), labels] += draw(st.floats(-2, 8))
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    powers += 1e-6 * powers.sum(axis=1, keepdims=True)  # what is far smaller, both cut off, each in its way
    return labels, powers / powers.sum(axis=1, keepdims=True)


@CASES
@given(cases())
def test_losses_and_shares_are_scikit_learns(case: Case) -> None:
    labels, probabilities = case
    classes = np.arange(probabilities.shape[1])
    predicted = probabilities.argmax(axis=1)
    matrix = confusion_matrix(labels, predicted, len(classes))
    expected = {
        "log loss": oracle.log_loss(labels, probabilities, labels=classes),
        "brier": oracle.brier_score_loss(labels, probabilities, labels=classes, scale_by_half=False),
        "macro f1": oracle.f1_score(labels, predicted, average="macro"),
        "accuracy": oracle.accuracy_score(labels, predicted),
    }
    found = {
        "log loss": mean(log_losses(probabilities, labels)).value,
        "brier": mean(brier_scores(probabilities, labels)).value,
        "macro f1": macro_f1(matrix),
        "accuracy": top_k(probabilities, labels, 1) / len(labels),
    }
    assert found == pytest.approx(expected, abs=1e-6)
    np.testing.assert_array_equal(matrix, oracle.confusion_matrix(labels, predicted, labels=classes))
    if len(classes) > 3:
        three = oracle.top_k_accuracy_score(labels, probabilities, k=3, labels=classes, normalize=False)
        assert top_k(probabilities, labels, 3) == three
    rows = per_class(labels, predicted, [str(number) for number in classes])
    precision, recall, f1, support = oracle.precision_recall_fscore_support(
        labels, predicted, labels=classes, zero_division=0
    )
    for number, row in enumerate(rows):
        assert (row["precision"] or 0, row["recall"] or 0, row["f1"] or 0, row["support"]) == pytest.approx(
            (precision[number], recall[number], f1[number], support[number]), abs=1e-6
        )


@CASES
@given(cases())
def test_the_calibration_error_is_torchmetrics(case: Case) -> None:
    labels, probabilities = case
    confidence = probabilities.max(axis=1)
    assume(np.float32(confidence.max()) < 1)  # torchmetrics has a bin more, for full certainty
    expected = multiclass_calibration_error(
        torch.from_numpy(probabilities), torch.from_numpy(labels), probabilities.shape[1], n_bins=BINS, norm="l1"
    )
    right = probabilities.argmax(axis=1) == labels
    found = calibration_error(confidence, right, resamples=1)
    assert found.value == pytest.approx(float(expected), abs=1e-6)
    bins = reliability(confidence, right)
    assert sum(one.n for one in bins) == len(labels)
    assert sum(one.n * abs(one.accuracy - one.confidence) for one in bins) / len(labels) == pytest.approx(found.value)


@CASES
@given(cases())
def test_the_surest_are_decided_first(case: Case) -> None:
    labels, probabilities = case
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    found = coverage(confidence, right)
    place = len(labels) // 2
    surest = confidence >= found.threshold[place]
    if surest.sum() == place + 1:  # no two are equally sure there
        assert found.accuracy[place] == pytest.approx(oracle.accuracy_score(np.ones(place + 1), right[surest]))
    assert found.accuracy[-1] == pytest.approx(right.mean())
    assert (found.share[-1], len(found.share)) == (1, len(labels))
