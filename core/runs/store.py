"""The memory of every run: an MLflow store, opened and spoken to here and nowhere else.

A job is an MLflow run. Its recipe lies in the params, its curves in the metrics, its state, progress and result in tags,
its bundle and predictions in a folder of artifacts. MLflow is imported by the first function that needs it: the first
page must not wait for it.
"""

import functools
import json
import os
import shutil
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import paths
from core.errors import VitrineError
from core.runs import launcher, locks
from core.runs.run import ACTIVE, Run, State, place

if TYPE_CHECKING:
    import mlflow
    import mlflow.entities

TRAINED = ("finished", "stopped")  # the states in which a run may have a bundle
DAY = 24 * 3600.0  # seconds that files stay which nobody needs any more

_EXPERIMENT = "vitrine"
_MLFLOW_STATUS = {
    "queued": "SCHEDULED",
    "running": "RUNNING",
    "finished": "FINISHED",
    "stopped": "KILLED",
    "failed": "FAILED",
}
_BIRTH = 5.0  # seconds that may pass between remembering a job and starting its process


def exists() -> bool:
    """Whether anything was ever stored here; cheap, and without MLflow."""
    return "VITRINE_TRACKING_URI" in os.environ or (paths.home() / "vitrine.db").exists()


def store() -> "Store":
    """The store of the current ``VITRINE_HOME``, opened once per process.

    Raises:
        VitrineError: ``store_unreadable`` when it is damaged, or another program's.
    """
    return _open(paths.home(), os.environ.get("VITRINE_TRACKING_URI"))


@functools.cache
def _open(home: Path, uri: str | None) -> "Store":
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # it looks a host up otherwise
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
    from mlflow.tracking import MlflowClient

    # Two processes that open an empty MLflow store at once break it, sometimes for good: one at a time.
    with locks.exclusive(home / "store.lock"):
        try:
            client = MlflowClient(tracking_uri=uri or f"sqlite:///{home / 'vitrine.db'}")
            experiment = client.get_experiment_by_name(_EXPERIMENT)
            if experiment is None:
                experiment_id = client.create_experiment(_EXPERIMENT, artifact_location=(home / "artifacts").as_uri())
            else:
                experiment_id = experiment.experiment_id
        except Exception as error:  # MLflow's, SQLAlchemy's, SQLite's or Alembic's, whichever looks first
            reason = str(error).split("\n")[0]
            raise VitrineError("store_unreadable", path=uri or str(home / "vitrine.db"), reason=reason) from error
    return Store(client, experiment_id, None if uri else home / "vitrine.db")


