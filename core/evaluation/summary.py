"""The figures that stand at the head of an evaluation, each with its interval."""

from dataclasses import dataclass
from math import log

import numpy as np

from core.evaluation.metrics import (
    Measured,
    brier_scores,
    confusion_matrix,
    log_losses,
    macro_f1_measured,
    mean,
    share,
    top_k,
)
from core.evaluation.predictions import StoredPredictions
from core.evaluation.reliability import calibration_error

TOP = 3


@dataclass(frozen=True)
class Summary:
    """What a bundle does with the test images.

    Attributes:
        n: how many there are.
        base_rate: the share of the commonest class: what a model reaches that never looks.
        top_3: the truth is among the three most probable classes; None where there are no more than three.
        brier: 0 to 2.
        calibration_error: expected, of the calibrated probabilities.
    """

    n: int
    classes: int
    base_rate: float
    accuracy: Measured
    top_3: Measured | None
    macro_f1: Measured
    log_loss: Measured
    brier: Measured
    calibration_error: Measured

    @property
    def log_loss_of_a_guess(self) -> float:
        """What it costs to find all classes equally probable."""
        return log(self.classes)


def summarise(predictions: StoredPredictions) -> Summary:
    """All of it from stored predictions."""
    labels, probabilities, classes = predictions.labels, predictions.probabilities, len(predictions.classes)
    return Summary(
        n=len(predictions),
        classes=classes,
        base_rate=float(np.bincount(labels).max() / len(labels)),
        accuracy=share(predictions.correct, len(labels)),
        top_3=share(top_k(probabilities, labels, TOP), len(labels)) if classes > TOP else None,
        macro_f1=macro_f1_measured(confusion_matrix(labels, predictions.predicted, classes)),
        log_loss=mean(log_losses(probabilities, labels)),
        brier=mean(brier_scores(probabilities, labels)),
        calibration_error=calibration_error(predictions.confidence, predictions.right),
    )
