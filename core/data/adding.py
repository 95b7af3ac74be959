"""More images for a dataset, out of a ZIP with a folder per class: a new version, of which the one before is a part."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.data.archives import open_archive
from core.data.attributes import copy_attributes
from core.data.corrections import check_amounts, copy_originals, own_name
from core.data.drafts import Draft, draft
from core.data.imageset import cached_sides, in_order, write_cache
from core.data.importing import SIDE, Progress, layout_of, natural, read_images, with_test_split
from core.data.layout import Split
from core.data.versions import Dataset
from core.errors import VitrineError


def add_zip(dataset: Dataset, file: Path, progress: Progress, stopped: Callable[[], bool]) -> Dataset:
    """Make the version with the images of a ZIP behind those that there are.

    They become training images, so that the test stays what it was, unless folders ``train`` and ``test`` say otherwise. A class that
    is new comes behind the others, and a fifth of it is held out for the test. Files that the dataset has already, byte by byte, are
    left out and named in ``skipped``, as is what cannot be read.

    Args:
        progress, stopped: as in :func:`core.data.importing.import_zip`.

    Raises:
        VitrineError: when the archive is refused, ``nothing_new``, ``class_too_small``, or it was stopped; nothing is made then.
    """
    with draft(own_name(dataset), derived=True) as made, open_archive(file) as archive:
        layout = layout_of(archive)
        named = {member.label for member in layout.members}
        classes = [*dataset.classes, *sorted(named - set(dataset.classes), key=natural)]
        known = dataset.manifest().to_pydict()
        before = len(known["label"])
        if dataset.embedded:
            copy_originals(made, dataset, range(before), known)
        else:
            made.rows = known
        skipped = read_images(made, [(archive, layout)], classes, progress, stopped)
        there = set(made.rows["sha256"][:before])
        new = []
        for row in range(before, len(made.rows["label"])):
            if made.rows["sha256"][row] in there:
                path = made.rows["path"][row]
                skipped.append({"path": path, "code": "image_there_already", "params": {"name": dataset.name}})
            else:
                new.append(row)
        if not new:
            raise VitrineError("nothing_new", n=len(layout.members), file=archive.name, name=dataset.name)
        splits = _splits(made, new, len(dataset.classes), held_out=not layout.has_splits)
        order = np.array([*range(before), *new])
        tested = np.array([splits[row] == "test" for row in order.tolist()])
        rows = order[np.argsort(tested, kind="stable")].tolist()
        made.reorder(rows, [splits[row] for row in rows])
        check_amounts(classes, made.rows)
        _keep_pixels(made, dataset, rows)
        copy_attributes(dataset, made.folder)
        source = f"{dataset.name} {dataset.version}: {len(new)} more"
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


def _keep_pixels(made: Draft, dataset: Dataset, rows: Sequence[int]) -> None:
    """The cache that imports make; the others are made on first use."""
    spool = made.folder / "pixels"
    known: np.ndarray[Any, Any] | None = dict(cached_sides(dataset)).get(SIDE)
    if known is not None:
        added = np.memmap(spool, np.uint8, "r").reshape(-1, SIDE, SIDE, 3)
        write_cache(made.folder / "cache", SIDE, len(rows), in_order(known, added, rows))
    spool.unlink()
