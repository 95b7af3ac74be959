"""The store remembers runs, and opens safely however many open it at once."""

import json
import multiprocessing
import os
import sys
import time
from multiprocessing.context import ForkServerContext
from multiprocessing.synchronize import Barrier
from pathlib import Path
from types import ModuleType

import pytest

from core.errors import VitrineError
from core.runs import launcher, locks
from core.runs.run import SAMPLES
from core.runs.store import exists, store


@pytest.fixture(autouse=True)
def _home(home: Path) -> None:
    pass


def test_asking_whether_the_store_exists_does_not_make_it() -> None:
    assert not exists()
    store()
    assert exists()


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> ForkServerContext:
    """Makes processes that begin with MLflow imported: once, for all of them."""
    # They would run the main module first, and pages that were tested before leave themselves there.
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["mlflow.store.tracking.sqlalchemy_store"])
    return context


def create(home: Path, start: Barrier, number: int) -> None:
    os.environ["VITRINE_HOME"] = str(home)
    start.wait(60)
    store().create("train", f"run {number}", {"recipe": {"epochs": 3}})


def test_eight_processes_open_an_empty_store_at_once(home: Path, processes: ForkServerContext) -> None:
    start = processes.Barrier(8)
    openers = [processes.Process(target=create, args=(home, start, number)) for number in range(8)]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join()
    assert [opener.exitcode for opener in openers] == [0] * 8
    assert sorted(run.name for run in store().runs()) == [f"run {number}" for number in range(8)]


def test_a_run_comes_back_as_it_was_stored() -> None:
    created = store().create(
        "train", "first", {"data": "digits", "data_version": 1, "recipe": {"epochs": 3, "preset": "p"}}
    )
    store().set_progress(created.id, {"done": 0.5, "phase": "training"})
    store().set_result(created.id, {"val_accuracy": 0.9})
    run = store().get(created.id)
    assert (run.name, run.kind, run.data, run.data_version, run.preset) == ("first", "train", "digits", 1, "p")
    assert run.progress == {"done": 0.5, "phase": "training"}
    assert run.val_accuracy == 0.9
    assert run.folder.is_dir()


def test_runs_are_listed_newest_first_and_by_kind() -> None:
    for name in ("one", "two", "three"):
        store().create("train", name, {})
    store().create("import", "flowers", {})
    assert [run.name for run in store().runs()] == ["three", "two", "one"]
    assert [run.name for run in store().runs("import")] == ["flowers"]


def test_of_a_step_logged_twice_the_later_value_counts() -> None:
    run = store().create("train", "resumed", {})
    store().log(run.id, [("val_loss", 1.0, 10), ("val_loss", 0.5, 20)])
    store().log(run.id, [("val_loss", 0.4, 20), ("val_loss", 0.3, 30)])
    assert store().history(run.id, "val_loss") == {"val_loss": [(10, 1.0), (20, 0.4), (30, 0.3)]}


def test_an_epoch_counts_only_once_its_checkpoint_is_told_of() -> None:
    run = store().create("train", "between", {})
    store().log(run.id, [("epoch", 2.0, 20), ("batch_loss", 0.5, 20)])
    assert store().get(run.id).epoch == 0
    store().log(run.id, [("epoch", 2.0, 20), ("epochs_done", 2.0, 20), ("val_loss", 0.4, 20)])
    assert store().get(run.id).epoch == 2


def test_a_run_is_found_by_id_and_by_unique_name() -> None:
    run = store().create("train", "mine", {})
    assert store().find("mine").id == store().find(run.id).id == run.id


def test_a_name_that_two_runs_have_is_refused_with_their_ids() -> None:
    runs = [store().create("train", "twin", {}) for _ in range(2)]
    with pytest.raises(VitrineError, match="2 runs are named “twin”") as error:
        store().find("twin")
    assert all(run.id in str(error.value) for run in runs)


def test_latest_is_the_newest_finished_run() -> None:
    old, new, waiting = (store().create("train", name, {}) for name in ("old", "new", "waiting"))
    for run in (old, new):
        store().set_state(run.id, "finished")
    assert store().find("latest").id == new.id
    assert waiting.state == "queued"


