"""From photos and labels, of the tray or of a table, to a dataset: a new one, a fifth of each class held out for the test, or a version with more training images."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from core.data.adding import THERE, add_photos
from core.data.archives import Archive, open_archive
from core.data.corrections import newest
from core.data.importing import Photo, Progress, import_photos, read_file
from core.data.labelling import Target, Tray
from core.data.layout import check_class_names
from core.data.versions import Dataset, check_name, get_dataset, visible_versions
from core.errors import VitrineError

FEWEST = 3  # photos of a class of a new dataset: to train, to validate and to test by
COLUMNS = ("file", "label")


@dataclass(frozen=True)
class Labelled:
    """What was made.

    Attributes:
        known: photos that the dataset had already; they were not added again.
        refused: photos that could not be read.
    """

    dataset: Dataset
    known: int
    refused: int


def check_target(target: Target) -> None:
    """
    Raises:
        VitrineError: the name or a class of a new dataset cannot be one, or the dataset to add to is not there.
    """
    if not target.new:
        get_dataset(target.data)
        return
    check_name(target.data)
    if visible_versions(target.data):
        raise VitrineError("dataset_taken", name=target.data)
    if len(target.classes) < 2:
        raise VitrineError("classes_few")
    check_class_names(target.classes)


def check_labels(tray: Tray) -> None:
    """Whether a dataset can be made of what is labelled by now.

    Raises:
        VitrineError: as :func:`check_target`; ``labels_none``, ``class_single`` or ``class_too_small``.
    """
    standing = tray.standing()
    check_target(standing.target)
    _check_counts(standing.target, Counter(standing.labels.values()))


def _check_counts(target: Target, counts: Mapping[str, int]) -> None:
    if not counts:
        raise VitrineError("labels_none")
    if target.new:
        if len(counts) < 2:
            raise VitrineError("class_single", name=next(iter(counts)))
        for name, count in counts.items():
            if count < FEWEST:
                raise VitrineError("class_too_small", name=name)


def make_labelled(tray: Tray, progress: Progress, stopped: Callable[[], bool] = lambda: False) -> Labelled:
    """Make the dataset of the photos that are labelled, and take them out of the tray, with those that were left out.

    Args:
        progress, stopped: as in :func:`core.data.importing.import_zip`.

    Raises:
        VitrineError: as :func:`check_labels`, :func:`core.data.importing.import_photos` and :func:`core.data.adding.add_photos`.
    """
    check_labels(tray)
    standing = tray.standing()
    photos = [
        Photo(standing.photos[digest].name, label, partial(read_file, tray.file(digest)))
        for digest, label in standing.labels.items()
    ]
    made = _made(standing.target, photos, progress, stopped)
    tray.forget({*standing.labels, *standing.left_out})
    return made


def label_files(
    name: str, photos: Path, labels: Path, progress: Progress, stopped: Callable[[], bool] = lambda: False
) -> Labelled:
    """Make dataset `name`, or a version of it with more training images, of the photos of a ZIP that a table names.

    Args:
        labels: CSV with the columns ``file`` and ``label``; a file is named as in the ZIP, or by its last part where that is clear.

    Raises:
        VitrineError: ``labels_unreadable``, ``labels_no_match``, ``class_unknown``, or as :func:`check_labels` and what makes it.
    """
    wanted = _table(labels)
    with open_archive(photos) as archive:
        found = _matched(archive, wanted)
        if not found:
            raise VitrineError("labels_no_match", example=next(iter(wanted)), file=photos.name)
        target = _target(name, found)
        _check_counts(target, Counter(found.values()))
        files = [Photo(member, label, partial(archive.read, member)) for member, label in found.items()]
        return _made(target, files, progress, stopped)


def _made(target: Target, photos: Sequence[Photo], progress: Progress, stopped: Callable[[], bool]) -> Labelled:
    """The new dataset, or the version in which all of them are training images: what it is tested by stays what it was."""
    if target.new:
        dataset, before = import_photos(target.data, photos, progress, stopped), 0
    else:
        latest = newest(get_dataset(target.data))
        gone = sorted({photo.label for photo in photos} - set(latest.classes))
        if gone:  # another version is the current one since
            raise VitrineError("labels_gone", labels=", ".join(gone), name=latest.name)
        dataset, before = add_photos(latest, photos, progress, stopped), len(latest.skipped)
    why = [file["code"] for file in dataset.skipped[before:]]
    return Labelled(dataset, why.count(THERE), len(why) - why.count(THERE))


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
    if not visible_versions(name):
        target = Target(name, tuple(sorted(set(found.values()))))
        check_target(target)
        return target
    dataset = get_dataset(name)
    for label in found.values():
        if label not in dataset.classes:
            raise VitrineError("class_unknown", name=label, known=", ".join(dataset.classes))
    return Target(name, dataset.classes, new=False)
