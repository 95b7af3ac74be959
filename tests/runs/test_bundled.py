"""Models that come with Vitrine are runs like others, except that they are only read, and that looking makes no store."""

import json
from pathlib import Path

import numpy as np
import pytest

from core.bundle.format import CARD, RECIPE, check_sums
from core.data.lookup import dataset_of, has_rows_of
from core.errors import VitrineError
from core.evaluation.predictions import StoredPredictions, evaluate_on
from core.runs import jobs
from core.runs.bundled import bundled_runs
from core.runs.library import all_runs, find_run, get_run, history
from core.runs.store import Run, exists, store
from core.training.command import command
from core.training.recipe import Recipe
from tests.commands import Command

ID = "bundled-digits-cnn"


@pytest.fixture
def digits_cnn(first_start: Path) -> Run:
    return get_run(ID)


@pytest.mark.usefixtures("first_start")
def test_each_is_whole_and_says_how_it_was_trained() -> None:
    assert bundled_runs()
    for run in bundled_runs():
        check_sums(run.bundle)
        assert json.loads((run.bundle / RECIPE).read_text()) == run.recipe
        assert command(Recipe(**run.recipe), run.data) in (run.bundle / CARD).read_text(encoding="utf-8")


@pytest.mark.usefixtures("first_start")
def test_what_is_stored_of_the_test_images_is_what_the_model_says_of_them() -> None:
    here = [run for run in bundled_runs() if run.data == "digits"]
    assert here
    for run in here:
        dataset = dataset_of(run)
        stored, said = StoredPredictions.load(run.predictions), evaluate_on(dataset, run)
        assert has_rows_of(dataset, run)
        np.testing.assert_array_equal(stored.rows, said.rows)
        np.testing.assert_array_equal(stored.labels, said.labels)
        np.testing.assert_allclose(stored.probabilities, said.probabilities, atol=1e-4)
        np.testing.assert_allclose(stored.knownness, said.knownness, atol=1e-3)


def test_they_are_there_at_the_very_first_start_and_looking_makes_no_store(digits_cnn: Run) -> None:
    assert digits_cnn in all_runs() and all(run.bundled for run in all_runs())
    assert (digits_cnn.name, digits_cnn.kind, digits_cnn.state, digits_cnn.data) == (
        "digits-cnn",
        "train",
        "finished",
        "digits",
    )
    assert digits_cnn.has_bundle and digits_cnn.predictions.is_file() and digits_cnn.environment["torch"]
    assert find_run("digits-cnn") == find_run(ID) == digits_cnn
    assert not exists()


def test_their_curves_come_with_them(digits_cnn: Run) -> None:
    curves = history(digits_cnn, "epoch", "val_accuracy", "no such curve")
    assert curves["no such curve"] == []
    assert len(curves["val_accuracy"]) == digits_cnn.epoch == digits_cnn.recipe["epochs"]
    assert curves["val_accuracy"][-1][1] == digits_cnn.metrics["val_accuracy"]
    assert [step for step, _value in curves["epoch"]] == sorted(step for step, _value in curves["epoch"])


@pytest.mark.parametrize("what", [jobs.stop, jobs.resume, jobs.delete])
def test_they_cannot_be_stopped_resumed_or_deleted(what: object, digits_cnn: Run) -> None:
    with pytest.raises(VitrineError, match="“digits-cnn” comes with Vitrine: it cannot be stopped, resumed or deleted"):
        what(digits_cnn.id)  # type: ignore[operator]
    assert get_run(ID) == digits_cnn and not exists()


def test_latest_is_the_newest_of_the_users_own(digits_cnn: Run) -> None:
    with pytest.raises(VitrineError, match="No run of yours has finished yet"):
        find_run("latest")
    own = store().create("train", "mine", digits_cnn.spec)
    with pytest.raises(VitrineError, match="No run of yours has finished yet"):
        find_run("latest")
    store().set_state(own.id, "finished")
    assert find_run("latest").id == own.id
    assert [run.name for run in all_runs() if not run.bundled] == ["mine"]
    assert all_runs()[0].id == own.id


def test_a_name_that_a_run_of_ones_own_has_too_is_ambiguous(digits_cnn: Run) -> None:
    own = store().create("train", "digits-cnn", digits_cnn.spec)
    with pytest.raises(VitrineError, match=f"2 runs are named “digits-cnn”. Use the id .*{own.id}, {ID}"):
        find_run("digits-cnn")
    assert (find_run(own.id).id, find_run(ID).id) == (own.id, ID)


def test_what_is_neither_here_nor_there_is_unknown_without_a_store(first_start: Path) -> None:
    for look in (find_run, get_run):
        with pytest.raises(VitrineError, match="There is no run “nobody”"):
            look("nobody")
    assert not exists()


def test_the_command_line_lists_and_uses_them(digits_cnn: Run, vitrine: Command, tmp_path: Path) -> None:
    row = next(row for row in vitrine("runs", "--json").value if row["run_id"] == ID)
    assert row == {
        "run_id": ID,
        "name": "digits-cnn",
        "state": "finished",
        "preset": digits_cnn.preset,
        "data": "digits",
        "epoch": digits_cnn.epoch,
        "val_accuracy": digits_cnn.val_accuracy,
        "bundled": True,
    }
    told = json.loads((digits_cnn.folder / "run.json").read_text())["test"]
    assert vitrine("evaluate", "digits-cnn", "--json").value == told
    assert vitrine("evaluate", ID, "--data", "digits", "--json").value == told
    vitrine("export", "digits-cnn", tmp_path / "model", "--json")
    assert {path.name: path.read_bytes() for path in (tmp_path / "model").iterdir()} == {
        path.name: path.read_bytes() for path in digits_cnn.bundle.iterdir()
    }
    vitrine("report", "digits-cnn", tmp_path / "report.html", "--json")
    assert f"{told['accuracy']:.1%}".replace("%", "") in (tmp_path / "report.html").read_text()
    assert "comes with Vitrine" in vitrine("delete", "digits-cnn").err
    assert not exists()
