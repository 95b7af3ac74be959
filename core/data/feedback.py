"""Photos by which people corrected a model: kept only where they said so, until they go into a new version of its dataset."""

import hashlib
import json
import os
import re
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from core import files, paths
from core.data.adding import add_photos
from core.data.corrections import newest
from core.data.importing import Photo, read_file
from core.data.versions import Dataset
from core.errors import VitrineError
from core.runs import locks

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Kept:
    """A photo that waits for the next training.

    Attributes:
        digest: SHA-256 of its file, by which it is found.
        name: of the file as it came.
        label: the class that the person said.
        said: the class that the model had named; empty where it named none.
    """

    digest: str
    name: str
    label: str
    said: str


def keep(data: str, file: bytes, name: str, label: str, said: str) -> Kept:
    """Keep a photo for a dataset; one that is kept already gets the new label.

    Raises:
        VitrineError: ``disk_full``.
    """
    one = Kept(hashlib.sha256(file).hexdigest(), name, label, said)
    try:
        files.replace(_photo(data, one.digest), file, sync=True)
        files.replace(_note(data, one.digest), json.dumps(asdict(one)), sync=True)
    except (OSError, VitrineError):
        forget(data, one.digest)  # nothing of a photo stays that nobody would find
        raise
    return one


def kept(data: str) -> list[Kept]:
    """The photos that wait, in the order in which they came."""
    found = []
    for note in _folder(data).glob("*.json"):
        with suppress(ValueError, TypeError, OSError):  # damaged by a hand, or removed by another visitor just now
            one = Kept(**json.loads(note.read_text(encoding="utf-8")))
            if _DIGEST.fullmatch(one.digest) and _photo(data, one.digest).is_file():
                found.append((note.stat().st_mtime_ns, one))
    return [one for _when, one in sorted(found, key=lambda pair: pair[0])]


def photo(data: str, digest: str) -> bytes:
    """The file of a photo that waits.

    Raises:
        FileNotFoundError: another visitor has removed it.
    """
    return _photo(data, digest).read_bytes()


def forget(data: str, digest: str) -> None:
    """Remove a photo for good."""
    _photo(data, digest).unlink(missing_ok=True)
    _note(data, digest).unlink(missing_ok=True)


def rename_photos(old: str, new: str) -> None:
    """Let the photos of a dataset wait under its other name."""
    if _folder(old).exists():
        _folder(new).mkdir(parents=True, exist_ok=True)
        with locks.exclusive(_folder(old) / ".lock"):
            for one in kept(old):
                os.replace(_photo(old, one.digest), _photo(new, one.digest))
                os.replace(_note(old, one.digest), _note(new, one.digest))


def take_in(dataset: Dataset, data: str) -> Dataset:
    """Make a new version with the photos that wait among its training images; they wait no more.

    It follows the newest version, which may have photos of an earlier time.

    Args:
        dataset: any version of it.
        data: the name that they were kept under: a copy of those images may have another one.

    Raises:
        VitrineError: as :func:`core.data.adding.add_photos`; they go on waiting then.
    """
    _folder(data).mkdir(parents=True, exist_ok=True)
    with locks.exclusive(_folder(data) / ".lock"):  # of two visitors at once, the second finds nothing left
        latest = newest(dataset)
        waiting = [one for one in kept(data) if one.label in latest.classes]
        photos = [Photo(one.name, one.label, partial(read_file, _photo(data, one.digest))) for one in waiting]
        made = add_photos(latest, photos)
        for one in waiting:
            forget(data, one.digest)
    return made


def _folder(data: str) -> Path:
    return paths.folder("feedback") / data


def _photo(data: str, digest: str) -> Path:
    return _folder(data) / f"{digest}.photo"


def _note(data: str, digest: str) -> Path:
    return _folder(data) / f"{digest}.json"
