"""A job outlives whoever started it, waits its turn, and loses nothing when its process is killed."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import torch

from core import paths, tasks
from core.data.importing import import_zip
from core.errors import VitrineError
from core.runs import jobs, launcher, locks
from core.runs.store import Run, store
from core.training.presets import make_recipe
from tests.commands import Command
from tests.data.making import pack, two_classes
from tests.processes import kill_workers, no_free_slot, until, worker


@pytest.fixture(autouse=True)
def _home(home: Path) -> None:
    pass


def train(epochs: int = 2, **changes: object) -> Run:
    return tasks.train("digits", make_recipe("article-cnn", epochs=epochs, **changes))


def train_spec() -> dict[str, object]:
    return {"data": "digits", "data_version": 1, "recipe": make_recipe("article-cnn").model_dump(mode="json")}


def ended(run: Run) -> bool:
    return not run.active


def short(name: str, folder: Path) -> Run:
    """A job that is done in a moment: an import of a few images."""
    return tasks.import_data(name, pack(folder / f"{name}.zip", two_classes()))


def kill(run_id: str) -> None:
    process = worker(run_id)
    process.send_signal(signal.SIGKILL)
    process.wait(10)


@dataclass(frozen=True)
class Orphan:
    """A run of six epochs whose submitter was gone, whose worker was killed in the middle, and which was resumed."""

    home: Path
    before: Run
    interrupted: Run
    saved: int  # epochs in the checkpoint when its worker was dead
    finished: Run


@pytest.fixture(scope="module")
def orphan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orphan]:
    home = tmp_path_factory.mktemp("orphan") / "home"
    command = [sys.executable, "-m", "core", "train", "--data", "digits", "--preset", "article-cnn", "--name", "orphan"]
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("VITRINE_HOME", str(home))
        store()
        try:
            subprocess.run([*command, "--set", "epochs=6", "--detach"], check=True, capture_output=True)
            run = store().find("orphan")
            before = until(run.id, lambda run: run.epoch >= 2)
            kill(run.id)
            interrupted = store().get(run.id)
            saved = torch.load(run.folder / "checkpoint.pt", weights_only=True)["position"]["epoch"]
            jobs.resume(run.id)
            yield Orphan(home, before, interrupted, saved, until(run.id, ended))
        finally:
            kill_workers(home)


def test_a_run_outlives_who_submitted_it_seals_its_bundle_and_keeps_its_test_predictions(
    orphan: Orphan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VITRINE_HOME", str(orphan.home))
    run = orphan.finished
    assert orphan.before.state == "running" and run.state == "finished", run.log.read_text()
    assert run.has_bundle and run.predictions.exists()
    curves = store().history(run.id, "train_loss", "val_accuracy")
    assert [len(points) for points in curves.values()] == [6, 6]
    assert run.result["images_per_second"] > 0 and 0 < run.result["val_accuracy"] <= 1


def test_a_run_whose_worker_is_killed_is_interrupted_and_resumes_without_a_gap_or_a_repeat(
    orphan: Orphan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VITRINE_HOME", str(orphan.home))
    assert orphan.interrupted.state == "interrupted"
    assert orphan.before.epoch <= orphan.interrupted.epoch <= orphan.saved  # what was told of is on the disk
    run = orphan.finished
    assert run.state == "finished", run.log.read_text()
    told = [epoch for _step, epoch in store().history(run.id, "epoch")["epoch"]]
    assert told == sorted(told) and told[-1] == 6
    steps = [step for step, _loss in store().history(run.id, "val_loss")["val_loss"]]
    assert [step * 6 // steps[-1] for step in steps] == [1, 2, 3, 4, 5, 6]


def test_a_stopped_run_keeps_its_best_weights_and_gets_a_bundle() -> None:
    run = train(epochs=200)
    until(run.id, lambda run: run.epoch >= 1)
    jobs.stop(run.id)
    stopped = until(run.id, ended)
    assert stopped.state == "stopped", stopped.log.read_text()
    assert stopped.has_bundle
    assert stopped.progress["done"] == pytest.approx(stopped.result["epochs"] / 200)  # no bar jumps to its end
    best = max(value for _, value in store().history(run.id, "val_accuracy")["val_accuracy"])
    assert stopped.result["val_accuracy"] == pytest.approx(best)


def test_nothing_of_a_resumed_run_is_taken_for_what_will_come_of_it() -> None:
    run = store().create("train", "again", train_spec())
    run.bundle.mkdir()
    run.predictions.touch()
    store().set_result(run.id, {"val_accuracy": 0.9, "epochs": 1})
    store().set_state(run.id, "stopped")
    with no_free_slot():
        resumed = jobs.resume(run.id)
        assert resumed.state == "queued"
        assert not resumed.has_bundle and not resumed.predictions.exists()
        assert resumed.result == {} and resumed.val_accuracy is None
        kill(run.id)


def test_jobs_take_the_slot_in_order_of_submission(tmp_path: Path) -> None:
    with no_free_slot():
        first, second = short("first", tmp_path), short("second", tmp_path)
        assert launcher.waiting(launcher.DATA) == [first.id, second.id]
        assert {store().get(run.id).state for run in (first, second)} == {"queued"}
    until(second.id, lambda run: run.state == "running")
    assert not store().get(first.id).active
    assert until(second.id, ended).state == "finished"


def test_a_waiting_job_can_be_stopped(tmp_path: Path) -> None:
    with no_free_slot():
        waiting = short("pets", tmp_path)
        jobs.stop(waiting.id)
        assert until(waiting.id, ended).state == "stopped"


def test_a_run_is_named_after_its_preset_or_the_family_that_took_its_place() -> None:
    with no_free_slot():
        waiting = [train(), train(), train(family="mlp")]
        for run in waiting:
            jobs.stop(run.id)
        assert all(until(run.id, ended).state == "stopped" for run in waiting)
    assert [run.name for run in waiting] == ["article-cnn-digits-1", "article-cnn-digits-2", "mlp-digits-1"]


def test_jobs_that_waited_when_the_machine_went_down_are_adopted_by_whatever_starts_next(
    vitrine: Command, tmp_path: Path
) -> None:
    working = train(epochs=200)
    until(working.id, lambda run: run.state == "running")
    with no_free_slot("data"):
        waiting = short("pets", tmp_path)
        kill(waiting.id)
    kill(working.id)
    assert vitrine("runs").status == 0
    assert until(waiting.id, ended).state == "finished"
    assert store().get(working.id).state == "interrupted"


def test_an_import_does_not_wait_for_a_training(tmp_path: Path) -> None:
    with no_free_slot("0"):
        waiting = train()
        assert until(short("pets", tmp_path).id, ended).state == "finished"
        assert launcher.waiting() == [waiting.id]
        kill(waiting.id)


def test_out_of_memory_becomes_a_plain_sentence() -> None:
    run = train(epochs=200)
    until(run.id, lambda run: run.epoch >= 1)
    process = worker(run.id)
    process.rlimit(psutil.RLIMIT_AS, (process.memory_info().vms + 2**20,) * 2)
    jobs.stop(run.id)  # sealing the bundle needs memory that is not to be had any more
    failed = until(run.id, ended)
    assert failed.state == "failed"
    assert failed.message is not None and "ran out of memory" in str(failed.message), failed.log.read_text()


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("mount") is None, reason="a small file system needs root")
def test_a_full_disk_becomes_a_plain_sentence_and_the_run_can_be_resumed() -> None:
    with ExitStack() as full:
        with no_free_slot():
            run = train(epochs=200)
            if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(run.folder)]).returncode != 0:
                kill(run.id)
                pytest.skip("this sandbox may not mount a file system")
            full.callback(subprocess.run, ["umount", str(run.folder)], check=True)
        failed = until(run.id, ended)
    assert failed.state == "failed"
    assert failed.message is not None and "The disk is full" in str(failed.message), failed.log.read_text()
    jobs.resume(run.id)
    until(run.id, lambda run: run.epoch >= 1 and run.state == "running")


def test_damaged_data_becomes_a_plain_sentence(home: Path, tmp_path: Path) -> None:
    archive = pack(tmp_path / "pets.zip", two_classes())
    import_zip("pets", archive, None, lambda done, total: None, lambda: False)
    (stored,) = (home / "datasets" / "originals").iterdir()
    stored.write_bytes(bytes(stored.stat().st_size))
    shutil.rmtree(home / "datasets" / "pets" / "1" / "cache")  # whole pixels would do without the files
    failed = until(tasks.train("pets", make_recipe("article-cnn", epochs=1)).id, ended)
    assert failed.state == "failed"
    assert str(failed.message) == "The stored images of “pets”, version 1, are damaged. Import the dataset again."


def test_a_run_at_work_cannot_be_deleted_and_a_deleted_one_comes_back() -> None:
    with no_free_slot():
        run = train()
        with pytest.raises(VitrineError, match="is still at work. Stop it first"):
            jobs.delete(run.id)
        kill(run.id)
    jobs.delete(run.id)
    assert store().runs() == []
    jobs.restore(run.id)
    assert [found.id for found in store().runs()] == [run.id]


def test_a_finished_run_has_nothing_to_stop_or_resume() -> None:
    run = store().create("train", "done", train_spec())
    store().set_state(run.id, "finished")
    with pytest.raises(VitrineError, match="is finished: there is nothing to stop"):
        jobs.stop(run.id)
    with pytest.raises(VitrineError, match="is finished: only an interrupted, stopped or failed run"):
        jobs.resume(run.id)


def test_a_run_whose_process_does_not_end_is_not_resumed_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    run = store().create("train", "slow", train_spec())
    store().set_state(run.id, "failed")
    monkeypatch.setattr(jobs, "LAST_WORD", 0.0)
    still = locks.exclusive(paths.folder("jobs") / f"{run.id}.lock")
    with still, pytest.raises(VitrineError, match="The process of “slow” has not ended yet"):
        jobs.resume(run.id)
    assert store().get(run.id).state == "failed"


def test_a_wrong_number_of_slots_is_refused_where_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_SLOTS", "two")
    with pytest.raises(VitrineError, match="VITRINE_SLOTS is “two”. It must be a whole number of at least 1."):
        train()
    assert store().runs() == []
