"""Files that are there whole or not at all, and a full disk told as what it is."""

import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from core.errors import DISK_FULL, VitrineError


@contextmanager
def disk_full_told(path: Path) -> Iterator[None]:
    """Say what to do when nothing more can be written to `path`.

    Raises:
        VitrineError: ``disk_full``.
    """
    try:
        yield
    except OSError as error:
        if error.errno in DISK_FULL:
            raise VitrineError("disk_full", path=str(path)) from error
        raise


def replace(path: Path, content: bytes | str, *, sync: bool = False) -> None:
    """Put a file in place of the one that is there, if one is. Whoever reads it meanwhile, or writes it too, finds a whole one.

    Args:
        sync: whether it is to survive a power cut from now on, which takes a few milliseconds: for what nobody can make again.

    Raises:
        VitrineError: ``disk_full``; the file is what it was then.
    """
    aside = path.with_name(f".{uuid.uuid4().hex}.part")
    with disk_full_told(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(aside, "wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)
                if sync:
                    file.flush()
                    os.fsync(file.fileno())
            os.replace(aside, path)
        finally:
            aside.unlink(missing_ok=True)


def append_lines(path: Path, lines: Sequence[str]) -> None:
    """Add lines to a journal; they survive a power cut from now on. One that an earlier cut left unfinished swallows none of them.

    Raises:
        VitrineError: ``disk_full``.
    """
    if lines:
        text = "".join(f"{line}\n" for line in lines).encode()
        with disk_full_told(path), open(path, "ab+") as file:
            if file.seek(0, os.SEEK_END):
                file.seek(-1, os.SEEK_END)
                if file.read() != b"\n":
                    text = b"\n" + text
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
