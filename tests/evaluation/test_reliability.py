"""Calibration and coverage, on cases whose answer is known."""

import numpy as np
import pytest

from core.evaluation.reliability import calibration_error, coverage, reliability, tempered


def test_a_bin_has_the_share_that_was_right_with_its_interval() -> None:
    confidence = np.array([0.62, 0.64, 0.61, 0.65, 0.95])
    sure, surest = reliability(confidence, np.array([True, True, False, False, True]), bins=10)
    assert (sure.n, sure.accuracy) == (4, 0.5)
    assert sure.confidence == pytest.approx(0.63)
    assert sure.low < 0.5 < sure.high
    assert (surest.n, surest.accuracy) == (1, 1.0)


def test_full_certainty_belongs_to_the_last_bin() -> None:
    (only,) = reliability(np.ones(3), np.array([True, True, False]))
    assert (only.n, only.confidence) == (3, 1.0)


def test_the_calibration_error_is_the_mean_distance_and_its_interval_holds_it() -> None:
    random = np.random.default_rng(0)
    confidence = random.uniform(0.5, 1, 4000)
    honest = calibration_error(confidence, random.random(4000) < confidence)
    boastful = calibration_error(confidence, random.random(4000) < confidence - 0.2)
    assert honest.low <= honest.value <= honest.high < 0.06
    assert boastful.low <= boastful.value <= boastful.high
    assert boastful.value == pytest.approx(0.2, abs=0.03)


def test_a_temperature_of_one_changes_nothing_and_its_inverse_undoes_it() -> None:
    probabilities = np.random.default_rng(0).dirichlet(np.ones(5), 50)
    np.testing.assert_allclose(tempered(probabilities, 1.0), probabilities, atol=1e-12)
    np.testing.assert_allclose(tempered(tempered(probabilities, 2.5), 1 / 2.5), probabilities, atol=1e-9)


def test_a_higher_temperature_makes_less_sure_and_names_the_same() -> None:
    probabilities = np.array([[0.7, 0.2, 0.1], [0.0, 0.999, 0.001]])
    milder = tempered(probabilities, 2)
    assert (milder.max(axis=1) < probabilities.max(axis=1)).all()
    assert milder.argmax(axis=1).tolist() == [0, 1]
    # Logits halved: shares go as the square roots.
    assert milder[0] == pytest.approx(np.sqrt(probabilities[0]) / np.sqrt(probabilities[0]).sum())


def test_coverage_is_the_accuracy_of_the_surest() -> None:
    found = coverage(np.array([0.6, 0.9, 0.8, 0.7]), np.array([False, True, True, False]))
    assert found.share.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert found.accuracy == pytest.approx([1, 1, 2 / 3, 0.5])
    assert found.threshold.tolist() == [0.9, 0.8, 0.7, 0.6]
