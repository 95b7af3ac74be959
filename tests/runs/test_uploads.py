"""What a browser sent stays only as long as a job needs it."""

import io
from pathlib import Path

import pytest

from core import paths, tasks
from core.runs import jobs, launcher, uploads
from core.runs.store import Run, store
from tests.data.making import pack, two_classes
from tests.processes import no_free_slot, until, worker
from tests.runs.test_store import make_older


@pytest.fixture(autouse=True)
def _home(home: Path) -> None:
    pass


def upload(name: str) -> tuple[Run, Path]:
    """An import of an uploaded file, and the folder of that."""
    run = tasks.import_uploads(name, [("pets.zip", io.BytesIO(b"not a ZIP"))])
    return run, Path(run.spec["files"][0]).parent


def test_an_import_that_is_stopped_while_it_waits_leaves_no_upload() -> None:
    with no_free_slot():
        run, folder = upload("pets")
        assert folder.is_dir()
        jobs.stop(run.id)
        until(run.id, lambda run: not run.active)
    assert store().get(run.id).state == "stopped"
    assert not folder.exists()


def test_an_upload_that_no_job_needs_is_swept_after_a_day() -> None:
    with no_free_slot():
        (waiting, needed), (old, forgotten), (new, fresh) = (upload(name) for name in ("waiting", "old", "new"))
        for run in (old, new):
            worker(run.id).kill()
        until(new.id, lambda run: run.state == "interrupted")
        make_older(needed, days=2)
        make_older(forgotten, days=2)
        uploads.sweep()
        assert [folder.exists() for folder in (needed, forgotten, fresh)] == [True, False, True]
        jobs.stop(waiting.id)
        until(waiting.id, lambda run: not run.active)


def test_a_job_that_is_done_sweeps_uploads(tmp_path: Path) -> None:
    lost = paths.folder("uploads") / "lost"
    lost.mkdir()
    make_older(lost, days=2)
    run = tasks.import_data("pets", pack(tmp_path / "pets.zip", two_classes()))
    until(run.id, lambda run: run.state == "finished" and not launcher.alive(run.id))
    assert not lost.exists()
