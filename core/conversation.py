"""A child process that is spoken to over its pipes, in JSON lines and bytes, and killed when it takes too long."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

LONGEST = 1 << 14  # bytes of a line that a child may say
BROKEN = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RecursionError,
)  # what a broken conversation throws


class Conversation:
    """A module of this product, run as a child, and what is said to and by it.

    The child ends by itself when its input does: when this process closes it, or is gone, however that came.

    Args:
        module: as for ``python -m``.
        env: the child's whole environment.

    Attributes:
        timed_out: whether the child was killed for taking too long.
    """

    def __init__(self, module: str, *arguments: str, env: Mapping[str, str]) -> None:
        self.timed_out = False
        self._deadline = 0.0
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=Path(__file__).parents[1],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(env),
        )

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """The child is killed if the block takes longer; :meth:`more_time` begins the count anew."""
        self.more_time(seconds)
        done = threading.Event()
        threading.Thread(target=self._watch, args=(done,), daemon=True).start()
        try:
            yield
        finally:
            done.set()

    def more_time(self, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds

    def say(self, line: Mapping[str, Any], blobs: Sequence[bytes] = ()) -> None:
        """A JSON line, and the bytes that it speaks of."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(line).encode() + b"\n")
        self._process.stdin.writelines(blobs)
        self._process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        """The next JSON line. What a dead or broken child says raises one of :data:`BROKEN`."""
        assert self._process.stdout is not None
        line: dict[str, Any] = json.loads(self._process.stdout.readline(LONGEST) or b"!")
        return line

    def read(self, size: int) -> bytes:
        """The next bytes; fewer where the child ended."""
        assert self._process.stdout is not None
        return self._process.stdout.read(size)

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def interrupt(self) -> None:
        """Kill the child from another thread: the one that waits for its words hears the end of them."""
        self._process.kill()

    def kill(self) -> None:
        """Kill the child, if it lives, and close its pipes."""
        self._process.kill()
        self._process.communicate()

    def _watch(self, done: threading.Event) -> None:
        while not done.wait(max(self._deadline - time.monotonic(), 0)):
            if time.monotonic() >= self._deadline:
                self.timed_out = True
                self._process.kill()
                return
