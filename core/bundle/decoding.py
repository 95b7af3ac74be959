"""Decoding of untrusted images in a few small processes that are limited, killed and replaced.

Nothing in this process ever parses the bytes of an upload: a decoder does, and gives back plain pixels.
"""

import atexit
import functools
import json
import queue
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

MAX_BYTES = 32 << 20  # of one file
MAX_PIXELS = 100_000_000  # of one image, told by its header: a panorama passes, a bomb does not
MEMORY_MIB = 1536  # of one decoder: enough for MAX_PIXELS in RGB, with a copy
TIMEOUT = 10.0  # seconds for one image
BATCH = 64  # images a request
MAX_ANSWER = 1 << 20  # bytes of the facts on a batch


@dataclass(frozen=True)
class Decoded:
    """An image as pixels.

    Attributes:
        pixels: uint8 `[side, side, 3]`, upright, RGB, the centre square.
        width, height, mode, format, frames: of the file, before it was turned upright.
        preview: uint8 `[h, w, 3]` of the whole image, when asked for. Show this, never the bytes that came.
    """

    pixels: np.ndarray
    width: int
    height: int
    mode: str
    format: str
    frames: int
    preview: np.ndarray | None


@dataclass(frozen=True)
class Rejected:
    """Why bytes are no image, as a code and parameters of :mod:`core.messages`."""

    code: str
    params: dict[str, Any]


def too_large(size: int) -> Rejected:
    """The answer to a file of more than :data:`MAX_BYTES`, which nobody needs to read for it."""
    return Rejected("image_too_large", {"found": -(-size >> 20), "allowed": MAX_BYTES >> 20})


class DecoderPool:
    """A few decoder processes, started when needed. Threads may share it; use it as a context or close it.

    Args:
        processes: how many decode at once.
        timeout: seconds that one image may take.
    """

    def __init__(self, processes: int = 2, timeout: float = TIMEOUT) -> None:
        self._timeout = timeout
        self._idle: queue.LifoQueue[_Decoder | None] = queue.LifoQueue()
        for _ in range(processes):
            self._idle.put(None)
        self._threads = ThreadPoolExecutor(processes, thread_name_prefix="decode")
        self._processes = processes

    def decode(self, blobs: Sequence[bytes], side: int, preview: int | None = None) -> list[Decoded | Rejected]:
        """Each image as pixels, or why not, in order.

        Args:
            blobs: the files' bytes, whatever they are.
            side: height and width of the square in pixels.
            preview: longest side of the preview; None for none.
        """
        size = max(1, min(BATCH, -(-len(blobs) // self._processes)))
        batches = [blobs[start : start + size] for start in range(0, len(blobs), size)]
        found = self._threads.map(lambda batch: self._decode_batch(batch, side, preview), batches)
        return [image for images in found for image in images]

    def close(self) -> None:
        """End all decoders."""
        for _ in range(self._processes):
            decoder = self._idle.get()
            if decoder:
                decoder.kill()
        self._threads.shutdown()

    def __enter__(self) -> "DecoderPool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _decode_batch(self, blobs: Sequence[bytes], side: int, preview: int | None) -> list[Decoded | Rejected]:
        small = [blob for blob in blobs if len(blob) <= MAX_BYTES]
        images = iter(self._ask(small, side, preview))
        return [next(images) if len(blob) <= MAX_BYTES else too_large(len(blob)) for blob in blobs]

    def _ask(self, blobs: Sequence[bytes], side: int, preview: int | None) -> list[Decoded | Rejected]:
        """Ask one decoder; if it dies or hangs, ask again image by image, so that only the culprit is rejected."""
        if not blobs:
            return []
        decoder = self._idle.get() or _Decoder()
        kept: _Decoder | None = None
        try:
            answer = decoder.ask(blobs, side, preview, self._timeout + 0.2 * len(blobs))
            kept = decoder
            return answer
        except (OSError, EOFError, ValueError, TypeError, KeyError):
            decoder.kill()
        finally:
            self._idle.put(kept)
        if len(blobs) == 1:
            if decoder.timed_out:
                return [Rejected("image_too_slow", {"seconds": self._timeout})]
            return [Rejected("image_damaged", {"reason": "its decoder ended"})]
        return [image for blob in blobs for image in self._ask([blob], side, preview)]


@functools.cache
def shared_pool() -> DecoderPool:
    """The pool of this process, made on first use; its decoders end with the process."""
    pool = DecoderPool()
    atexit.register(pool.close)
    return pool


class _Decoder:
    """One decoder process and the conversation with it."""

    def __init__(self) -> None:
        self.timed_out = False
        self._process = subprocess.Popen(
            [sys.executable, "-m", "core.bundle.decoder", str(MEMORY_MIB), str(MAX_PIXELS)],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": "", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"},
        )

    def ask(self, blobs: Sequence[bytes], side: int, preview: int | None, seconds: float) -> list[Decoded | Rejected]:
        """
        Raises:
            OSError, EOFError, ValueError, TypeError, KeyError: the process died, was killed for taking too long, or spoke
                nonsense. What it says is not trusted either: it has parsed the bytes of a stranger.
        """
        alarm = threading.Timer(seconds, self._time_out)
        alarm.start()
        try:
            return self._converse(blobs, side, preview)
        finally:
            alarm.cancel()

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _converse(self, blobs: Sequence[bytes], side: int, preview: int | None) -> list[Decoded | Rejected]:
        sink, source = self._process.stdin, self._process.stdout
        assert sink is not None and source is not None
        request = {"sizes": [len(blob) for blob in blobs], "side": side, "preview": preview}
        sink.write(json.dumps(request).encode() + b"\n")
        sink.writelines(blobs)
        sink.flush()
        images: list[Decoded | Rejected] = []
        answer = json.loads(source.readline(MAX_ANSWER) or b"!")
        if len(answer) != len(blobs):
            raise ValueError("not one answer an image")
        for facts in answer:
            if "code" in facts:
                images.append(Rejected(**facts))
                continue
            pixels = self._read([side, side])
            size = facts.pop("preview", None)
            if size and max(size) > (preview or 0):
                raise ValueError("a larger preview than was asked for")
            images.append(Decoded(pixels=pixels, preview=self._read(size) if size else None, **facts))
        return images

    def _read(self, size: Sequence[int]) -> np.ndarray:
        assert self._process.stdout is not None
        data = self._process.stdout.read(size[0] * size[1] * 3)
        return np.frombuffer(data, np.uint8).reshape(size[0], size[1], 3)

    def _time_out(self) -> None:
        self.timed_out = True
        self._process.kill()
