"""Photos by which people corrected a model: kept only where they said so, until they go into a new version of its dataset."""

import hashlib
import json
import os
import re
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from core import paths
from core.data.additions import Photo, add_photos
from core.data.versions import Dataset
from core.errors import DISK_FULL, VitrineError

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Kept:
    """A photo that waits for the next training.

    Attributes:
        digest: SHA-256 of its file, by which it is found.
        name: of the file as it came.
        label: the class that the person said.
        said: the class that the model had named.
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
    kept = Kept(hashlib.sha256(file).hexdigest(), name, label, said)
    try:
        _write(_photo(data, kept.digest), file)
        _write(_note(data, kept.digest), json.dumps(asdict(kept)).encode())  # last: without it the photo is not kept
    except OSError as error:
        if error.errno in DISK_FULL:
            raise VitrineError("disk_full", path=str(_folder(data))) from error
        raise
    return kept


def kept(data: str) -> list[Kept]:
    """The photos that wait, in the order in which they came."""
    notes = sorted(_folder(data).glob("*.json"), key=lambda note: note.stat().st_mtime_ns)
    found = []
    for note in notes:
        with suppress(ValueError, TypeError):  # damaged by a hand
            found.append(Kept(**json.loads(note.read_text(encoding="utf-8"))))
    return [one for one in found if _DIGEST.fullmatch(one.digest) and _photo(data, one.digest).is_file()]


def photo(data: str, digest: str) -> bytes:
    """The file of a photo that waits."""
    return _photo(data, digest).read_bytes()


def forget(data: str, digest: str) -> None:
    """Remove a photo for good."""
    _note(data, digest).unlink(missing_ok=True)
    _photo(data, digest).unlink(missing_ok=True)


def take_in(dataset: Dataset, data: str) -> Dataset:
    """Make a new version of the dataset with the photos that wait among its training images; they wait no more.

    Args:
        data: the name that they were kept under: a copy of those images may have another one.

    Raises:
        VitrineError: as :func:`core.data.additions.add_photos`; they go on waiting then.
    """
    waiting = [one for one in kept(data) if one.label in dataset.classes]
    photos = [Photo(photo(data, one.digest), one.name, dataset.classes.index(one.label)) for one in waiting]
    made = add_photos(dataset, photos)
    for one in waiting:
        forget(data, one.digest)
    return made


def _folder(data: str) -> Path:
    return paths.folder("feedback") / data


def _photo(data: str, digest: str) -> Path:
    return _folder(data) / f"{digest}.photo"


def _note(data: str, digest: str) -> Path:
    return _folder(data) / f"{digest}.json"


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".part")
    aside.write_bytes(content)
    os.replace(aside, path)
