"""The labelling tray: photos that wait for labels, and what was said of each. Kept until they go into a dataset or the tray is emptied.

labelling/target.json       the dataset that they are labelled for, and its classes
labelling/photos.jsonl      one line a photo
labelling/said.jsonl        one line for each thing said of a photo, in order; the last word counts
labelling/<hash>.photo      the file as it came
labelling/<hash>.jpg, .png  what is shown of it
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image

from core import files, paths
from core.bundle.decoding import Rejected, shared_pool
from core.data.importing import SIDE
from core.errors import VitrineError
from core.files import disk_full_told
from core.runs import locks

MOST = 5000  # photos in the tray
MOST_BYTES = 4 << 30
PREVIEW = 640  # pixels of the longer side of what is shown
SMALL = 128  # pixels up to which a preview is kept without loss: those of an image of 32 are to be seen
TOGETHER = 16  # files that are in memory at once
LONGEST = 200  # characters of a name, of which the last are kept

Kind = Literal["label", "skip", "out", "undo"]
Source = tuple[str, Callable[[], bytes | Rejected]]
"""A file's name, and what reads it or says why it cannot."""


@dataclass(frozen=True)
class Target:
    """What the photos are labelled for.

    Attributes:
        data: the dataset's name.
        classes: one of which each photo gets.
        new: whether a dataset is made, rather than a version of one that is there.
    """

    data: str = ""
    classes: tuple[str, ...] = ()
    new: bool = True


@dataclass(frozen=True)
class Waiting:
    """A photo in the tray.

    Attributes:
        digest: SHA-256 of its file, by which it is found.
        name: as it came, folders included.
        size: in bytes.
        shown: suffix of its preview.
    """

    digest: str
    name: str
    size: int
    shown: str


@dataclass(frozen=True)
class Said:
    """One thing that was said of a photo.

    Attributes:
        id: of this saying: said twice with the same id, it counts once.
        suggested: the class that stood beside the photo, if one did.
    """

    id: str
    digest: str
    kind: Kind
    label: str = ""
    suggested: str = ""


@dataclass(frozen=True)
class Added:
    """What became of files: how many came in, names of those that are here already, and of those that cannot be read, with why."""

    count: int = 0
    twice: list[str] = field(default_factory=list)
    refused: list[tuple[str, Rejected]] = field(default_factory=list)


@dataclass(frozen=True)
class Standing:
    """How far the labelling is.

    Attributes:
        target: what they are labelled for.
        photos: all of them by their hash, in the order in which they came.
        last: what was said last of each photo of which something was said.
        labels: class by photo, in the order in which they were said.
        left_out: photos that show none of the classes.
        pending: photos of which nothing was said.
        skipped: photos that are to come again, behind the others.
        suggested, agreed: labels beside which a suggestion stood, and those that are what it said.
    """

    target: Target
    photos: dict[str, Waiting]
    last: dict[str, Said]
    labels: dict[str, str]
    left_out: frozenset[str]
    pending: list[str]
    skipped: list[str]
    suggested: int
    agreed: int

    @property
    def done(self) -> int:
        return len(self.labels) + len(self.left_out)


