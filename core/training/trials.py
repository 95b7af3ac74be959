"""Trials in the background, one at a time: whoever looks at a page does not wait for them. No torch in here."""

import functools
import threading
import time

from core.data.versions import Dataset
from core.errors import VitrineError
from core.training.recipe import Recipe
from core.training.speeds import cost_key, try_out

FORGOTTEN = 300.0  # seconds after which a trial that failed may be made again: memory may be free by then


class Trials:
    """What is being tried, and what could not be. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at_work: threading.Thread | None = None
        self._failed: dict[str, tuple[float, VitrineError]] = {}

    def begin(self, recipe: Recipe, dataset: Dataset) -> None:
        """Start a trial, unless one is at work; :func:`core.training.speeds.expect` knows what came of it."""
        with self._lock:
            if self._at_work is None or not self._at_work.is_alive():
                self._at_work = threading.Thread(target=self._try, args=(recipe, dataset), name="trial", daemon=True)
                self._at_work.start()

    def failure(self, recipe: Recipe, dataset: Dataset) -> VitrineError | None:
        """Why the recipe could not be tried a moment ago."""
        when, error = self._failed.get(cost_key(recipe, dataset), (0.0, None))
        return error if time.monotonic() - when < FORGOTTEN else None

    def _try(self, recipe: Recipe, dataset: Dataset) -> None:
        try:
            try_out(recipe, dataset)
        except Exception as error:  # nobody waits for this thread, but whoever looks is told
            failure = error if isinstance(error, VitrineError) else VitrineError("studio_failed", error=str(error))
            self._failed[cost_key(recipe, dataset)] = (time.monotonic(), failure)


@functools.cache
def trials() -> Trials:
    """Those of this process."""
    return Trials()
