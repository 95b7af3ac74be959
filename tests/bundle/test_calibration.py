"""A temperature makes probabilities mean what they say."""

import numpy as np
import pytest

from core.bundle.calibration import RANGE, fit_temperature, log_loss


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
