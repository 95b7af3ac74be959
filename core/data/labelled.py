"""From the labelling tray to a dataset: a new one, a fifth of each class held out for the test, or a version with more training images."""

import csv
import io
import re
import shutil
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from core import paths
from core.data.adding import THERE, Photo, add_photos
from core.data.archives import Archive, open_archive
from core.data.corrections import newest
from core.data.importing import import_zip
from core.data.labelling import LONGEST, Added, Said, Source, Target, Tray
from core.data.layout import find_classes
from core.data.versions import Dataset, all_versions, check_name, get_dataset
from core.errors import VitrineError

FEWEST = 3  # photos of a class of a new dataset: to train, to validate and to test by
COLUMNS = ("file", "label")
# Not the name of a folder above, of a hidden one, or of two.
_CLASS = re.compile(r"(?!\.|__MACOSX$)[^/\\\x00-\x1f]{1,64}")
_UNSAFE = re.compile(r"[\\:\x00-\x1f]")

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Labelled:
    """What was made of a tray.

    Attributes:
        known: photos that the dataset had already; they were not added again.
    """

    dataset: Dataset
    known: int = 0


def check_target(target: Target) -> None:
    """
    Raises:
        VitrineError: the name or a class of a new dataset cannot be one, or the dataset to add to is not there.
    """
    if not target.new:
        get_dataset(target.data)
        return
    check_name(target.data)
    if all_versions(target.data):
        raise VitrineError("dataset_taken", name=target.data)
    check_class_names(target.classes)


def check_class_names(names: Collection[str]) -> None:
    """
    Raises:
        VitrineError: ``classes_few``, or ``class_name`` when one cannot name a folder of images.
    """
    if len(names) < 2:
        raise VitrineError("classes_few")
    for name in names:
        if not _CLASS.fullmatch(name):
            raise VitrineError("class_name", name=name)
    # Folders of some names, such as train and test, would be taken for something else than classes.
    if find_classes(f"{name}/1.png" for name in names).classes != set(names):
        raise VitrineError("class_name", name=", ".join(names))


def check_labels(tray: Tray) -> None:
    """Whether a dataset can be made of what is labelled by now.

    Raises:
        VitrineError: as :func:`check_target`; ``labels_none``, ``class_single`` or ``class_too_small``.
    """
    target, counts = tray.target, Counter(tray.standing().labels.values())
    check_target(target)
    if not counts:
        raise VitrineError("labels_none")
    if target.new:
        if len(counts) < 2:
            raise VitrineError("class_single", name=next(iter(counts)))
        for name, count in counts.items():
            if count < FEWEST:
                raise VitrineError("class_too_small", name=name)


def make_labelled(tray: Tray, progress: Progress) -> Labelled:
    """Make the dataset of the photos that are labelled, and take them out of the tray, with those that were left out.

    Args:
        progress: told of photos done and in all; what it raises ends the work, and nothing is made then.

    Raises:
        VitrineError: as :func:`check_labels`, :func:`core.data.importing.import_zip` and :func:`core.data.adding.add_photos`.
    """
    check_labels(tray)
    target, standing = tray.target, tray.standing()
    made = (_new if target.new else _more)(tray, target, standing.labels, progress)
    tray.forget({*standing.labels, *standing.left_out})
    return made


def take_files(tray: Tray, photos: Path, labels: Path, name: str, progress: Progress) -> Added:
    """Put the photos of a ZIP that a table names into an empty tray, with their labels, for dataset `name`: a new one or one that is there.

    Args:
        labels: CSV with the columns ``file`` and ``label``; a file is named as in the ZIP, or by its last part where that is clear.

    Raises:
        VitrineError: ``labels_unreadable``, ``labels_no_match``, ``class_unknown``, or as :func:`check_target`.
    """
    wanted = _table(labels)
    with open_archive(photos) as archive:
        found = _matched(archive, wanted)
        if not found:
            raise VitrineError("labels_no_match", example=next(iter(wanted)), file=photos.name)
        tray.aim(_target(name, found))
        members = {member: label for member, label in found.items() if label in tray.target.classes}
        added = tray.add([_member(archive, member) for member in members], progress)
    label_of = {member[-LONGEST:]: label for member, label in members.items()}
    tray.say(Said(photo.digest, photo.digest, "label", label_of[photo.name]) for photo in tray.photos().values())
    return added


