"""From labelled photos to a dataset: a new one, a fifth of each class held out for the test, or a version with more training images."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from core.data.adding import THERE, add_photos
from core.data.corrections import newest
from core.data.importing import Photo, Progress, import_photos, read_file
from core.data.labelling import Target, Tray
from core.data.layout import check_class_names
from core.data.versions import Dataset, check_name, get_dataset, visible_versions
from core.errors import VitrineError

FEWEST = 3  # photos of a class of a new dataset: to train, to validate and to test by


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
    _check(standing.target, standing.labels.values())


def _check(target: Target, labels: Iterable[str]) -> None:
    check_target(target)
    check_amounts(target, Counter(labels))


def check_amounts(target: Target, counts: Mapping[str, int]) -> None:
    """Whether the photos of each class suffice.

    Raises:
        VitrineError: ``labels_none``, ``class_single`` or ``class_too_small``.
    """
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
    standing = tray.standing()
    photos = [
        Photo(standing.photos[digest].name, label, partial(read_file, tray.file(digest)))
        for digest, label in standing.labels.items()
    ]
    made = make_of(standing.target, photos, progress, stopped)
    tray.forget({*standing.labels, *standing.left_out})
    return made


def make_of(target: Target, photos: Sequence[Photo], progress: Progress, stopped: Callable[[], bool]) -> Labelled:
    """Make the new dataset, or the version in which all of them are training images: what it is tested by stays what it was.

    Raises:
        VitrineError: as :func:`make_labelled`.
    """
    _check(target, (photo.label for photo in photos))
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
