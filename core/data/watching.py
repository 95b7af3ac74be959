"""A download at work in a thread, watched from outside: libraries that download say neither how far they are nor listen."""

import socket
import threading
from collections.abc import Callable

from core.errors import VitrineError

LOOK = 0.3  # seconds between two looks at a download
SILENCE = 30.0  # seconds without a byte after which a server counts as gone


def watched(work: Callable[[], object], look: Callable[[], None], stopped: Callable[[], bool]) -> None:
    """Let `work` download; `look` at its files meanwhile.

    Raises:
        VitrineError: ``job_stopped``.
        Exception: whatever `work` raises.
    """
    failures: list[Exception] = []

    def guarded() -> None:
        try:
            work()
        except Exception as error:
            failures.append(error)

    # The libraries set no limit to the silence of a server. The job's process has no other connections to disturb.
    socket.setdefaulttimeout(SILENCE)
    thread = threading.Thread(target=guarded, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(LOOK)
        if stopped():
            raise VitrineError("job_stopped")
        look()
    if failures:
        raise failures[0]
