"""A temperature makes probabilities mean what they say."""

import numpy as np
import pytest

from core.bundle.calibration import (
    MIN_ACCURACY,
    RANGE,
    UNREACHABLE,
    fit_probability_threshold,
    fit_temperature,
    log_loss,
    softmax,
)


def drawn(sharpness: float, n: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and labels drawn by the softmax of the logits over `sharpness`."""
    random = np.random.default_rng(0)
    logits = random.normal(0, 2, (n, 5))
    odds = np.exp(logits / sharpness)
    cumulated = (odds / odds.sum(axis=1, keepdims=True)).cumsum(axis=1)
    return logits, (random.random((n, 1)) > cumulated).sum(axis=1)


@pytest.mark.parametrize("sharpness", [0.7, 1.0, 2.5])
def test_it_finds_the_temperature_that_the_labels_were_drawn_by(sharpness: float) -> None:
    assert fit_temperature(*drawn(sharpness)) == pytest.approx(sharpness, rel=0.05)


def test_no_other_temperature_makes_the_labels_likelier() -> None:
    logits, labels = drawn(2.0)
    best = fit_temperature(logits, labels)
    losses = [log_loss(logits / (best * factor), labels) for factor in (0.9, 0.99, 1.01, 1.1)]
    assert log_loss(logits / best, labels) < min(losses)


def test_a_few_images_that_are_all_right_do_not_make_it_certain() -> None:
    labels = np.array([0, 1, 2])
    assert fit_temperature(5 * np.eye(3), labels) == pytest.approx(RANGE[0])


def test_the_loss_is_the_mean_surprise_at_the_labels() -> None:
    logits = np.log([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]])
    assert log_loss(logits + 1000, np.array([0, 1])) == pytest.approx(-(np.log(0.5) + np.log(0.8)) / 2)


@pytest.mark.parametrize("trust", [0.5, 1.0, 2.0])
def test_a_class_is_named_alone_where_answers_are_right_twice_as_often_as_wrong(trust: float) -> None:
    logits, labels = drawn(trust)  # of which a temperature of 1 makes probabilities that mean too little or too much
    probabilities = softmax(logits)
    winning, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    threshold = fit_probability_threshold(probabilities, labels)
    assert right[np.abs(winning - threshold) < 0.03].mean() == pytest.approx(MIN_ACCURACY, abs=0.03)


def test_of_probabilities_that_mean_what_they_say_it_is_that_probability() -> None:
    logits, labels = drawn(1.0)
    assert fit_probability_threshold(softmax(logits), labels) == pytest.approx(MIN_ACCURACY, abs=0.02)


def test_between_probabilities_that_few_images_have_it_is_where_the_regression_says() -> None:
    probabilities = np.array([*[[0.99, 0.01]] * 10, [0.55, 0.45], [0.6, 0.4]])
    assert 0.6 < fit_probability_threshold(probabilities, np.array([*[0] * 10, 1, 0])) < 0.7


@pytest.mark.parametrize(("least", "threshold"), [(0.55, 0.55), (0.999, MIN_ACCURACY), (0.4, 0.5)])
def test_where_all_answers_are_right_a_probability_is_taken_at_its_word(least: float, threshold: float) -> None:
    probabilities = np.array([[0.9995, 0.0005, 0.0], [(1 - least) / 2, least, (1 - least) / 2]])
    assert fit_probability_threshold(probabilities, np.array([0, 1])) == pytest.approx(threshold)


@pytest.mark.parametrize("labels", [[1, 0, 0, 0], [1, 0, 1, 0]])
def test_where_answers_are_never_right_so_often_none_is_named_alone(labels: list[int]) -> None:
    probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.7, 0.3], [0.2, 0.8]])
    assert fit_probability_threshold(probabilities, np.array(labels)) == UNREACHABLE
    assert not np.float32(1) >= UNREACHABLE


def test_a_few_sure_mistakes_do_not_make_the_unsure_answers_the_trusted_ones() -> None:
    probabilities = np.array([[0.99, 0.01], *[[0.6, 0.4]] * 3, [0.7, 0.3]])
    assert fit_probability_threshold(probabilities, np.array([1, 0, 0, 0, 0])) == 0.6
    assert fit_probability_threshold(probabilities, np.array([1, 0, 0, 1, 1])) == UNREACHABLE
