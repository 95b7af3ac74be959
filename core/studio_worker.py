"""The warm process with torch: ``python -m core.studio_worker NICENESS IDLE_SECONDS``, started by :mod:`core.studio` alone.

It speaks on stdin and stdout. Its first line says that it is ready. A request is a JSON line ``{"task": ..., "shape": [...], ...}``
followed by uint8 images of that shape, an answer ``{"facts": {...}, "shape": [...]}`` followed by images, or a message of
:mod:`core.messages`. It ends after a trial, when it was idle for so many seconds, or
when its input does: with its parent.
"""

import json
import os
import select
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from core.errors import VitrineError, lacks_memory
from core.studio import Answer
from core.training import probe
from core.training.preview import views
from core.training.recipe import Recipe

Request = dict[str, Any]


def preview(request: Request, images: np.ndarray | None) -> Answer:
    """Views of some images, as training would see them."""
    assert images is not None
    torch.set_num_threads(1)  # so little work is done before another thread would have woken up
    made, blends = views(images, Recipe(**request["recipe"]), request["epochs"], request["draw"])
    return {"blends": blends}, made


def trial(request: Request, images: np.ndarray | None) -> Answer:
    """How fast a recipe trains here, and what memory it takes."""
    recipe = Recipe(**request["recipe"])
    return probe.trial(recipe, request["classes"], request["train_images"], request["device"]), None


TASKS: dict[str, Callable[[Request, np.ndarray | None], Answer]] = {"preview": preview, "trial": trial}
LAST = ("trial",)  # what a process does once: it has grown by then, and could not tell the memory of another trial


def main(niceness: int, idle: float) -> None:
    os.nice(niceness)
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    _say(sink, {"ready": True})
    while select.select([source], [], [], idle)[0] and (line := source.readline()):
        request = json.loads(line)
        shape = request.pop("shape")
        images = None if shape is None else np.frombuffer(source.read(int(np.prod(shape))), np.uint8).reshape(shape)
        task = request.pop("task")
        try:
            facts, made = TASKS[task](request, images)
        except Exception as error:
            _say(sink, json.loads(_explain(error).to_json()))
        else:
            _say(sink, {"facts": facts, "shape": None if made is None else made.shape}, made)
        if task in LAST:
            return


def _say(sink: Any, line: dict[str, Any], images: np.ndarray | None = None) -> None:
    sink.write(json.dumps(line).encode() + b"\n")
    if images is not None:
        sink.write(np.ascontiguousarray(images).data)
    sink.flush()


def _explain(error: Exception) -> VitrineError:
    if isinstance(error, VitrineError):
        return error
    if lacks_memory(error):
        return VitrineError("trial_memory")
    return VitrineError("studio_failed", error=f"{type(error).__name__}: {str(error)[:120]}")


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
