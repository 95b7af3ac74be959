"""More images for a dataset: a new version, of which the one before is a part."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.data.archives import open_archive
from core.data.attributes import copy_attributes
from core.data.corrections import check_amounts, copy_originals, own_name
from core.data.drafts import Draft, draft
from core.data.imageset import CHUNK, cached_sides, write_cache
from core.data.importing import (
    SIDE,
    File,
    Photo,
    Progress,
    files_in,
    files_of,
    layout_of,
    natural,
    read_images,
    with_test_split,
)
from core.data.layout import Split
from core.data.versions import Dataset
from core.errors import VitrineError

THERE = "image_there_already"


def add_zip(dataset: Dataset, file: Path, progress: Progress, stopped: Callable[[], bool]) -> Dataset:
    """Make the version with the images of a ZIP with a folder per class behind those that there are.

    They become training images, so that the test stays what it was, unless folders ``train`` and ``test`` say otherwise. A class that
    is new comes behind the others, and a fifth of it is held out for the test. Files that the dataset has already, byte by byte, are
    left out and named in ``skipped``, as is what cannot be read.

    Args:
        progress, stopped: as in :func:`core.data.importing.import_zip`.

    Raises:
        VitrineError: when the archive is refused, ``nothing_new``, ``class_too_small``, ``test_empty``, ``dataset_changed``, ``disk_full``,
            or it was stopped; nothing is made then.
    """
    with open_archive(file) as archive:
        layout = layout_of(archive)
        named = {member.label for member in layout.members}
        classes = [*dataset.classes, *sorted(named - set(dataset.classes), key=natural)]
        files, total = files_in([(archive, layout)]), len(layout.members)
        outside = layout.outside
        return _added(dataset, classes, files, total, progress, stopped, outside, held_out=not layout.has_splits)


def add_photos(
    dataset: Dataset,
    photos: Sequence[Photo],
    progress: Progress = lambda done, total: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Dataset:
    """Make the version with those photos, of classes that there are, behind the other training images; else as :func:`add_zip`.

    Raises:
        VitrineError: ``photos_none``, or as :func:`add_zip`.
    """
    if not photos:
        raise VitrineError("photos_none", name=dataset.name)
    return _added(dataset, dataset.classes, files_of(photos), len(photos), progress, stopped)


def _added(
    dataset: Dataset,
    classes: Sequence[str],
    files: Iterable[File],
    total: int,
    progress: Progress,
    stopped: Callable[[], bool],
    outside: Sequence[str] = (),
    *,
    held_out: bool = False,
) -> Dataset:
    """The version with those files behind the others.

    Args:
        total: how many files there are.
        outside: names of files of no class.
        held_out: whether a fifth of each new class is for the test.
    """
    with draft(own_name(dataset), derived=True) as made:
        known = dataset.manifest().to_pydict()
        before = len(known["label"])
        if dataset.embedded:
            copy_originals(made, dataset, range(before), known)
        else:
            made.rows = known
        skipped = read_images(made, files, total, classes, progress, stopped, outside)
        there = set(made.rows["sha256"][:before])
        read = range(before, len(made.rows["label"]))
        new = [row for row in read if made.rows["sha256"][row] not in there]
        again = [made.rows["path"][row] for row in read if made.rows["sha256"][row] in there]
        skipped += [{"path": path, "code": THERE, "params": {"name": dataset.name}} for path in again]
        if not new:
            raise VitrineError("nothing_new", n=total, name=dataset.name)
        splits = _splits(made, new, len(dataset.classes), held_out=held_out)
        order = np.array([*range(before), *new])
        tested = np.array([splits[row] == "test" for row in order.tolist()])
        rows = order[np.argsort(tested, kind="stable")]  # images of a split stand together, as imports write them
        made.reorder(rows.tolist(), [splits[row] for row in rows])
        check_amounts(classes, made.rows)
        _keep_pixels(made, dataset, rows)
        copy_attributes(dataset, made.folder)
        source = f"{dataset.name}, version {dataset.version}: {len(new)} more"
        return made.publish(classes, source, dataset.licence, [*dataset.skipped, *skipped])


def _splits(made: Draft, new: Sequence[int], old_classes: int, *, held_out: bool) -> list[Split]:
    """The split of every row; of classes that are new a fifth is for the test, where no folder said anything."""
    splits: list[Split] = list(made.rows["split"])
    rows = [row for row in new if made.rows["label"][row] >= old_classes]
    if held_out and rows:
        labels = np.array([made.rows["label"][row] for row in rows])
        drawn = with_test_split(labels, [made.rows["sha256"][row] for row in rows])
        for row, split in zip(rows, drawn, strict=True):
            splits[row] = split
    return splits


def _keep_pixels(made: Draft, dataset: Dataset, rows: np.ndarray) -> None:
    """The cache that imports make, a part in memory at a time; the other sides are made on first use."""
    spool = made.folder / "pixels"
    known: np.ndarray[Any, Any] | None = dict(cached_sides(dataset)).get(SIDE)
    if known is not None:
        added = np.memmap(spool, np.uint8, "r").reshape(-1, SIDE, SIDE, 3)
        parts = (rows[start : start + CHUNK].tolist() for start in range(0, len(rows), CHUNK))
        both = (np.stack([known[n] if n < len(known) else added[n - len(known)] for n in part]) for part in parts)
        write_cache(made.folder / "cache", SIDE, len(rows), both)
    spool.unlink()