class Store:
    """Runs by id. Every read gives the values of that moment: lists are kept only until the database says that it has changed.

    Args:
        database: the SQLite file that the client writes to; None where it is another server's affair.
    """

    def __init__(self, client: "mlflow.MlflowClient", experiment_id: str, database: Path | None) -> None:
        self._client = client
        self._experiment = experiment_id
        self._lists: dict[tuple[str, int], tuple[int | None, list[Run]]] = {}
        self._watch = sqlite3.connect(database, check_same_thread=False) if database else None

    def create(self, kind: str, name: str, spec: Mapping[str, Any]) -> Run:
        """Remember a new job, as queued. The caller starts it."""
        from mlflow.entities import Param

        created = self._client.create_run(self._experiment, run_name=name)
        run_id = created.info.run_id
        params = [Param(key, str(value)) for key, value in spec.get("recipe", {}).items()]
        self._client.log_batch(run_id, params=params)
        self._tag(run_id, kind=kind, spec=json.dumps(spec))
        self.set_state(run_id, "queued")
        run = self.get(run_id)
        run.folder.mkdir(parents=True, exist_ok=True)
        return run

    def get(self, run_id: str) -> Run:
        """The run with this id.

        Raises:
            VitrineError: ``run_unknown``.
        """
        from mlflow.exceptions import MlflowException

        try:
            found = self._client.get_run(run_id)
        except MlflowException as error:
            raise VitrineError("run_unknown", run=run_id) from error
        if found.info.lifecycle_stage != "active" or found.info.experiment_id != self._experiment:
            raise VitrineError("run_unknown", run=run_id)
        return self._settled(_run(found))

    def find(self, reference: str) -> Run:
        """A training run of the user's own by its id, its unique name, or ``latest``: the newest finished one.

        Raises:
            VitrineError: ``run_unknown``, ``run_ambiguous`` or ``run_none_finished``.
        """
        if reference == "latest":
            run = next((run for run in self.runs() if run.state == "finished"), None)
            if run is None:
                raise VitrineError("run_none_finished")
            return run
        return _only([run for run in self.runs() if run.name == reference], reference) or self.get(reference)

    def find_deleted(self, reference: str) -> Run:
        """A deleted run by its id or its unique name, as long as it can be restored.

        Raises:
            VitrineError: ``run_not_deleted`` or ``run_ambiguous``.
        """
        run = _only([run for run in self._deleted() if reference in (run.id, run.name)], reference)
        if run is None:
            raise VitrineError("run_not_deleted", run=reference)
        return run

    def runs(self, kind: str = "train", limit: int = 1000) -> list[Run]:
        """The newest runs of a kind, newest first."""
        version = self._version()  # before the look: what is written meanwhile makes another one
        known, found = self._lists.get((kind, limit), (None, []))
        if version is None or version != known:
            rows = self._client.search_runs(
                [self._experiment],
                filter_string=f"tags.`vitrine.kind` = '{kind}'",
                order_by=["attributes.start_time DESC"],
                max_results=limit,
            )
            found = [_run(run) for run in rows]
            self._lists[kind, limit] = version, found
        return [self._settled(run) for run in found]

    def history(self, run_id: str, *keys: str) -> dict[str, list[tuple[int, float]]]:
        """Each curve as (step, value) in order of steps.

        A resumed run may log a step a second time; the later value counts.
        """
        curves = {}
        for key in keys:
            points = sorted(self._client.get_metric_history(run_id, key), key=lambda point: point.timestamp)
            curves[key] = sorted({point.step: point.value for point in points}.items())
        return curves

    def log(self, run_id: str, metrics: Iterable[tuple[str, float, int]]) -> None:
        """Append (key, value, step) points to the run's curves, in one transaction."""
        from mlflow.entities import Metric

        now = time.time_ns() // 1_000_000
        self._client.log_batch(run_id, metrics=[Metric(key, value, now, step) for key, value, step in metrics])

    def set_state(self, run_id: str, state: State, message: VitrineError | None = None) -> None:
        """Change the state; `message` says why it failed."""
        # The message first: whoever sees that a run has failed must see why.
        self._tag(run_id, message=message.to_json() if message else "", state=state)
        self._client.update_run(run_id, status=_MLFLOW_STATUS[state])

    def set_progress(self, run_id: str, progress: Mapping[str, Any]) -> None:
        self._tag(run_id, progress=json.dumps(progress))

    def set_result(self, run_id: str, result: Mapping[str, Any]) -> None:
        self._tag(run_id, result=json.dumps(result))

    def delete(self, run_id: str) -> None:
        """Hide the run. Its files stay for a day from now, so that :meth:`restore` can bring it back."""
        with suppress(FileNotFoundError):
            os.utime(place(run_id))
        self._client.delete_run(run_id)

    def restore(self, run_id: str) -> Run:
        """Undo :meth:`delete`."""
        self._client.restore_run(run_id)
        return self.get(run_id)

    def purge(self) -> None:
        """Remove the files of runs that were deleted more than a day ago."""
        for run in self._deleted():
            if time.time() - place(run.id).stat().st_mtime > DAY:
                shutil.rmtree(place(run.id), ignore_errors=True)
                launcher.forget(run.id)

    def _deleted(self) -> list[Run]:
        """The deleted runs whose files are still there."""
        from mlflow.entities import ViewType

        found = self._client.search_runs([self._experiment], run_view_type=ViewType.DELETED_ONLY, max_results=1000)
        return [self._settled(_run(run)) for run in found if place(run.info.run_id).exists()]

    def _version(self) -> int | None:
        """A number that changes whenever anybody has written to the database; None where nobody can tell."""
        try:
            return int(self._watch.execute("PRAGMA data_version").fetchone()[0]) if self._watch else None
        except sqlite3.Error:  # locked, or gone: whoever reads it then says so
            return None

    def _settled(self, run: Run) -> Run:
        """The run, interrupted if it should be at work and no process of it lives."""
        if run.state not in ACTIVE:
            return run
        born = launcher.started(run.id) or time.time() - run.created.timestamp() > _BIRTH
        if not born or launcher.alive(run.id):
            return run
        # It may have ended between the two looks: only what the store says now and no living process denies counts.
        now: Any = self._client.get_run(run.id).data.tags.get("vitrine.state", "queued")
        return replace(run, state="interrupted" if now in ACTIVE else now)

    def _tag(self, run_id: str, **tags: str) -> None:
        for key, value in tags.items():
            self._client.set_tag(run_id, f"vitrine.{key}", value)


def _run(found: "mlflow.entities.Run") -> Run:
    """A run as the database has it."""
    tags: dict[str, Any] = {key.removeprefix("vitrine."): value for key, value in found.data.tags.items()}
    return Run(
        id=found.info.run_id,
        name=found.info.run_name,
        kind=tags.get("kind", "train"),
        state=tags.get("state", "queued"),
        spec=json.loads(tags.get("spec", "{}")),
        metrics=dict(found.data.metrics),
        progress=json.loads(tags.get("progress", "{}")),
        result=json.loads(tags.get("result", "{}")),
        created=datetime.fromtimestamp(found.info.start_time / 1000, UTC),
        message=VitrineError.from_json(tags["message"]) if tags.get("message") else None,
    )


def _only(runs: Sequence[Run], reference: str) -> Run | None:
    if len(runs) > 1:
        raise VitrineError("run_ambiguous", run=reference, count=len(runs), ids=", ".join(run.id for run in runs))
    return runs[0] if runs else None
