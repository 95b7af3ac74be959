"""Names come from ZIP files, uploads and the command line: every page shows them as they are, however they look as Markdown."""

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from streamlit.testing.v1 import AppTest

from core.bundle.format import KEY, MODEL, write_sums
from core.data.importing import import_zip
from core.evaluation.predictions import StoredPredictions
from core.runs.store import store
from tests.conftest import RUN_NAME
from tests.data.making import pack, picture, some
from tests.pages.conftest import OpenPage
from tests.pages.looking import captions, spec, words
from ui.formats import plain

RUN, DATA = "my *best* <b>run</b> 1$2", "my_pets_"
CLASSES = {"*x*", "1$2", "<b>3", "All", "`4`", ":red[b]", "a|b", ":smile:", "a_", "猫"}
ALT = "%% stAlt: "  # before a flow chart's text for screen readers, which AppTest takes for Markdown
NAMES = {RUN, DATA, *CLASSES}


@pytest.fixture(scope="module")
def named_home(trained_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose newest run, dataset and classes have such names; each class is taken for the one before it."""
    home = Path(shutil.copytree(trained_home, tmp_path_factory.mktemp("named") / "home"))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("VITRINE_HOME", str(home))
        files: dict[str, bytes] = {}
        for name in sorted(CLASSES):
            files |= some(name, 3, first=len(files))
        dataset = import_zip(DATA, pack(home / "odd.zip", files), None, lambda done, total: None, lambda: False)
        assert set(dataset.classes) == CLASSES
        model = store().find(RUN_NAME)
        run = store().create("train", RUN, {**model.spec, "data": DATA})
        shutil.copytree(model.bundle, run.bundle)
        graph = onnx.load(run.bundle / MODEL)
        (entry,) = [entry for entry in graph.metadata_props if entry.key == KEY]
        about = json.loads(entry.value)
        entry.value = json.dumps({**about, "classes": dataset.classes, "dataset": {**about["dataset"], "name": DATA}})
        onnx.save(graph, run.bundle / MODEL)
        write_sums(run.bundle)
        table = dataset.manifest("split", "label")
        rows = np.flatnonzero(table["split"].to_numpy() == "test")
        labels = table["label"].to_numpy()[rows]
        wrong = np.eye(10, dtype=np.float32)[labels - 1]
        StoredPredictions(labels, wrong, np.zeros(len(rows), np.float32), rows, dataset.classes).save(run.predictions)
        store().set_state(run.id, "finished")
    return home


@pytest.fixture
def named(named_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_HOME", str(named_home))


def markdown(app: AppTest) -> str:
    """All that the browser reads as Markdown, a line each."""
    shown = [words(app), *captions(app), *(button.label for button in app.button)]
    for kind in (app.error, app.warning, app.info, app.toast):
        shown += [str(element.value) for element in kind]
    shown += [str(part) for metric in app.metric for part in (metric.label, metric.value, metric.delta)]
    shown += [bar.text for bar in app.progress] + [option for pills in app.pills for option in pills.options]
    return "\n".join(line for line in "\n".join(shown).splitlines() if not line.startswith(ALT))


def assert_shown_as_they_are(names: set[str], app: AppTest) -> None:
    text = markdown(app)
    assert {name for name in names if plain(name) not in text} == set(), "not shown"
    assert {name for name in NAMES if plain(name) != name and name in text} == set(), "taken for Markdown"


@pytest.mark.parametrize("section", ["Overview", "Mistakes", "Trust", "Fairness", "Compare"])
def test_every_section_of_an_evaluation_shows_names_as_they_are(section: str, named: None, open_page: OpenPage) -> None:
    shown = {
        "Overview": {RUN, DATA},
        "Mistakes": {RUN, DATA, *CLASSES},
        "Trust": {RUN, DATA},
        "Fairness": {RUN, DATA},
        "Compare": {RUN},
    }
    assert_shown_as_they_are(shown[section], open_page("evaluate", section=section))


@pytest.mark.parametrize(
    ("part", "names"), [("Images", CLASSES), ("Preprocessing", set()), ("Quality", set()), ("Manage", {DATA})]
)
def test_every_part_of_the_data_shows_names_as_they_are(
    part: str, names: set[str], named: None, open_page: OpenPage
) -> None:
    assert_shown_as_they_are(names, open_page("data", data=DATA, part=part))


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("concepts", {RUN, DATA}),
        ("data", CLASSES),
        ("train", {RUN}),
        ("predict", {RUN, *CLASSES}),
        ("deploy", {RUN, DATA, *CLASSES}),
        ("business", {RUN, DATA}),
    ],
)
def test_every_page_shows_names_as_they_are(page: str, names: set[str], named: None, open_page: OpenPage) -> None:
    assert_shown_as_they_are(names, open_page(page, data=DATA))


def test_a_photo_and_its_class_are_named_as_they_are(named: None, open_page: OpenPage) -> None:
    app = open_page("predict")
    app.file_uploader(key="photos").upload("a *new* photo.png", picture())
    app.file_uploader(key="photos").upload("no *new* photo.png", b"Dear Sir or Madam").run()
    assert not app.exception
    assert_shown_as_they_are({RUN}, app)
    assert captions(app)[0].startswith(r"a \*new\* photo.png · ")
    assert app.warning[0].value.startswith(r"**no \*new\* photo.png**: ")


def test_tags_in_names_are_none_in_a_figure(named: None, open_page: OpenPage) -> None:
    chart = spec(open_page("evaluate", section="Mistakes"), "plotly_chart")
    assert "&lt;b&gt;3" in chart["layout"]["xaxis"]["ticktext"]
    ladder = spec(open_page("concepts"), "plotly_chart")
    assert ["my *best* &lt;b&gt;run&lt;/b&gt; 1$2"] * 2 in [line["y"] for line in ladder["data"]]
