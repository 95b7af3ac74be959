"""The report of a run: one HTML file that needs no network and prints well, for people outside."""

import base64
import errno
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from PIL import Image

from core.bundle.card import INTENDED_USE, LIMITS, thresholds
from core.bundle.decoding import Decoded, shared_pool
from core.bundle.predictor import Predictor
from core.data.looks import looks_at
from core.data.lookup import data_of, dataset_of, has_rows_of
from core.errors import VitrineError
from core.evaluation.drawing import line_chart
from core.evaluation.facts import LOOKED_AT, SCORES, Translate, environment, settings, sureness
from core.evaluation.groups import gap, groups
from core.evaluation.metrics import confusion_matrix, per_class, wilson_interval
from core.evaluation.predictions import StoredPredictions, evaluate_run
from core.evaluation.references import people_on
from core.evaluation.reliability import coverage, reliability, tempered
from core.evaluation.story import tell
from core.evaluation.stress import NAMES
from core.evaluation.studies import duplicates_of, study
from core.evaluation.summary import summarise
from core.runs.store import Run
from core.training.recipe import Recipe

TEMPLATES = Path(__file__).with_name("templates")
SUREST = 50  # images, below which a share of them is mostly chance
PICTURES, SIDE = 12, 64  # of the most confident mistakes, and pixels of one


@dataclass(frozen=True)
class Mistake:
    """A test image that was named wrongly: an address that is the picture itself, what it shows, what was said, how surely."""

    picture: str
    true: str
    said: str
    sure: float


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


def report_html(run: Run, translate: Translate = lambda text: text) -> str:
    """The report as HTML; every figure comes from the bundle, its stored predictions, and what jobs measured with it.

    Args:
        translate: from the English template of a sentence to the reader's language.
    """
    predictions = evaluate_run(run)
    matrix = confusion_matrix(predictions.labels, predictions.predicted, len(predictions.classes))
    found = groups(
        [predictions.classes[label] for label in predictions.labels], predictions.right, predictions.confidence
    )
    metadata = Predictor.open(run.bundle).metadata
    templates = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    summary = summarise(predictions)
    return templates.get_template("report.html").render(
        _=translate,
        run=run,
        predictions=predictions,
        summary=summary,
        story=[sentence.text() for sentence in tell(run, predictions, summary, translate)],
        intended_use=INTENDED_USE,
        limits=LIMITS,
        thresholds=thresholds(metadata, translate),
        sureness=sureness,
        mistakes=list(_mistakes(run, predictions)),
        harms=NAMES,
        scores=SCORES,
        looked_at=LOOKED_AT,
        settings=settings(Recipe(**metadata.recipe), translate),
        people=people_on(predictions.classes),
        metadata=metadata,
        matrix=matrix.tolist(),
        shares=(matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)).tolist(),
        classes=per_class(predictions.labels, predictions.predicted, predictions.classes),
        gap=gap(found),
        reliability=Markup(_reliability(predictions, metadata.temperature, translate)),
        coverage=Markup(_coverage(predictions, translate)),
        duplicates=(twice := duplicates_of(run)),
        without_leaked=predictions.without(twice.leaked) if twice else None,
        stress=(harmed := study(run, "stress")),
        worst_first=sorted(harmed.correct.items(), key=lambda one: -harmed.loss(one[0])) if harmed else [],
        views=study(run, "views"),
        unknowns=study(run, "unknowns"),
        left_out=study(run, "left-out"),
        looks=looks_at(data_of(run)),
        environment=list(environment(run.environment, translate)),
    )


def _mistakes(run: Run, predictions: StoredPredictions) -> Iterator[Mistake]:
    """The most confident ones; none where their images are not at hand."""
    places = predictions.mistakes(PICTURES)
    try:
        dataset = dataset_of(run)
        if not has_rows_of(dataset, run):  # the same images in another order: the rows would be others' pictures
            return
        files = dataset.originals(predictions.rows[places].tolist())
    except VitrineError:  # the figures stand without their pictures
        return
    for place, image in zip(places, shared_pool().decode(files, SIDE), strict=True):
        if isinstance(image, Decoded):
            true, said = (predictions.classes[row[place]] for row in (predictions.labels, predictions.predicted))
            yield Mistake(_address(image.pixels), true, said, float(predictions.confidence[place]))


def _address(pixels: np.ndarray) -> str:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def _reliability(predictions: StoredPredictions, temperature: float, translate: Translate) -> str:
    raw = tempered(predictions.probabilities, 1 / temperature)
    before, after = (reliability(sure, predictions.right) for sure in (raw.max(axis=1), predictions.confidence))
    lines = [
        (translate("says what it means"), [(0.0, 0.0), (1.0, 1.0)]),
        (translate("before scaling"), [(one.confidence, one.accuracy) for one in before]),
        (translate("as sealed"), [(one.confidence, one.accuracy) for one in after]),
    ]
    band = [(one.confidence, one.low, one.high) for one in after]
    axes = translate("how sure it is"), translate("how often it is right")
    return line_chart(lines, band, axes, translate("How often it is right, by how sure it is"))


def _coverage(predictions: StoredPredictions, translate: Translate) -> str:
    curve, n = coverage(predictions.confidence, predictions.right), len(predictions)
    places = np.unique(np.linspace(min(n, SUREST) - 1, n - 1, 60).round().astype(int)).tolist()
    line = [(float(curve.share[place]), float(curve.accuracy[place])) for place in places]
    band = [
        (float(curve.share[place]), *wilson_interval(round(float(curve.accuracy[place]) * (place + 1)), place + 1))
        for place in places
    ]
    floor = max(0.0, min(low for _share, low, _high in band) // 0.1 / 10)
    axes = translate("share that the model decides"), translate("right among them")
    return line_chart([(translate("accuracy"), line)], band, axes, translate("Accuracy by share decided"), floor)
