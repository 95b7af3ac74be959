"""The models that can answer: one opened predictor per bundle, shared by page, command line and API."""

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.bundle.decoding import MAX_BYTES
from core.bundle.predictor import Predictor, predict_files
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


def predict_paths(run: Run, files: Sequence[Path]) -> list[dict[str, Any]]:
    """A verdict on each file by the run's bundle; ``error`` instead where it cannot be read."""
    model = predictor(run)
    contents = {str(path): _read(path) for path in files}
    readable = [(name, data) for name, data in contents.items() if isinstance(data, bytes)]
    answers = {answer["file"]: answer for answer in predict_files(model, readable)}
    return [answers.get(name) or {"file": name, "error": str(data)} for name, data in contents.items()]


def _read(path: Path) -> bytes | VitrineError:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            return VitrineError("image_too_large", found=size >> 20, allowed=MAX_BYTES >> 20)
        return path.read_bytes()
    except OSError as error:
        return VitrineError("file_unreadable", path=str(path), reason=error.strerror or type(error).__name__)
