"""What one can ask to be done with whole datasets and takes long: beside :mod:`core.tasks`, which imports and downloads them."""

from collections.abc import Mapping
from typing import IO, Literal

from core import tasks
from core.data.layout import find_classes
from core.data.packing import Photos, by_class, check_enough, packed
from core.data.versions import Dataset
from core.errors import VitrineError
from core.runs import jobs
from core.runs.store import Run

Kind = Literal["export", "duplicates"]
NEEDED = 3  # photos of a class in a dataset of its own: to train, to validate and to test by


def import_photos(name: str, photos: Photos, *, add: bool = False) -> Run:
    """Submit the import of photos that were given class by class.

    Args:
        add: whether they are to be added to the newest version of `name`, instead of standing alone.

    Raises:
        VitrineError: when a name cannot be one, no photos were given, classes or the photos of one are too few, or the disk is full.
    """
    given = {label: files for label, files in photos.items() if files}
    if not given:
        raise VitrineError("photos_none", name=name)
    if len(given) < 2 and not add:
        raise VitrineError("classes_few")
    members = by_class(given)
    if not add:
        check_enough(given, NEEDED)
    return _import(name, "photos.zip", members, add)


def import_folder(name: str, files: Mapping[str, IO[bytes]], *, add: bool = False) -> Run:
    """Submit the import of a whole folder: files by their paths in it, of which each has the name of its class.

    Raises:
        VitrineError: when a name cannot be one, no image lies in a folder of its class, or the disk is full.
    """
    found = find_classes(files)
    if not found.members:
        raise VitrineError("folder_without_classes", name=next(iter(files), "").partition("/")[0])
    return _import(name, "folder.zip", files, add)


def _import(name: str, file_name: str, members: Mapping[str, IO[bytes]], add: bool) -> Run:
    with packed(members) as file:
        return tasks.import_uploads(name, [(file_name, file)], add=add)


def submit(kind: Kind, dataset: Dataset) -> Run:
    """Submit the packing of a version for a download, or the search for duplicates in it; not twice at once."""
    job = last(kind, dataset)
    if job is not None and job.active:
        return job
    return jobs.submit(kind, dataset.name, {"data": dataset.name, "data_version": dataset.version})


def last(kind: Kind, dataset: Dataset) -> Run | None:
    """The newest job of that kind about this version, whatever became of it."""
    return jobs.newest(kind, lambda job: (job.data, job.data_version) == (dataset.name, dataset.version))
