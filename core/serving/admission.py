"""How many predictions are at work, and how many calls more are let in: the others hear at once that they should come again."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from math import ceil
from typing import TypeVar

from fastapi import HTTPException

from core.serving.metrics import IN_FLIGHT

QUEUE = 4  # calls let in, for each that can be at work: they wait, or are still sending their images
RETRY_AFTER = 1.0  # seconds: what is in the house takes a fraction of that, as a rule

T = TypeVar("T")


class Admission:
    """`concurrency` threads that judge, and :data:`QUEUE` places for each. Used on the event loop only."""

    def __init__(self, concurrency: int) -> None:
        self._threads = ThreadPoolExecutor(concurrency, thread_name_prefix="api")
        self._places = QUEUE * concurrency

    async def place(self) -> AsyncIterator[None]:
        """A place for one call until it is answered, as a FastAPI dependency: taken before the body is read. 429 if there is none."""
        if self._places == 0:
            raise self.busy()
        self._places -= 1
        try:
            with IN_FLIGHT.track_inprogress():
                yield
        finally:
            self._places += 1

    @staticmethod
    def busy(seconds: float = RETRY_AFTER) -> HTTPException:
        """What a call is told that others leave no room for, and after how long to try again."""
        return HTTPException(
            429, "As many calls are being answered as this server can. Try again.", {"Retry-After": f"{ceil(seconds)}"}
        )

    async def run(self, work: Callable[[], T], seconds: float) -> T:
        """What `work` gives, in one of the threads.

        Raises:
            TimeoutError: it took too long. A thread cannot be ended: it stays taken until `work` gives up by itself.
        """
        return await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(self._threads, work), seconds)
