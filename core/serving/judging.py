"""The work on the images of one call: timed, and given up once nobody waits for it any more."""

import time
from collections.abc import Callable, Sequence
from math import inf
from typing import Any

from starlette.datastructures import UploadFile

from core.bundle.predictor import Predictor
from core.serving.models import predict_all
from core.serving.sources import read_image


class Judging:
    """To be called once, in a thread.

    Attributes:
        asked, begun, done: moments of ``time.perf_counter``; the last two are infinite until they have come.
    """

    def __init__(self, model: Predictor, files: Sequence[UploadFile], seconds: float) -> None:
        self._model = model
        self._files = files
        self.asked = time.perf_counter()
        self.begun = self.done = inf
        self._deadline = self.asked + seconds

    def __call__(self) -> list[dict[str, Any]]:
        """A verdict on each file, as the command line has it.

        Raises:
            TimeoutError: noticed between two files.
        """
        self.begun = time.perf_counter()
        names = [file.filename or f"file {number}" for number, file in enumerate(self._files, 1)]
        answers = predict_all(
            self._model, [(name, self._reader(file)) for name, file in zip(names, self._files, strict=True)]
        )
        self.done = time.perf_counter()
        return answers

    def _reader(self, file: UploadFile) -> Callable[[], bytes]:
        def read() -> bytes:
            if time.perf_counter() > self._deadline:
                raise TimeoutError
            return read_image(file.file, file.size or 0)

        return read
