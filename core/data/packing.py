"""Files that were given one by one, packed as the import wants them: a ZIP with a folder per class."""

import hashlib
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO

from core import paths
from core.bundle.decoding import Decoded, shared_pool
from core.data.layout import check_class_names
from core.errors import VitrineError
from core.files import disk_full_told

LOOK = 32  # pixels: that a photo can be read shows at any size

Photos = Mapping[str, Sequence[tuple[str, IO[bytes]]]]
"""File name and content of each photo, by the name of its class."""


def by_class(photos: Photos) -> dict[str, IO[bytes]]:
    """The photos by their names in a ZIP with a folder per class.

    Raises:
        VitrineError: ``class_name``.
    """
    check_class_names(photos)
    return {
        f"{label}/{number:04d}{Path(name).suffix.lower()[:8]}": content
        for label, files in photos.items()
        for number, (name, content) in enumerate(files)
    }


def check_enough(photos: Photos, needed: int) -> None:
    """Refuse photos of which a class has too few, so that it is said while all of them are still where they were given.

    Copies, byte for byte, count once; what cannot be read does not count.

    Raises:
        VitrineError: ``photos_few``.
    """
    for label, files in photos.items():
        if (found := _readable(files, needed)) < needed:
            raise VitrineError("photos_few", name=label, found=found, needed=needed)


def _readable(files: Sequence[tuple[str, IO[bytes]]], enough: int) -> int:
    """How many different photos can be read; no more are looked at when there are `enough`."""
    blobs, found = _different(files), 0
    while found < enough and (some := list(islice(blobs, enough - found))):
        found += sum(isinstance(image, Decoded) for image in shared_pool().decode(some, LOOK))
    return found


def _different(files: Sequence[tuple[str, IO[bytes]]]) -> Iterator[bytes]:
    digests: set[bytes] = set()
    for _name, content in files:
        content.seek(0)
        blob = content.read()
        digest = hashlib.sha256(blob).digest()
        if digest not in digests:
            yield blob
        digests.add(digest)


@contextmanager
def packed(members: Mapping[str, IO[bytes]]) -> Iterator[IO[bytes]]:
    """A ZIP of files by their names in it, gone at the end.

    Raises:
        VitrineError: ``disk_full``.
    """
    with tempfile.TemporaryFile(dir=paths.folder("uploads")) as file:
        # Photos are packed already: nothing is to be gained.
        with disk_full_told(paths.folder("uploads")), zipfile.ZipFile(file, "w") as archive:
            for member, content in members.items():
                content.seek(0)  # an earlier attempt may have read it
                with archive.open(member, "w") as copy:
                    shutil.copyfileobj(content, copy, 1 << 20)
        file.seek(0)
        yield file
