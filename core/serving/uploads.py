"""The images of a call, read from its form with a limit on everything: bytes, files, and the time they take to come."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import HTTPException, Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.types import Message

MAX_FILES = 64
MAX_BODY = 256 << 20  # bytes: so many photos, as phones make them. Until they are judged they lie on the server's disk
SLOWEST = 32 << 10  # bytes a second that may be waited for: beyond the timeout, each second has to bring so many
FIELD = "files"

_TOO_LARGE = f"The body has more than the {MAX_BODY >> 20} MiB that one call may send. Send fewer images at once."


@asynccontextmanager
async def images_of(request: Request, seconds: float) -> AsyncIterator[list[UploadFile]]:
    """The files of the request's form; they are gone after the block.

    Args:
        seconds: in which all of a small body must have come.

    Raises:
        HTTPException: 400 a broken form, 408 too slow, 413 too much, 422 no form or no images in it.
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise HTTPException(422, f"Send images as the field “{FIELD}” of a form (multipart/form-data).")
    if int(request.headers.get("content-length", 0)) > MAX_BODY:
        raise HTTPException(413, _TOO_LARGE)
    limited = Request(request.scope, _Incoming(request, seconds).receive)
    try:
        form = await _Form(request.headers, limited.stream()).parse()
    except MultiPartException as error:
        raise HTTPException(400, f"The form cannot be read: {error.message}") from error
    try:
        yield _files(form.getlist(FIELD))
    finally:
        await form.close()


def _files(values: list[UploadFile | str]) -> list[UploadFile]:
    if not values:
        raise HTTPException(422, f"The form has no field “{FIELD}”. Send one or more images as that.")
    files = [value for value in values if isinstance(value, UploadFile)]
    if len(files) < len(values):
        raise HTTPException(422, f"“{FIELD}” is a text here. Send it as a file, with a file name.")
    return files


class _Form(MultiPartParser):
    """A form that is given up at the first file too many, instead of when all have come."""

    spool_max_size = 1 << 20  # the Predict page keeps its own photos in memory, however large

    def on_part_begin(self) -> None:
        if len(self.items) == MAX_FILES:
            raise HTTPException(413, f"The form has more than {MAX_FILES} parts. One call may send {MAX_FILES} images.")
        super().on_part_begin()


class _Incoming:
    """A request's body as it comes, counted and timed. Its length need not have been told (chunked transfer)."""

    def __init__(self, request: Request, seconds: float) -> None:
        self._receive = request.receive
        self._clock = asyncio.get_running_loop().time
        self._seconds = seconds
        self._since = self._clock()
        self._read = 0

    async def receive(self) -> Message:
        deadline = self._since + self._seconds + self._read / SLOWEST
        try:
            async with asyncio.timeout_at(deadline):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(
                408, f"The images came too slowly: {self._read:,} bytes in {self._clock() - self._since:.0f} seconds."
            ) from None
        self._read += len(message.get("body", b""))
        if self._read > MAX_BODY:
            raise HTTPException(413, _TOO_LARGE)
        return message
