"""The models that can answer: one opened predictor per bundle, shared by page, command line and API."""

import functools
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.bundle.format import CONVERTED, MODEL, SEALED
from core.bundle.predictor import Predictor, predict_files
from core.errors import VitrineError
from core.evaluation.studies import variants_folder
from core.evaluation.variants import ORIGINAL
from core.runs.library import all_runs
from core.runs.store import TRAINED, Run
from core.serving.choice import chosen_form
from core.serving.sources import Source, sources

TOGETHER = 16  # files that are in memory at once

_log = logging.getLogger(__name__)


def servable() -> Iterator[tuple[Run, tuple[str, ...]]]:
    """Runs with a sealed bundle, and its classes, the user's newest first. A bundle that cannot be opened is left out and logged."""
    for run in all_runs():
        if run.state in TRAINED and run.has_bundle:
            try:
                yield run, _classes(run.bundle, (run.bundle / MODEL).stat().st_mtime_ns)
            except Exception as error:  # whatever is wrong with one model, the others can answer
                _log.warning("“%s” cannot answer: %s", run.name, error)


@dataclass(frozen=True)
class Served:
    """What answers for a run.

    Attributes:
        form: ``original``, or one of :data:`core.bundle.format.VARIANTS`.
        folder: its bundle.
        trouble: why it is not the form that was chosen.
    """

    form: str
    folder: Path
    predictor: Predictor
    trouble: VitrineError | None = None


def served(run: Run) -> Served:
    """The form of the run's model that was chosen, checked and ready; the original where that one is missing or was altered.

    Raises:
        VitrineError: ``bundle_missing`` while the run has none; the predictor's own when the original's files were altered.
    """
    if run.active or not run.has_bundle:
        raise VitrineError("bundle_missing", run=run.name, state=run.state)
    form, trouble = chosen_form(run), None
    if form != ORIGINAL:
        folder = variants_folder(run) / form
        try:
            return Served(form, folder, _opened(folder, CONVERTED))
        except Exception as error:  # whatever is wrong with it, the original can answer
            trouble = VitrineError("variant_lost", run=run.name, name=form)
            _log.warning("%s (%s)", trouble, error)
    return Served(ORIGINAL, run.bundle, original(run), trouble)


def predictor(run: Run) -> Predictor:
    """What answers for the run: see :func:`served`, which also says what is raised."""
    return served(run).predictor


def original(run: Run) -> Predictor:
    """What was sealed, whichever form answers.

    Raises:
        VitrineError: as :meth:`core.bundle.predictor.Predictor.open`.
    """
    return _opened(run.bundle, SEALED)


def _opened(bundle: Path, files: tuple[str, ...]) -> Predictor:
    model = bundle / MODEL
    return _open(bundle, files, model.stat().st_mtime_ns if model.exists() else 0)  # opening names what is missing


@functools.lru_cache(maxsize=4)
def _open(bundle: Path, files: tuple[str, ...], sealed_at: int) -> Predictor:
    return Predictor.open(bundle, files)


@functools.lru_cache(maxsize=4096)
def _classes(bundle: Path, sealed_at: int) -> tuple[str, ...]:
    """Remembered for more bundles than are held open: whoever asks what there is must not wait for all of them each time."""
    return _open(bundle, SEALED, sealed_at).classes


def predict_paths(run: Run, files: Sequence[Path]) -> list[dict[str, Any]]:
    """A verdict by the run's bundle on each file, and each image in a folder or a ZIP; ``error`` instead where it cannot be read."""
    with ExitStack() as opened:
        return predict_all(predictor(run), sources(files, opened))


def predict_all(model: Predictor, sources: Sequence[Source]) -> list[dict[str, Any]]:
    """A verdict on each source, in order, or the ``error`` that it raised. They are read a few at a time."""
    answers: list[dict[str, Any]] = []
    for start in range(0, len(sources), TOGETHER):
        contents = [(name, _content(read)) for name, read in sources[start : start + TOGETHER]]
        verdicts = iter(predict_files(model, [(name, data) for name, data in contents if isinstance(data, bytes)]))
        answers += [
            next(verdicts) if isinstance(data, bytes) else {"file": name, "error": str(data)} for name, data in contents
        ]
    return answers


def _content(read: Callable[[], bytes]) -> bytes | VitrineError:
    try:
        return read()
    except VitrineError as error:
        return error
