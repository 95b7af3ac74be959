"""The command line keeps its contract: one JSON value for programs, one sentence for mistakes, a run by any of its names."""

import json
import os
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import paths
from core.arguments import recipe_from
from core.data.importing import import_zip
from core.data.versions import get_dataset
from core.evaluation.predictions import StoredPredictions
from core.runs.store import Run, store
from core.serving.models import TOGETHER
from core.training.presets import make_recipe
from core.training.recipe import Recipe
from core.training.recipes import to_json
from tests.commands import Answer, Command, on_a_terminal, process
from tests.conftest import ANSWERED, RUN_NAME
from tests.data.making import pack, two_classes
from tests.processes import kill_workers, no_free_slot, until

TRAINED = {"run_id": str, "state": str, "val_accuracy": float, "seconds": float, "images_per_second": float}
LISTED = {"run_id": str, "name": str, "state": str, "preset": str, "data": str, "epoch": int, "val_accuracy": float}
DATASET = {"name": str, "version": int, "images": int, "classes": list}
VERDICT = {
    "file": str,
    "verdict": str,
    "label": str,
    "probability": float,
    "knownness": float,
    "probabilities": dict,
}
TRAIN = ("train", "--data", "digits", "--preset", "case-study")


@pytest.fixture(scope="module")
def workshop(trained_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the home with a finished run, to add to."""
    home = Path(shutil.copytree(trained_home, tmp_path_factory.mktemp("workshop") / "home"))
    yield home
    kill_workers(home)


@pytest.fixture(scope="module")
def pets(workshop: Path) -> Answer:
    """The answer of an import on a terminal."""
    train = pack(workshop.parent / "train.zip", two_classes(6))
    test = pack(workshop.parent / "test.zip", two_classes(2))
    return on_a_terminal(workshop, "data", "import", "pets", train, "--test", test, "--json")


@pytest.fixture
def in_workshop(workshop: Path, pets: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_HOME", str(workshop))


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    """A picture of a digit."""
    file = tmp_path / "scan.png"
    file.write_bytes(get_dataset("digits").original(0))
    return file


def has(value: Any, promised: dict[str, type]) -> bool:
    return {key: type(value.get(key)) for key in promised} == promised


def test_an_import_shows_its_progress_and_prints_the_dataset(pets: Answer) -> None:
    assert pets.status == 0
    dataset = json.loads(pets.out)
    assert has(dataset, DATASET)
    assert (dataset["name"], dataset["version"], dataset["images"]) == ("pets", 1, 16)
    assert dataset["classes"] == ["cat", "dog"]
    assert "pets" in pets.err and "0%" in pets.err


@pytest.mark.usefixtures("in_workshop")
def test_the_list_of_datasets_holds_digits_and_what_was_imported(vitrine: Command) -> None:
    listed = vitrine("data", "list", "--json").value
    assert [dataset["name"] for dataset in listed] == ["digits", "pets"]
    assert all(has(dataset, DATASET) for dataset in listed)
    assert listed[0]["images"] == 1797 and listed[0]["classes"] == list("0123456789")


@pytest.mark.usefixtures("in_workshop")
def test_a_deleted_dataset_is_off_the_list_until_it_is_restored(vitrine: Command) -> None:
    for command, names in (("delete", ["digits"]), ("restore", ["digits", "pets"])):
        assert has(vitrine("data", command, "pets", "--json").value, DATASET)
        assert [dataset["name"] for dataset in vitrine("data", "list", "--json").value] == names


@pytest.mark.usefixtures("in_workshop")
def test_a_dataset_is_corrected_and_what_is_known_of_its_images_is_kept(vitrine: Command, tmp_path: Path) -> None:
    (tmp_path / "known.csv").write_text("path,light\ncat/1.png,day\n")
    told = vitrine("data", "attributes", "pets", str(tmp_path / "known.csv"), "--json").value
    assert told == {"name": "pets", "images": 2, "attributes": ["light"]}  # training and test have one of that name
    made = vitrine("data", "correct", "pets", "--leave-out", "cat/0.png", "--label", "cat/2.png=dog", "--json").value
    assert (made["name"], made["version"], made["images"]) == ("pets", 2, 14)
    assert "has no image “bird/1.png”" in vitrine("data", "correct", "pets", "--leave-out", "bird/1.png").err
    assert "no class “bird”" in vitrine("data", "correct", "pets", "--label", "cat/1.png=bird").err
    assert "Nothing was to be corrected" in vitrine("data", "correct", "pets").err


@pytest.mark.usefixtures("in_workshop")
def test_what_takes_long_is_measured_by_a_job_and_kept_with_the_run(vitrine: Command) -> None:
    told = vitrine("measure", RUN_NAME, "views", "--json").value
    assert (told["n"], told["views"]) == (360, 3)
    assert "'horoscope' is not one of" in vitrine("measure", RUN_NAME, "horoscope").err


def test_training_waits_and_prints_what_came_of_it(trained_home: Path, trained_run: Run) -> None:
    trained = json.loads((trained_home / ANSWERED).read_text())
    assert has(trained, TRAINED)
    assert (trained["run_id"], trained["state"]) == (trained_run.id, "finished")
    assert trained["val_accuracy"] == trained_run.val_accuracy
    assert trained["seconds"] > 0 and trained["images_per_second"] > 0


def test_runs_are_listed_with_what_they_were_asked_and_what_they_reached(trained_run: Run, vitrine: Command) -> None:
    (row,) = vitrine("runs", "--json").value
    assert has(row, LISTED)
    assert (row["run_id"], row["name"], row["state"]) == (trained_run.id, trained_run.name, "finished")
    assert (row["preset"], row["data"], row["epoch"]) == ("case-study", "digits", 1)
    assert row["val_accuracy"] == trained_run.val_accuracy


@pytest.mark.usefixtures("in_workshop")
def test_a_detached_run_is_stopped_and_resumed_by_its_name(vitrine: Command, workshop: Path) -> None:
    settings = ("--set", "epochs=1", "--set", "batch_size=64", "--seed", "7", "--name", "patient")
    with no_free_slot():  # so that it cannot be done before it is stopped
        detached = vitrine(*TRAIN, *settings, "--detach", "--json").value
        assert detached["state"] == "queued"
        assert [run["name"] for run in vitrine("runs", "--json").value] == ["patient", RUN_NAME]
        assert vitrine("stop", "patient", "--json").value["run_id"] == detached["run_id"]
        assert until(detached["run_id"], lambda run: not run.active).state == "stopped"
        assert vitrine("stop", "patient").err == "Error: “patient” is stopped: there is nothing to stop.\n"
    resumed = vitrine("resume", "patient", "--json").value
    assert has(resumed, TRAINED)
    assert (resumed["run_id"], resumed["state"]) == (detached["run_id"], "finished")
    recipe = store().get(resumed["run_id"]).recipe
    assert (recipe["epochs"], recipe["batch_size"], recipe["seed"]) == (1, 64, 7)
    assert vitrine("delete", "patient", "--json").value["run_id"] == detached["run_id"]
    assert [run["name"] for run in vitrine("runs", "--json").value] == [RUN_NAME]
    assert vitrine("restore", "patient", "--json").value["run_id"] == detached["run_id"]
    assert [run["name"] for run in vitrine("runs", "--json").value] == ["patient", RUN_NAME]
    assert vitrine("delete", "patient").status == 0


@pytest.mark.parametrize("name", ["id", "name", "latest"])
def test_evaluating_prints_the_stored_figures_of_a_run_by_any_of_its_names(
    trained_run: Run, vitrine: Command, name: str
) -> None:
    reference = {"id": trained_run.id, "name": trained_run.name, "latest": "latest"}[name]
    stored = StoredPredictions.load(trained_run.predictions)
    figures = vitrine("evaluate", reference, "--json").value
    assert figures == {"accuracy": stored.accuracy, "interval": list(stored.interval), "n": len(stored)}
    low, high = figures["interval"]
    assert 0 < low < figures["accuracy"] < high < 1


@pytest.mark.usefixtures("in_workshop")
def test_evaluating_takes_another_dataset_of_the_same_classes_only(vitrine: Command, tmp_path: Path) -> None:
    scans = get_dataset("digits").originals(range(100))
    labels = get_dataset("digits").manifest("label")["label"].to_pylist()
    files = {f"{labels[row]}/{row}.png": scan for row, scan in enumerate(scans)}
    again = import_zip("again", pack(tmp_path / "a.zip", files), None, lambda done, total: None, lambda: False)
    assert vitrine("evaluate", RUN_NAME, "--data", "again", "--json").value["n"] == again.size("test")
    assert "“pets” has other classes" in vitrine("evaluate", RUN_NAME, "--data", "pets").err


def test_predicting_agrees_with_the_stored_predictions_file_by_file(
    trained_run: Run, vitrine: Command, tmp_path: Path
) -> None:
    stored = StoredPredictions.load(trained_run.predictions)
    count = TOGETHER + 4
    files = [tmp_path / f"{number}.png" for number in range(count)]
    for file, image in zip(files, get_dataset("digits").originals(stored.rows[:count].tolist()), strict=True):
        file.write_bytes(image)
    answers = vitrine("predict", "latest", *files, "--json").value
    assert [answer["file"] for answer in answers] == [str(file) for file in files]
    assert all(has(answer, VERDICT) for answer in answers)
    probabilities = [[answer["probabilities"][name] for name in stored.classes] for answer in answers]
    np.testing.assert_allclose(probabilities, stored.probabilities[:count], atol=1e-5)
    for answer in answers:
        assert answer["label"] == max(answer["probabilities"], key=answer["probabilities"].get)
        assert answer["probability"] == max(answer["probabilities"].values())
        assert answer["verdict"] in ("known", "unsure", "unknown")


def test_a_file_that_cannot_be_read_is_said_in_its_place_and_the_rest_is_answered(
    trained_run: Run, scan: Path, tmp_path: Path
) -> None:
    text, large, missing = tmp_path / "text.png", tmp_path / "large.png", tmp_path / "missing.png"
    text.write_text("not an image")
    with open(large, "wb") as file:
        file.truncate(40 << 20)
    odd = tmp_path / os.fsdecode(b"caf\xe9.png")  # as an old archive left it
    odd.write_bytes(scan.read_bytes())
    (empty := tmp_path / "empty").mkdir()
    files = [missing, scan, text, scan, empty, large, odd]
    answer = process(paths.home(), "predict", trained_run.id, *files, "--json")
    answers = answer.value
    assert [said["file"] for said in answers] == [str(file) for file in files]
    errors = ["cannot be read: No such file", None, "no image", None, "no image in the folder", "has 40 MiB", None]
    for said, error in zip(answers, errors, strict=True):
        assert has(said, VERDICT) if error is None else said.keys() == {"file", "error"} and error in said["error"]
    assert answers[1] == answers[3]


def test_people_see_verdicts_and_errors_in_one_table(trained_run: Run, vitrine: Command, scan: Path) -> None:
    first, *rows = vitrine("predict", "latest", "missing.png", scan).out.splitlines()
    assert first.split() == ["file", "error", *list(VERDICT)[1:]]
    assert "No such file" in rows[0] and str(scan) in rows[1] and len(rows) == 2


def test_exporting_copies_the_bundle_into_a_new_folder(trained_run: Run, vitrine: Command, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "model"
    assert vitrine("export", "latest", folder, "--json").value["folder"] == str(folder)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == {
        file.name: file.read_bytes() for file in trained_run.bundle.iterdir()
    }
    assert "is not an empty folder" in vitrine("export", "latest", folder).err


class _Loaded(HTMLParser):
    """The addresses of all that a page loads."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        loading = ("src", "srcset", "href", "data", "poster", "action")
        self.addresses += [value or "" for key, value in attributes if key in loading and tag != "a"]


def test_the_report_is_one_file_that_loads_nothing(trained_run: Run, vitrine: Command, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    assert vitrine("report", "latest", file, "--json").value == {"file": str(file)}
    page = file.read_text("utf-8")
    assert page.startswith("<!doctype html>") and trained_run.name in page
    assert all(address.startswith(("data:", "#")) for address in _Loaded(page).addresses)
    assert "@import" not in page and "url(" not in page and "<script" not in page
    assert list(tmp_path.iterdir()) == [file]


def test_a_recipe_comes_from_a_file_with_settings_on_top(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text(to_json(make_recipe("fast", epochs=7, flip=False)))
    recipe = recipe_from(None, file, ["epochs=3", "dropout=0.5"], seed=4)
    assert recipe == make_recipe("fast", epochs=3, flip=False, dropout=0.5, seed=4)
    assert recipe_from("fast", None, ["epochs=3"], seed=None) == make_recipe("fast", epochs=3)


def test_training_takes_the_file_of_a_recipe(in_workshop: None, vitrine: Command, tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text('{"preset": "case-study", "epochs": 2, "train_images": 50}')
    begun = vitrine("train", "--data", "digits", "--recipe", file, "--set", "epochs=1", "--detach", "--json").value
    run = store().get(begun["run_id"])
    vitrine("stop", run.id)
    assert Recipe(**run.recipe) == make_recipe("case-study", epochs=1, train_images=50)