def _new(tray: Tray, target: Target, labels: Mapping[str, str], progress: Progress) -> Labelled:
    """Through a ZIP with a folder per class: what is held out, and what is refused, is then as with every import."""
    photos, used = tray.photos(), set()
    with tempfile.TemporaryDirectory(dir=paths.folder("uploads")) as folder:
        packed = Path(folder) / "photos.zip"
        with zipfile.ZipFile(packed, "w") as archive:  # photos are packed already: nothing is to be gained
            for digest, label in labels.items():
                member = f"{label}/{_safe(photos[digest].name)}"
                if member in used:
                    head, dot, suffix = member.rpartition(".")
                    member = f"{head or member}-{digest[:12]}{dot}{suffix}"
                used.add(member)
                with open(tray.file(digest), "rb") as file, archive.open(member, "w") as copy:
                    shutil.copyfileobj(file, copy, 1 << 20)
        return Labelled(import_zip(target.data, packed, None, progress, lambda: False))


def _more(tray: Tray, target: Target, labels: Mapping[str, str], progress: Progress) -> Labelled:
    """All of them go to training: what the dataset is tested by stays what it was."""
    dataset = newest(get_dataset(target.data))
    if gone := sorted(set(labels.values()) - set(dataset.classes)):  # another version is the current one since
        raise VitrineError("labels_gone", labels=", ".join(gone), name=dataset.name)
    photos = tray.photos()
    added = [
        Photo(tray.file(digest), f"{label}/{_safe(photos[digest].name)}", label) for digest, label in labels.items()
    ]
    made = add_photos(dataset, added, progress)
    return Labelled(made, sum(file["code"] == THERE for file in made.skipped[len(dataset.skipped) :]))


def _safe(name: str) -> str:
    """A photo's name as one in a ZIP: no way out of its folder, nothing that an import takes for clutter."""
    parts = [_UNSAFE.sub("_", part).lstrip(".") for part in name.split("/")]
    return "/".join(part for part in parts if part) or "photo"


def _table(file: Path) -> dict[str, str]:
    """Label by file."""
    try:
        reader = csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"), newline=""), strict=True)
        rows = [(row["file"].replace("\\", "/").removeprefix("./"), row["label"].strip()) for row in reader]
    except OSError as error:
        raise VitrineError("file_unreadable", path=str(file), reason=error.strerror or str(error)) from error
    except (UnicodeDecodeError, csv.Error, KeyError, AttributeError) as error:
        raise VitrineError("labels_unreadable", file=file.name, columns=", ".join(COLUMNS)) from error
    found = {name: label for name, label in rows if name and label}
    if not found:
        raise VitrineError("labels_unreadable", file=file.name, columns=", ".join(COLUMNS))
    return found


def _matched(archive: Archive, wanted: Mapping[str, str]) -> dict[str, str]:
    """Label by the ZIP's member."""
    ends: dict[str, list[str]] = {}
    for member in archive.files:
        ends.setdefault(member.rsplit("/", 1)[-1], []).append(member)
    known = set(archive.files)
    found = {}
    for name, label in wanted.items():
        members = [name] if name in known else ends.get(name, [])
        if len(members) == 1:
            found[members[0]] = label
    return found


def _target(name: str, found: Mapping[str, str]) -> Target:
    if not all_versions(name):
        target = Target(name, tuple(sorted(set(found.values()))))
        check_target(target)
        return target
    dataset = get_dataset(name)
    for label in found.values():
        if label not in dataset.classes:
            raise VitrineError("class_unknown", name=label, known=", ".join(dataset.classes))
    return Target(name, dataset.classes, new=False)


def _member(archive: Archive, name: str) -> Source:
    return name, lambda: archive.read(name)
