"""Jobs: anything long or heavy, submitted here, done by a worker process, followed through the store.

:func:`submit` returns at once; the caller may go away. The worker gets a :class:`Job`: its specification, a folder, and
a way to report.
"""

import json
import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from core.errors import VitrineError
from core.runs import launcher, library
from core.runs.run import SAMPLES
from core.runs.store import Run, Store, exists, store

RESUMABLE = ("interrupted", "stopped", "failed")
TRAINS = ("train", "study", "forecast")  # kinds of jobs that wait for each other; the others need not wait for them
RECENT = 100  # jobs of a kind that are looked through for the newest
LAST_WORD = 15.0  # seconds that a process may need to end after it said how it ended
FLUSH_SECONDS = 0.5  # one transaction for all that was reported meanwhile: one a metric would cost 25 ms each


def submit(kind: str, name: str, spec: Mapping[str, Any]) -> Run:
    """Remember a job and start its process, which waits its turn.

    Args:
        kind: a function of :mod:`core.worker`.
        name: for people; need not be unique.
        spec: JSON values only; a training job has ``recipe``, ``data`` and ``data_version``.
    """
    launcher.slots()  # a wrong setting must be said here, not in the worker's log
    run = store().create(kind, name, spec)
    launcher.start(run.id, _queue(kind))
    return run


def stop(run_id: str) -> None:
    """Ask a job to stop. A training run keeps its best weights and still gets its bundle."""
    run = _own(run_id)
    if not run.active:
        raise VitrineError("run_not_active", run=run.name, state=run.state)
    launcher.stop(run_id)


def resume(run_id: str) -> Run:
    """Go on with a job where its last checkpoint stands.

    Raises:
        VitrineError: ``run_not_resumable`` when it is finished, or still at work; ``run_ending`` when its process does not end.
    """
    run = _own(run_id)
    if run.state not in RESUMABLE:
        raise VitrineError("run_not_resumable", run=run.name, state=run.state)

    def prepare() -> None:
        # All that came of the run is made again at its end; the old must not pass for the new.
        shutil.rmtree(run.bundle, ignore_errors=True)
        run.predictions.unlink(missing_ok=True)
        store().set_result(run_id, {})
        store().set_state(run_id, "queued")

    started = launcher.start(run_id, _queue(run.kind), prepare, LAST_WORD)
    resumed = store().get(run_id)
    if not started and not resumed.active:  # nor did somebody else start it
        raise VitrineError("run_ending", run=run.name)
    return resumed


def delete(run_id: str) -> None:
    """Hide a run that is not at work; :func:`restore` brings it back within a day."""
    run = _own(run_id)
    if run.active:
        raise VitrineError("run_active", run=run.name)
    launcher.withdraw(run_id)
    store().delete(run_id)


def restore(run_id: str) -> Run:
    """Undo :func:`delete`."""
    return store().restore(run_id)


def _queue(kind: str) -> str:
    return launcher.TRAINING if kind in TRAINS else launcher.DATA


def _own(run_id: str) -> Run:
    """A run that one may stop, resume or delete.

    Raises:
        VitrineError: ``run_bundled`` for one that comes with Vitrine, ``run_unknown``.
    """
    run = library.get_run(run_id)
    if run.bundled:
        raise VitrineError("run_bundled", run=run.name)
    return run


def newest(kind: str, matches: Callable[[Run], bool]) -> Run | None:
    """The newest job of a kind that is what is looked for, whatever became of it. It opens no store where there is none."""
    return next(filter(matches, store().runs(kind, RECENT) if exists() else []), None)


def wait(run_id: str, on_look: Callable[[Run], None] = lambda run: None, seconds: float = 0.3) -> Run:
    """Follow a job until it ends; `on_look` sees it about every `seconds`."""
    while True:
        run = store().get(run_id)
        on_look(run)
        if not run.active:
            return run
        time.sleep(seconds)


class Job:
    """A job at work, as its worker sees it. Use it as a context: what was reported is written at the latest on leaving."""

    def __init__(self, run: Run, runs: Store) -> None:
        self.run = run
        self._runs = runs
        self._points: list[tuple[str, float, int]] = []
        self._progress: dict[str, Any] | None = None
        self._begun = False
        self._failure: Exception | None = None
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._writer = threading.Thread(target=self._write_often, daemon=True)

    @property
    def spec(self) -> dict[str, Any]:
        return self.run.spec

    @property
    def folder(self) -> Path:
        return self.run.folder

    def stopped(self) -> bool:
        """Whether somebody asked this job to stop."""
        return launcher.stop_requested(self.run.id)

    def step(self, metrics: Mapping[str, float], step: int) -> None:
        """Add a point to each of the curves.

        The end of an epoch is written at once, as its checkpoint is on disk already, and so is the very first point: somebody
        waits for it.
        """
        if self._failure:
            raise self._failure
        with self._lock:
            self._points += [(key, value, step) for key, value in metrics.items()]
        if "val_loss" in metrics or not self._begun:
            self._begun = True
            self.flush()

    def progress(self, done: float, **figures: Any) -> None:
        """Say how far the job is.

        Args:
            done: 0 to 1.
            figures: of this moment, such as ``phase``, ``eta_seconds``, ``images_per_second``; JSON values.
        """
        with self._lock:
            self._progress = {"done": done, **figures}

    def samples(self, epoch: int, rows: Sequence[int], probabilities: Sequence[Sequence[float]]) -> None:
        """Keep what the network says of a few images, by their rows of the manifest, at the end of an epoch."""
        line = {
            "epoch": epoch,
            "rows": rows,
            "probabilities": [[round(p, 4) for p in image] for image in probabilities],
        }
        with open(self.folder / SAMPLES, "a") as file:
            file.write(json.dumps(line) + "\n")

    def result(self, **figures: Any) -> None:
        """The figures that stay with the finished run."""
        self._runs.set_result(self.run.id, figures)

    def flush(self) -> None:
        """Write what was reported since the last time."""
        with self._lock:
            points, self._points = self._points, []
            progress, self._progress = self._progress, None
        if points:
            self._runs.log(self.run.id, points)
        if progress:
            self._runs.set_progress(self.run.id, progress)

    def __enter__(self) -> "Job":
        self._writer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._writer.join()
        self.flush()

    def _write_often(self) -> None:
        try:
            while not self._ended.wait(FLUSH_SECONDS):
                self.flush()
        except Exception as error:  # the worker's own thread has to hear of it: the next step() raises it there
            self._failure = error


def counted(job: Job, phase: str = "working") -> Callable[[float, float], None]:
    """Progress from (done, total), with the time that is left at the speed so far."""
    started = time.perf_counter()

    def tell(done: float, total: float) -> None:
        passed = time.perf_counter() - started
        left = {"eta_seconds": passed * (total - done) / done} if done and passed > 1 else {}
        job.progress(done / total, phase=phase, **left)

    return tell
