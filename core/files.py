"""Files that are there whole or not at all, and a full disk told as what it is."""

import os
import uuid
from collections.abc import Iterator
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


def replace(path: Path, content: bytes | str) -> None:
    """Put a file in place of the one that is there, if one is. Whoever reads it meanwhile, or writes it too, finds a whole one.

    Raises:
        VitrineError: ``disk_full``; the file is what it was then.
    """
    aside = path.with_name(f".{uuid.uuid4().hex}.part")
    with disk_full_told(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            aside.write_bytes(content.encode() if isinstance(content, str) else content)
            os.replace(aside, path)
        finally:
            aside.unlink(missing_ok=True)