def test_an_unknown_run_is_refused_with_the_way_to_list_them() -> None:
    with pytest.raises(VitrineError, match="There is no run “nothing”. `python -m core runs` lists them."):
        store().find("nothing")


def test_a_failure_keeps_its_sentence() -> None:
    run = store().create("train", "unlucky", {})
    store().set_state(run.id, "failed", VitrineError("disk_full", path="/somewhere"))
    message = store().get(run.id).message
    assert message is not None and "“/somewhere” could not be written" in str(message)


def test_a_deleted_run_is_gone_until_it_is_restored() -> None:
    run = store().create("train", "regretted", {})
    store().delete(run.id)
    assert store().runs() == []
    assert store().restore(run.id).name == "regretted"
    assert [found.id for found in store().runs()] == [run.id]


def test_a_failure_keeps_its_sentence_however_much_it_names() -> None:
    run = store().create("train", "wordy", {})
    for name in ("class ", "🐈", "\x00", os.fsdecode(b"\xe9")):
        store().set_state(run.id, "failed", VitrineError("class_only_in_test", names=2000 * name, known=2000 * name))
        (listed,) = store().runs()
        assert f"have no training images: {name}" in str(listed.message) and str(listed.message).endswith("…."), name


def test_files_of_a_deleted_run_are_kept_for_a_day_from_its_deletion_and_then_removed() -> None:
    run = store().create("train", "old", {})
    launcher.log(run.id).write_text("…")
    make_older(run.folder.parent, days=2)
    store().delete(run.id)
    store().purge()
    assert run.folder.exists() and run.log.exists()
    make_older(run.folder.parent, days=2)  # its deletion, which is the last that was done to it
    store().purge()
    assert not run.folder.exists() and not run.log.exists()


def test_a_deleted_run_is_found_by_id_and_by_unique_name_while_its_files_are_there() -> None:
    run = store().create("train", "regretted", {})
    with pytest.raises(VitrineError, match="There is no deleted run “regretted”."):
        store().find_deleted("regretted")
    store().delete(run.id)
    assert store().find_deleted("regretted").id == store().find_deleted(run.id).id == run.id
    twin = store().create("train", "regretted", {})
    store().delete(twin.id)
    with pytest.raises(VitrineError, match="2 runs are named “regretted”"):
        store().find_deleted("regretted")
    make_older(twin.folder.parent, days=2)
    store().purge()
    assert store().find_deleted("regretted").id == run.id


def make_older(path: Path, days: int) -> None:
    then = time.time() - days * 24 * 3600
    os.utime(path, (then, then))


def test_samples_of_a_worker_that_was_killed_while_it_wrote_are_left_out() -> None:
    run = store().create("train", "a run", {"recipe": {"epochs": 3}})
    told = [json.dumps({"epoch": epoch, "rows": [7], "probabilities": [[1.0]]}) for epoch in (1, 2, 3)]
    run.folder.mkdir(parents=True, exist_ok=True)
    (run.folder / SAMPLES).write_text(f"{told[0]}\n{told[1][:20]}{told[1]}\n{told[2]}\n{told[0][:9]}")
    assert sorted(run.samples) == [1, 3]


def write(home: Path, run_id: str) -> None:
    os.environ["VITRINE_HOME"] = str(home)
    store().set_result(run_id, {"val_accuracy": 0.5})
    store().create("train", "theirs", {})


def test_a_list_shows_what_another_process_has_written_since(home: Path, processes: ForkServerContext) -> None:
    run = store().create("train", "mine", {})
    assert [one.name for one in store().runs()] == ["mine"]
    other = processes.Process(target=write, args=(home, run.id))
    other.start()
    other.join()
    assert other.exitcode == 0
    theirs, mine = store().runs()
    assert (theirs.name, mine.result) == ("theirs", {"val_accuracy": 0.5})
    store().set_state(run.id, "finished")
    assert store().runs()[1].state == "finished"


def test_a_list_of_an_unchanged_store_still_notices_that_a_process_is_gone(home: Path) -> None:
    run = store().create("train", "lost", {})
    with locks.exclusive(home / "jobs" / f"{run.id}.lock"):  # as a worker holds it
        assert store().runs()[0].state == "queued"
    assert store().runs()[0].state == "interrupted"
