"""Photos in a ZIP that a table gives labels: a new dataset, or a version of one that is there with more training images."""

import csv
import io
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from core.data.archives import Archive, open_archive
from core.data.importing import Photo, Progress
from core.data.labelled import Labelled, make_of
from core.data.labelling import Target
from core.data.versions import get_dataset, visible_versions
from core.errors import VitrineError

COLUMNS = ("file", "label")


def label_zip(name: str, photos: Path, labels: Path, progress: Progress, stopped: Callable[[], bool]) -> Labelled:
    """Make dataset `name`, or a version of it, of the photos of a ZIP that a table names.

    Args:
        labels: CSV with the columns ``file`` and ``label``; a file is named as in the ZIP, or by its last part where that is clear.
        progress, stopped: as in :func:`core.data.importing.import_zip`.

    Raises:
        VitrineError: ``labels_unreadable``, ``labels_no_match``; ``class_unknown`` of a dataset that is there; else as
            :func:`core.data.labelled.make_of`. Nothing is made then.
    """
    wanted = _table(labels)
    with open_archive(photos) as archive:
        label_of = _matched(archive, wanted)
        if not label_of:
            raise VitrineError("labels_no_match", example=next(iter(wanted)), file=photos.name)
        classes = set(label_of.values())
        known = get_dataset(name).classes if visible_versions(name) else None
        if known is not None and (unknown := sorted(classes - {*known})):
            raise VitrineError("class_unknown", name=unknown[0], known=", ".join(known))
        target = Target(name, tuple(sorted(classes)), new=known is None)
        files = [Photo(member, label, partial(archive.read, member)) for member, label in label_of.items()]
        return make_of(target, files, progress, stopped)


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
