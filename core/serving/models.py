"""The models that can answer: one opened predictor per bundle, shared by page, command line and API."""

import functools
from pathlib import Path

from core.bundle.predictor import Predictor
from core.errors import VitrineError
from core.runs.store import TRAINED, Run, exists, store


def servable() -> list[Run]:
    """Runs with a sealed bundle, newest first."""
    return [run for run in store().runs() if run.state in TRAINED and run.has_bundle] if exists() else []


def predictor(run: Run) -> Predictor:
    """The run's bundle, checked and ready.

    Raises:
        VitrineError: ``bundle_missing`` while the run has none; the predictor's own when its files were altered.
    """
    if run.active or not run.has_bundle:
        raise VitrineError("bundle_missing", run=run.name, state=run.state)
    model = run.bundle / "model.onnx"
    return _open(run.bundle, model.stat().st_mtime_ns)


@functools.lru_cache(maxsize=4)
def _open(bundle: Path, sealed_at: int) -> Predictor:
    return Predictor.open(bundle)
