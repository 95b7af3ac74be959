"""All training runs that one can look at: the user's own, and those that come with Vitrine.

Looking makes nothing: as long as nobody trained here, there is no store, and MLflow is not imported.
"""

from core.errors import VitrineError
from core.runs.bundled import bundled_history, bundled_runs
from core.runs.store import Run, exists, store


def all_runs() -> list[Run]:
    """The user's own runs, newest first, then those that come with Vitrine."""
    return [*(store().runs() if exists() else []), *bundled_runs()]


def get_run(run_id: str) -> Run:
    """The run with this id.

    Raises:
        VitrineError: ``run_unknown``.
    """
    bundled = next((run for run in bundled_runs() if run.id == run_id), None)
    if bundled is None and not exists():
        raise VitrineError("run_unknown", run=run_id)
    return bundled or store().get(run_id)


def find_run(reference: str) -> Run:
    """A run by its id, its unique name, or ``latest``: the newest that the user's own training finished.

    Raises:
        VitrineError: ``run_unknown``, ``run_ambiguous`` or ``run_none_finished``.
    """
    bundled = [run for run in bundled_runs() if reference in (run.id, run.name)]
    if not bundled and not exists():
        raise VitrineError("run_none_finished") if reference == "latest" else VitrineError("run_unknown", run=reference)
    if not bundled:
        return store().find(reference)
    if twins := [run for run in all_runs() if run.name == reference and not run.bundled]:
        ids = ", ".join(run.id for run in [*twins, *bundled])
        raise VitrineError("run_ambiguous", run=reference, count=len(twins) + 1, ids=ids)
    return bundled[0]


def history(run: Run, *keys: str) -> dict[str, list[tuple[int, float]]]:
    """Each of the run's curves as (step, value) in order of steps."""
    if run.bundled:
        curves = bundled_history(run)
        return {key: curves.get(key, []) for key in keys}
    return store().history(run.id, *keys)
