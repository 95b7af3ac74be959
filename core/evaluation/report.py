"""The report of a run: one HTML file that needs no network and prints well, for people outside."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from jinja2 import Environment, FileSystemLoader

from core.bundle.predictor import Predictor
from core.evaluation.metrics import confusion_matrix, per_class
from core.evaluation.predictions import evaluate_run
from core.runs.store import Run

TEMPLATES = Path(__file__).with_name("templates")


def write_report(run: Run, file: Path) -> None:
    """Write the run's report to `file`, whole or not at all.

    Raises:
        VitrineError: ``bundle_missing`` while the run has no model.
        OSError: naming `file`, when it cannot be written.
    """
    if file.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(file))
    html = report_html(run)
    aside = file.with_name(file.name + ".part")
    try:
        aside.write_text(html, encoding="utf-8")
        os.replace(aside, file)
    except OSError as error:
        error.filename = str(file)  # the one that was asked for
        raise
    finally:
        aside.unlink(missing_ok=True)


def report_html(run: Run, translate: Callable[[str], str] = lambda text: text) -> str:
    """The report as HTML; every figure comes from the bundle and its stored predictions.

    Args:
        translate: from the English template of a sentence to the reader's language.
    """
    predictions = evaluate_run(run)
    matrix = confusion_matrix(predictions.labels, predictions.predicted, len(predictions.classes))
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    return environment.get_template("report.html").render(
        _=translate,
        run=run,
        predictions=predictions,
        metadata=Predictor.open(run.bundle).metadata,
        matrix=matrix.tolist(),
        shares=(matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)).tolist(),
        classes=per_class(predictions.labels, predictions.predicted, predictions.classes),
    )