class Tray:
    """A folder of photos that wait. All who look at it see what others said; what was said is on the disk when `say` returns."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or paths.folder("labelling")

    @property
    def target(self) -> Target:
        try:
            fields = json.loads((self.folder / "target.json").read_text(encoding="utf-8"))
            return Target(fields["data"], tuple(fields["classes"]), fields["new"])
        except (OSError, ValueError, KeyError, TypeError):  # not said yet, or damaged by a hand
            return Target()

    def aim(self, target: Target) -> None:
        """Say what the photos are labelled for. Labels of other classes wait until theirs come back."""
        with self.alone():
            files.replace(self.folder / "target.json", json.dumps(asdict(target)), sync=True)

    def photos(self) -> dict[str, Waiting]:
        """The photos by their hash, in the order in which they came."""
        return {one["digest"]: Waiting(**one) for one in _lines(self.folder / "photos.jsonl")}

    def said(self) -> list[Said]:
        """All that was said, in order."""
        return [Said(**one) for one in _lines(self.folder / "said.jsonl")]

    def standing(self) -> Standing:
        """How far it is, for the classes of the target."""
        return _standing(self.photos(), self.said(), self.target)

    def alone(self) -> AbstractContextManager[None]:
        """Hold others off who want to change it."""
        return locks.exclusive(self.folder / ".lock")

    def file(self, digest: str) -> Path:
        """Where the photo's file lies."""
        return self.folder / f"{digest}.photo"

    def shown(self, photo: Waiting) -> bytes:
        """Its preview, as JPEG or PNG: made here from pixels, so that nothing from outside reaches a browser.

        Raises:
            FileNotFoundError: another visitor has taken the photo out.
        """
        return (self.folder / f"{photo.digest}{photo.shown}").read_bytes()

    def add(self, photos: Sequence[Source], progress: Callable[[int, int], None] = lambda done, total: None) -> Added:
        """Take photos in, a few at a time; each stays once it is in, whatever happens later.

        Raises:
            VitrineError: ``tray_full``, ``disk_full``.
        """
        found = Added()
        with disk_full_told(self.folder):
            for start in range(0, len(photos), TOGETHER):
                found = self._add([(name, read()) for name, read in photos[start : start + TOGETHER]], found)
                progress(min(start + TOGETHER, len(photos)), len(photos))
        return found

    def say(self, things: Iterable[Said]) -> Standing:
        """Remember what was said; what was said already, or of a photo that is not here, is passed over. How far it is then.

        Raises:
            VitrineError: ``disk_full``.
        """
        with self.alone():
            said, here = self.said(), self.photos()
            heard = {one.id for one in said}
            new = [one for one in things if one.id not in heard and one.digest in here]
            files.append_lines(self.folder / "said.jsonl", _as_lines(new))
        return _standing(here, [*said, *new], self.target)

    def forget(self, digests: Collection[str]) -> None:
        """Take photos out for good, with what was said of them."""
        with self.alone():
            kept = [photo for photo in self.photos().values() if photo.digest not in digests]
            said = [one for one in self.said() if one.digest not in digests]
            for name, things in (("photos.jsonl", kept), ("said.jsonl", said)):
                files.replace(self.folder / name, "".join(f"{line}\n" for line in _as_lines(things)), sync=True)
            for digest in digests:
                for suffix in (".photo", ".jpg", ".png"):
                    (self.folder / f"{digest}{suffix}").unlink(missing_ok=True)
            for path in self.folder.glob("seen-*"):  # what models made of them; of the others they make it again
                path.unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove all photos, labels and the choice of classes."""
        with self.alone():
            for path in self.folder.iterdir():
                if path.name != ".lock":
                    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    def _add(self, photos: list[tuple[str, bytes | Rejected]], before: Added) -> Added:
        blobs = [data if isinstance(data, bytes) else b"" for _name, data in photos]
        images = shared_pool().decode(blobs, SIDE, PREVIEW)
        twice, refused = [*before.twice], [*before.refused]
        new: list[Waiting] = []
        with self.alone():
            here = self.photos()
            room, size = MOST - len(here), sum(photo.size for photo in here.values())
            for (name, data), image in zip(photos, images, strict=True):
                if isinstance(data, Rejected) or isinstance(image, Rejected):
                    refused.append((name, data if isinstance(data, Rejected) else image))  # type: ignore[arg-type]
                    continue
                digest = hashlib.sha256(data).hexdigest()
                if digest in here:
                    twice.append(name)
                    continue
                size += len(data)
                if len(new) == room or size > MOST_BYTES:
                    files.append_lines(self.folder / "photos.jsonl", _as_lines(new))
                    held = len(here)
                    raise VitrineError("tray_full", held=held, allowed=MOST, gib=MOST_BYTES >> 30, file=name)
                assert image.preview is not None
                self.file(digest).write_bytes(data)
                shown = _save(image.preview, self.folder / digest)
                here[digest] = Waiting(digest, name[-LONGEST:], len(data), shown)
                new.append(here[digest])
            files.append_lines(self.folder / "photos.jsonl", _as_lines(new))  # the last step: what is listed is whole
        return Added(before.count + len(new), twice, refused)


def _standing(photos: dict[str, Waiting], said: Iterable[Said], target: Target) -> Standing:
    last: dict[str, Said] = {}
    for one in said:
        last.pop(one.digest, None)
        if one.kind != "undo" and one.digest in photos and (one.kind != "label" or one.label in target.classes):
            last[one.digest] = one
    labelled = {digest: one for digest, one in last.items() if one.kind == "label"}
    beside = [one for one in labelled.values() if one.suggested]
    return Standing(
        target=target,
        photos=photos,
        last=last,
        labels={digest: one.label for digest, one in labelled.items()},
        left_out=frozenset(digest for digest, one in last.items() if one.kind == "out"),
        pending=[digest for digest in photos if digest not in last],
        skipped=[digest for digest, one in last.items() if one.kind == "skip"],
        suggested=len(beside),
        agreed=sum(one.suggested == one.label for one in beside),
    )


def _save(pixels: np.ndarray, stem: Path) -> str:
    suffix = ".png" if max(pixels.shape) <= SMALL else ".jpg"
    Image.fromarray(pixels).save(stem.with_suffix(suffix), quality=82)
    return suffix


def _lines(path: Path) -> list[dict[str, Any]]:
    """What lies in a file of lines; one that was cut short by a power cut is passed over."""
    found = []
    try:
        with open(path, encoding="utf-8") as file:
            for line in file:
                try:
                    found.append(json.loads(line))
                except ValueError:
                    continue
    except FileNotFoundError:
        pass
    return found


def _as_lines(things: Sequence[Any]) -> list[str]:
    return [json.dumps(asdict(thing)) for thing in things]
