"""Decoding of untrusted images in a few small processes that are limited, killed and replaced.

Nothing in this process ever parses the bytes of an upload: a decoder does, and gives back plain pixels.
"""

import atexit
import functools
import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import MappingProxyType, TracebackType
from typing import Any

import numpy as np

from core.conversation import BROKEN, Conversation

MAX_BYTES = 32 << 20  # of one file
MAX_PIXELS = 100_000_000  # of one image, told by its header: a panorama passes, a bomb does not
MEMORY_MIB = 480  # of one decoder's address space, of which 90 are libraries: enough for 70 million pixels in RGB
STARTS = 120.0  # seconds that a new process may take to be ready, on a machine that has much else to do
TIMEOUT = 10.0  # seconds for one image …
WAITS = 600.0  # … and for its turn, if it is a large one
BATCH = 64  # images a request
BATCH_BYTES = 16 << 20


@dataclass(frozen=True)
class Decoded:
    """An image as pixels.

    Attributes:
        pixels: uint8 `[s, s, 3]`, upright, RGB, the centre square: of `side` pixels, or twice that for a model that looks closer.
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
        self._large = threading.Lock()  # one image that takes much memory at a time
        self._idle: queue.LifoQueue[_Decoder | None] = queue.LifoQueue()
        for _ in range(processes):
            self._idle.put(None)
        self._threads = ThreadPoolExecutor(processes, thread_name_prefix="decode")
        self._processes = processes

    def decode(
        self,
        blobs: Sequence[bytes],
        side: int,
        preview: int | None = None,
        reading: Mapping[str, Any] = MappingProxyType({}),
    ) -> list[Decoded | Rejected]:
        """Each image as pixels, or why not, in order.

        Args:
            blobs: the files' bytes, whatever they are.
            side: height and width of the square in pixels.
            preview: longest side of the preview; None for none.
            reading: how the model takes photos, as its metadata have it.
        """
        asked = {"side": side, "preview": preview, "reading": dict(reading)}
        found = self._threads.map(lambda batch: self._decode_batch(batch, asked), self._batches(blobs))
        return [image for images in found for image in images]

    def close(self) -> None:
        """End all decoders, once the images they are at are done."""
        self._threads.shutdown(cancel_futures=True)
        # All are taken out first: the queue gives back at once what was put last.
        for decoder in [self._idle.get() for _ in range(self._processes)]:
            if decoder:
                decoder.kill()
            self._idle.put(None)

    def __enter__(self) -> "DecoderPool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _batches(self, blobs: Sequence[bytes]) -> Iterator[list[bytes]]:
        """What is sent at once: few enough for every decoder to have work, and for its memory, which holds a batch."""
        images = max(1, min(BATCH, -(-len(blobs) // self._processes)))
        batch: list[bytes] = []
        for blob in blobs:
            if batch and (len(batch) == images or sum(map(len, batch)) + len(blob) > BATCH_BYTES):
                yield batch
                batch = []
            batch.append(blob)
        if batch:
            yield batch

    def _decode_batch(self, blobs: Sequence[bytes], asked: Mapping[str, Any]) -> list[Decoded | Rejected]:
        images = iter(self._ask([blob for blob in blobs if len(blob) <= MAX_BYTES], asked))
        return [next(images) if len(blob) <= MAX_BYTES else too_large(len(blob)) for blob in blobs]

    def _ask(self, blobs: Sequence[bytes], asked: Mapping[str, Any]) -> list[Decoded | Rejected]:
        """Ask decoders until every image has its answer. One that dies or hangs is replaced, and the next goes on.

        Which image was the culprit is known, as answers come one by one. But a decoder that served others before may
        have been ended from outside meanwhile: an image is to blame only when a new decoder ends at it too.
        """
        images: list[Decoded | Rejected] = []
        while len(images) < len(blobs):
            decoder, kept = self._idle.get(), None
            first, used = len(images), decoder is not None
            try:
                decoder = decoder or _Decoder()
                for image in decoder.ask(blobs[first:], asked, self._timeout, self._large):
                    if _lacks_memory(image) and (used or len(images) > first):
                        break  # what others left behind may be in its way: a new decoder tries again
                    images.append(image)
                else:
                    kept = decoder
            except BROKEN:
                if decoder is None:
                    raise  # no process could be started at all
                if decoder.timed_out:
                    images.append(Rejected("image_too_slow", {"seconds": self._timeout}))
                elif len(images) == first and not used:
                    images.append(Rejected("image_damaged", {"reason": "its decoder ended"}))
            finally:
                if decoder and not kept:
                    decoder.kill()
                self._idle.put(kept)
        return images


def _lacks_memory(image: Decoded | Rejected) -> bool:
    return isinstance(image, Rejected) and image.code == "image_too_much_memory"


@functools.cache
def shared_pool() -> DecoderPool:
    """The pool of this process, made on first use; its decoders end with the process."""
    pool = DecoderPool()
    atexit.register(pool.close)
    return pool


class _Decoder:
    """One decoder process and the conversation with it."""

    def __init__(self) -> None:
        env = {"PATH": "", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
        env["MALLOC_MMAP_THRESHOLD_"] = str(1 << 20)  # what a large image took goes back to the system at once
        self._child = Conversation("core.bundle.decoder", str(MEMORY_MIB), str(MAX_PIXELS), env=env)
        self.kill = self._child.kill
        self._ready = False

    @property
    def timed_out(self) -> bool:
        return self._child.timed_out

    def ask(
        self, blobs: Sequence[bytes], asked: Mapping[str, Any], seconds: float, large: threading.Lock
    ) -> Iterator[Decoded | Rejected]:
        """One image after the other, each within so many seconds.

        Raises:
            one of :data:`BROKEN`: the process died, was killed for taking too long, or spoke nonsense. What it says is
                not trusted either: it has parsed the bytes of a stranger.
        """
        with self._child.within(seconds if self._ready else STARTS):
            if not self._ready:  # what its start takes is no image's fault
                self._ready = bool(self._child.hear())
                self._child.more_time(seconds)
            self._child.say({"sizes": [len(blob) for blob in blobs], **asked}, blobs)
            for _blob in blobs:
                facts = self._child.hear()
                if "large" in facts:
                    self._child.more_time(WAITS + seconds)
                    with large:
                        self._child.more_time(seconds)
                        self._child.say({})
                        image = self._received(self._child.hear(), asked)
                else:
                    image = self._received(facts, asked)
                self._child.more_time(seconds)
                yield image

    def _received(self, facts: dict[str, Any], asked: Mapping[str, Any]) -> Decoded | Rejected:
        if "code" in facts:
            return Rejected(**facts)
        side, size = facts.pop("square"), facts.pop("preview", None)
        if side not in (asked["side"], 2 * asked["side"]) or (size and max(size) > (asked["preview"] or 0)):
            raise ValueError("larger pictures than were asked for")
        pixels = self._read([side, side])
        return Decoded(pixels=pixels, preview=self._read(size) if size else None, **facts)

    def _read(self, size: Sequence[int]) -> np.ndarray:
        data = self._child.read(size[0] * size[1] * 3)
        return np.frombuffer(data, np.uint8).reshape(size[0], size[1], 3)
