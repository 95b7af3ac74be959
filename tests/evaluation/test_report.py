"""The report quotes what was stored, shows every name as it is, and is written whole or not at all."""

import base64
import dataclasses
import io
import json
import re
import resource
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image

from core.bundle.card import INTENDED_USE, LIMITS, thresholds
from core.bundle.decoding import Decoded, shared_pool
from core.bundle.format import CARD, KEY, MODEL, write_sums
from core.bundle.predictor import Predictor
from core.data.versions import get_dataset
from core.errors import VitrineError
from core.evaluation.metrics import confusion_matrix, per_class
from core.evaluation.predictions import StoredPredictions
from core.evaluation.report import write_report
from core.evaluation.story import tell
from core.evaluation.stress import ADVERSARIAL, Stress
from core.evaluation.studies import keep
from core.evaluation.summary import summarise
from core.evaluation.unknowns import LeftOut, LeftOutPair, Unknowns, UnknownSet
from core.evaluation.views import Views
from core.runs.store import Run, store
from tests.conftest import RUN_NAME

NAMES = ("<b>bold</b>", "<script>alert(1)</script>", "A & B", "\"quoted\" 'twice'", "猫", "{{ 7 * 7 }}", *"6789")


class Report(HTMLParser):
    """A report as a browser reads it: its tables, row by row, all its text, and the elements it is made of."""

    def __init__(self, run: Run, folder: Path) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.text = ""
        self.pictures: list[str] = []
        self.captions: list[str] = []
        self.elements: set[str] = set()
        write_report(run, folder / "report.html")
        self.feed((folder / "report.html").read_text("utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "img":
            self.pictures.append(dict(attributes)["src"] or "")
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("th", "td"):
            self.tables[-1][-1].append("")

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.lasttag == "figcaption" and data.strip() and len(self.captions) < len(self.pictures):
            self.captions.append(data)
        if self.lasttag in ("th", "td") and data.strip():
            self.tables[-1][-1][-1] += data


@pytest.fixture
def renamed(trained_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run in a home of its own whose name and classes are written like HTML."""
    monkeypatch.setenv("VITRINE_HOME", str(shutil.copytree(trained_home, tmp_path / "home")))
    run = store().find(RUN_NAME)
    graph = onnx.load(run.bundle / MODEL)
    (entry,) = [entry for entry in graph.metadata_props if entry.key == KEY]
    entry.value = json.dumps({**json.loads(entry.value), "classes": NAMES})
    onnx.save(graph, run.bundle / MODEL)
    write_sums(run.bundle)
    stored = StoredPredictions.load(run.predictions)
    dataclasses.replace(stored, classes=NAMES).save(run.predictions)
    return dataclasses.replace(run, name="<i>my</i> run")


def share(value: float) -> str:
    return f"{value:.1%}"


def test_it_quotes_the_stored_figures(trained_run: Run, tmp_path: Path) -> None:
    stored = StoredPredictions.load(trained_run.predictions)
    text = " ".join(Report(trained_run, tmp_path).text.split())
    low, high = stored.interval
    assert f"Test accuracy {share(stored.accuracy)}" in text
    assert f"{stored.correct} of {len(stored)} held-out test images" in text
    assert f"95% interval (Wilson): {share(low)} to {share(high)}" in text
    metadata = Predictor.open(trained_run.bundle).metadata
    validation = metadata.validation
    assert f"the {validation['n']} validation images: {share(validation['accuracy'])}" in text
    assert thresholds(metadata) in text


def test_its_tables_are_those_of_the_stored_predictions(trained_run: Run, tmp_path: Path) -> None:
    stored = StoredPredictions.load(trained_run.predictions)
    _figures, matrix, classes, recipe, _environment = Report(trained_run, tmp_path).tables
    counts = [[int(cell or 0) for cell in row[1:]] for row in matrix[1:]]
    np.testing.assert_array_equal(counts, confusion_matrix(stored.labels, stored.predicted, 10))
    assert matrix[0][1:] == [row[0] for row in matrix[1:]] == list(stored.classes)
    expected = per_class(stored.labels, stored.predicted, stored.classes)
    assert [[row[0], row[1], row[3], row[5]] for row in classes[1:]] == [
        [row["class"], share(row["recall"]), share(row["precision"]), str(row["support"])] for row in expected
    ]
    assert ["Epochs", "1"] in recipe and ["Preset", "case-study"] in recipe


def test_further_figures_calibration_and_the_environment_are_in_it(trained_run: Run, tmp_path: Path) -> None:
    stored = StoredPredictions.load(trained_run.predictions)
    summary, report = summarise(stored), Report(trained_run, tmp_path)
    figures, *_others, environment = report.tables
    low, high = f"{summary.log_loss.low:.3f}", f"{summary.log_loss.high:.3f}"
    assert ["Log loss", f"{summary.log_loss.value:.3f}", f"{low} to {high}"] in figures
    assert ["torch", str(trained_run.environment["torch"])] in environment
    assert {"svg", "polyline", "polygon"} <= report.elements
    assert "by chance in" in report.text


def test_what_jobs_measured_is_in_it(trained_home: Path, home: Path, tmp_path: Path) -> None:
    shutil.copytree(trained_home, home)
    run = store().find(RUN_NAME)
    assert "Stress test" not in Report(run, tmp_path).text
    keep(run, "stress", Stress(200, 180, {"blur": [175, 160, 120, 80, 45], ADVERSARIAL: [20] * 5}))
    keep(run, "views", Views(360, 322, 331, 3))
    noise = UnknownSet("noise", None, 1000, 990, {"energy": 0.97}, [])
    keep(run, "unknowns", Unknowns("energy", 360, 18, [noise], appearance=True))
    keep(run, "left-out", LeftOut([LeftOutPair(("1", "7"), "energy", 290, 70, 284, 14, 40, {"energy": 0.9})]))
    report = Report(run, tmp_path)
    assert report.tables[3][1:] == [
        ["made to mislead", *["10.0%"] * 5],
        ["blur", "87.5%", "80.0%", "60.0%", "40.0%", "22.5%"],
    ], "the most harmful first, in the words of the page"
    assert "Each share is known to ±6.9 points (95%)" in report.text
    assert "Of its own 360 test images it refuses 5.0% (3.2% to 7.8%)" in " ".join(report.text.split())
    assert ["noise", "1,000", "99.0%", "98.2% to 99.5%", "0.970", "0.955 to 0.980"] in report.tables[4]
    assert "with an AUROC of 0.90 on average (pairs: 1)." in " ".join(report.text.split())
    assert "Each image is judged by how strongly any class at all speaks up (energy)." in report.text
    assert "light, colours and edges are like those of no known image" in report.text
    assert "With test-time augmentation, 3 looks at each image" in report.text


def test_what_the_model_is_for_and_not_for_stands_as_in_its_card(trained_run: Run, tmp_path: Path) -> None:
    text = " ".join(Report(trained_run, tmp_path).text.split())
    card = (trained_run.bundle / CARD).read_text()
    assert INTENDED_USE in text and INTENDED_USE in card
    assert LIMITS in text and LIMITS in card


def test_it_tells_the_same_sentences_as_the_page(trained_run: Run, tmp_path: Path) -> None:
    stored = StoredPredictions.load(trained_run.predictions)
    text = Report(trained_run, tmp_path).text
    told = [sentence.text() for sentence in tell(trained_run, stored, summarise(stored))]
    assert len(told) > 3 and all(sentence in text for sentence in told)


def test_the_mistakes_it_was_surest_of_are_shown_with_what_they_show_and_what_was_said(
    trained_run: Run, tmp_path: Path
) -> None:
    stored = StoredPredictions.load(trained_run.predictions)
    report = Report(trained_run, tmp_path)
    surest = stored.mistakes(12).tolist()
    assert report.captions == [
        f"shows {stored.classes[stored.labels[place]]}, said {stored.classes[stored.predicted[place]]}, "
        f"{share(float(stored.confidence[place]))} sure"
        for place in surest
    ]
    dataset = get_dataset("digits")
    files = dataset.originals(stored.rows[surest].tolist())
    for address, original in zip(report.pictures, shared_pool().decode(files, 64), strict=True):
        assert isinstance(original, Decoded)
        picture = Image.open(io.BytesIO(base64.b64decode(address.removeprefix("data:image/png;base64,"))))
        np.testing.assert_array_equal(np.asarray(picture), original.pixels)


def test_without_the_images_it_is_whole_but_for_their_pictures(trained_run: Run, tmp_path: Path) -> None:
    assert "Mistakes that it was surest of" in Report(trained_run, tmp_path).text
    report = Report(dataclasses.replace(trained_run, spec={**trained_run.spec, "data": "gone"}), tmp_path)
    assert not report.pictures and "Mistakes that it was surest of" not in report.text
    assert "held-out test images" in report.text


def test_it_needs_no_network_and_no_script(trained_run: Run, tmp_path: Path) -> None:
    write_report(trained_run, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text("utf-8")
    assert not re.search(r"(src|href)=.(?!https://arxiv|data:image/png)|url\(|@import|<link|<script", text)


def test_it_follows_what_is_stored(renamed: Run, tmp_path: Path) -> None:
    """Were the figures computed anew, or taken from elsewhere, they would not be all right here."""
    stored = StoredPredictions.load(renamed.predictions)
    dataclasses.replace(stored, labels=stored.predicted).save(renamed.predictions)
    text = " ".join(Report(renamed, tmp_path).text.split())
    assert f"Test accuracy 100.0% {len(stored)} of {len(stored)} held-out test images" in text


def test_it_shows_names_as_they_are(renamed: Run, tmp_path: Path) -> None:
    report = Report(renamed, tmp_path)
    _figures, matrix, classes, _recipe, _environment = report.tables
    assert matrix[0][1:] == [row[0] for row in classes[1:]] == list(NAMES)
    assert "<i>my</i> run: report" in report.text
    assert report.elements.isdisjoint({"b", "i", "script"})


def test_a_report_that_cannot_be_made_leaves_the_old_one_alone(renamed: Run, tmp_path: Path) -> None:
    file = tmp_path / "reports" / "report.html"
    file.parent.mkdir()
    file.write_text("the old one")
    (renamed.bundle / MODEL).write_bytes(b"damaged")
    with pytest.raises(VitrineError, match="was altered after it was sealed"):
        write_report(renamed, file)
    assert {path.name: path.read_text() for path in file.parent.iterdir()} == {"report.html": "the old one"}


def test_a_report_that_finds_no_space_leaves_the_old_one_alone(trained_run: Run, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text("the old one")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large") as error:
            write_report(trained_run, file)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert error.value.filename == str(file)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"report.html": "the old one"}


def test_a_folder_is_not_overwritten_by_a_report(trained_run: Run, tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    with pytest.raises(IsADirectoryError):
        write_report(trained_run, tmp_path / "reports")
    assert [path.name for path in tmp_path.iterdir()] == ["reports"]


def test_without_a_model_there_is_no_report(renamed: Run, tmp_path: Path) -> None:
    shutil.rmtree(renamed.bundle)
    with pytest.raises(VitrineError, match="has no model yet"):
        write_report(renamed, tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()
