"""Torch for the dashboard, in warm processes beside it: what a page shows of training is made by the training code itself.

A studio is one process (:mod:`core.studio_worker`), started when it is first needed, replaced when it died, asked one thing at a
time. It ends when it was idle for minutes, and with this process.
"""

import atexit
import functools
import os
import threading
from typing import Any, Literal

import numpy as np

from core.conversation import BROKEN, Conversation
from core.errors import VitrineError
from core.runs import launcher

STARTS_WITHIN = 60.0  # seconds; importing torch takes three, on a busy machine many more
PATIENCE = 20.0  # seconds for an answer
Answer = tuple[dict[str, Any], np.ndarray | None]


class Studio:
    """A process with torch, and the conversation with it. Threads may share it.

    Args:
        niceness: added to this process's own.
        idle: seconds after which the process ends if nobody asks.
    """

    def __init__(self, niceness: int, idle: float) -> None:
        self._arguments = (str(niceness), str(idle))
        self._lock = threading.Lock()
        self._process: Conversation | None = None
        self._starting: threading.Thread | None = None
        self._greeted = self._closed = False

    @property
    def ready(self) -> bool:
        """Whether an answer would come at once, were nobody else asking."""
        return self._greeted and self._process is not None and self._process.alive

    @property
    def starting(self) -> bool:
        """Whether it is being started in the background."""
        return self._starting is not None and self._starting.is_alive()

    def warm(self) -> None:
        """Start the process in the background, if there is none; returns at once."""
        if not self.ready and not self.starting:
            self._starting = threading.Thread(target=self._warm, name="studio", daemon=True)
            self._starting.start()

    def ask(self, task: str, images: np.ndarray | None = None, seconds: float = PATIENCE, **request: Any) -> Answer:
        """Have a task of the worker done.

        Args:
            images: uint8, of any shape.
            seconds: that the answer may take once the process is there.
            request: JSON values.

        Returns:
            Facts, and images if the task makes some.

        Raises:
            VitrineError: ``studio_slow``, ``studio_ended`` when it dies even when started anew, or what the task failed with.
        """
        line = {"task": task, "shape": None if images is None else images.shape, **request}
        blobs = [] if images is None else [np.ascontiguousarray(images, np.uint8).tobytes()]
        with self._lock:
            for _attempt in range(2):  # it may have died, or ended idle, at this very moment
                process = self._started()
                try:
                    with process.within(seconds):
                        process.say(line, blobs)
                        return _heard(process)
                except BROKEN:
                    self._drop()
                    if process.timed_out:
                        raise VitrineError("studio_slow", seconds=seconds) from None
        raise VitrineError("studio_ended")

    def close(self) -> None:
        """End the process for good; what waits for an answer is told so."""
        self._closed = True
        if process := self._process:
            process.interrupt()
        with self._lock:
            self._drop()

    def _warm(self) -> None:
        try:
            with self._lock:
                self._started()
        except VitrineError:  # whoever asks next tries again, and is told
            pass

    def _started(self) -> Conversation:
        if self._closed:
            raise VitrineError("studio_ended")
        if self._process is not None and not self._process.alive:
            self._drop()
        if self._process is None:
            env = {**os.environ, **launcher.worker_environment()}
            self._process = Conversation("core.studio_worker", *self._arguments, env=env)
            try:
                with self._process.within(STARTS_WITHIN):
                    self._process.hear()
            except BROKEN:
                self._drop()
                raise VitrineError("studio_ended") from None
            self._greeted = True
        return self._process

    def _drop(self) -> None:
        self._greeted = False
        if self._process is not None:
            self._process.kill()
        self._process = None


def _heard(process: Conversation) -> Answer:
    answer = process.hear()
    if "code" in answer:
        raise VitrineError(answer["code"], **answer["params"])
    shape = answer["shape"]
    if shape is None:
        return answer["facts"], None
    return answer["facts"], np.frombuffer(process.read(int(np.prod(shape))), np.uint8).reshape(shape)


@functools.cache
def studio(purpose: Literal["preview", "trial"]) -> Studio:
    """The studio of this process for a purpose: a preview must not wait for a trial of training.

    Training is tried as nicely as it is done, each time by another process.
    """
    made = Studio(niceness=2, idle=600) if purpose == "preview" else Studio(niceness=10, idle=60)
    atexit.register(made.close)
    return made
