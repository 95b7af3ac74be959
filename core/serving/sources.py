"""Images to be judged as people give them to a command: files, folders, and ZIPs."""

import functools
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import IO

from core.bundle.decoding import MAX_BYTES, Rejected, too_large
from core.data.archives import Archive, open_archive
from core.data.layout import SUFFIXES
from core.errors import VitrineError

MOST = 2000  # images of one ZIP

Source = tuple[str, Callable[[], bytes]]
"""A file's name, and what reads it or raises a VitrineError."""


def sources(paths: Sequence[Path], opened: ExitStack) -> list[Source]:
    """Each file; of a folder the images in it and below it, of a ZIP those in it. What cannot be opened says why when it is read.

    Args:
        opened: what closes the ZIPs again.
    """
    return [source for path in paths for source in _sources(path, opened)]


def images_in(archive: Archive) -> list[str]:
    """The names of the images in a ZIP.

    Raises:
        VitrineError: ``zip_too_many_images``, ``zip_no_images``.
    """
    images = [name for name in archive.files if _is_image(name)]
    if len(images) > MOST:
        raise VitrineError("zip_too_many_images", file=archive.name, found=len(images), allowed=MOST)
    if not images:
        raise VitrineError("zip_no_images", file=archive.name)
    return images


def read_image(file: IO[bytes], size: int) -> bytes:
    """The file's bytes, and never more than a little beyond what an image may have.

    Args:
        size: in bytes, as far as it is known; devices and pipes say 0.

    Raises:
        VitrineError: ``image_too_large``.
    """
    if size > MAX_BYTES:
        refusal = too_large(size)
        raise VitrineError(refusal.code, **refusal.params)
    return file.read(MAX_BYTES + 1)


def _sources(path: Path, opened: ExitStack) -> list[Source]:
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if _is_image(file.name) and file.is_file())
        return [_file(file) for file in files] or [_trouble(path, VitrineError("folder_no_images", path=str(path)))]
    if path.suffix.lower() != ".zip":
        return [_file(path)]
    try:
        archive = opened.enter_context(open_archive(path))
        return [(f"{path}/{name}", functools.partial(_member, archive, name)) for name in images_in(archive)]
    except OSError as error:
        return [_trouble(path, _unreadable(path, error))]
    except VitrineError as error:
        return [_trouble(path, error)]


def _is_image(name: str) -> bool:
    return PurePosixPath(name.lower()).suffix in SUFFIXES


def _file(path: Path) -> Source:
    def read() -> bytes:
        try:
            with open(path, "rb") as file:
                return read_image(file, os.fstat(file.fileno()).st_size)
        except OSError as error:
            raise _unreadable(path, error) from error

    return str(path), read


def _member(archive: Archive, name: str) -> bytes:
    data = archive.read(name)
    if isinstance(data, Rejected):
        raise VitrineError(data.code, **data.params)
    return data


def _trouble(path: Path, trouble: VitrineError) -> Source:
    def read() -> bytes:
        raise trouble

    return str(path), read


def _unreadable(path: Path, error: OSError) -> VitrineError:
    return VitrineError("file_unreadable", path=str(path), reason=error.strerror or type(error).__name__)
