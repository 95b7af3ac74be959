"""A new version of a dataset without some of its images, or with some under another class. The version before stays."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from core.data.attributes import copy_attributes
from core.data.drafts import Draft, draft
from core.data.imageset import CHUNK, cached_sides, write_cache
from core.data.versions import EMBEDDED, Dataset, get_dataset, name_now
from core.errors import VitrineError

_CHANGED = "-corrected"


def correct(dataset: Dataset, left_out: Collection[int], relabelled: Mapping[int, int]) -> Dataset:
    """Make the corrected version: the newest of the dataset's name, or of a name of its own for one that comes with Vitrine.

    Args:
        left_out: rows of the manifest.
        relabelled: row → number of the class that it shows.

    Raises:
        VitrineError: ``class_too_small`` or ``test_empty`` when too little would be left, ``disk_full``; nothing is made then.
    """
    table = dataset.manifest().to_pydict()
    kept = [row for row in range(len(table["label"])) if row not in left_out]
    for row, label in relabelled.items():
        table["label"][row] = label
    columns = {key: [column[row] for row in kept] for key, column in table.items()}
    check_amounts(dataset.classes, columns)
    return remade(dataset, kept, columns, f"{len(left_out)} left out, {len(relabelled)} under another class")


def rows_named(dataset: Dataset, paths: Collection[str]) -> dict[str, list[int]]:
    """The rows of the images of each path, as the ZIP that they came in named them.

    Raises:
        VitrineError: ``image_unknown`` naming the first path that no image has.
    """
    found: dict[str, list[int]] = {path: [] for path in paths}
    known = dataset.manifest("path")["path"].to_pylist()
    for row, path in enumerate(known):
        if path in found:
            found[path].append(row)
    for path, rows in found.items():
        if not rows:
            raise VitrineError("image_unknown", path=path, name=dataset.name, example=known[0])
    return found


def own_name(dataset: Dataset) -> str:
    """The name that a changed version gets: what the dataset is called by now, unless it belongs to the product."""
    return dataset.name + _CHANGED if dataset.embedded else name_now(dataset.name, dataset.version)


def base_name(name: str) -> str:
    """The other way: the name of what comes with Vitrine, for the changed copy of it. Their test images are the same."""
    base = name.removesuffix(_CHANGED)
    return base if (EMBEDDED / base).is_dir() else name


def newest(dataset: Dataset) -> Dataset:
    """What a version with more images follows: of what comes with Vitrine the changed copy, once there is one."""
    try:
        return get_dataset(own_name(dataset))
    except VitrineError:  # nothing was changed yet of what comes with Vitrine
        return dataset


def remade(dataset: Dataset, rows: Sequence[int], columns: Mapping[str, list[Any]], changes: str) -> Dataset:
    """Make a version of those rows of another, in that order, with what was derived from them.

    Args:
        columns: the new manifest, in the order of `rows`; images of a split stand together.
        changes: what was done, for the version's ``source``.

    Raises:
        VitrineError: ``disk_full``; nothing is made then.
    """
    with draft(own_name(dataset), derived=True) as made:
        if dataset.embedded:
            copy_originals(made, dataset, rows, columns)
        else:
            made.rows = dict(columns)
        copy_attributes(dataset, made.folder)
        for side, pixels in cached_sides(dataset):
            chunks = (pixels[rows[start : start + CHUNK]] for start in range(0, len(rows), CHUNK))
            write_cache(made.folder / "cache", side, len(rows), chunks)
        source = f"{dataset.name}, version {dataset.version}: {changes}"
        return made.publish(dataset.classes, source, dataset.licence, dataset.skipped)


def check_amounts(classes: Sequence[str], columns: Mapping[str, list[Any]]) -> None:
    """Whether every class can be learnt, and anything be tested.

    Raises:
        VitrineError: ``class_too_small`` or ``test_empty``.
    """
    labels, train = np.asarray(columns["label"]), np.asarray(columns["split"]) == "train"
    for count, name in zip(np.bincount(labels[train], minlength=len(classes)), classes, strict=True):
        if count < 2:
            raise VitrineError("class_too_small", name=name)
    if train.all():
        raise VitrineError("test_empty")


def copy_originals(made: Draft, dataset: Dataset, kept: Sequence[int], columns: Mapping[str, list[Any]]) -> None:
    """The images of what comes with Vitrine: they lie in the repository, where a version of the user's own does not look.

    Args:
        kept: rows of the dataset.
        columns: their new manifest, in that order.
    """
    for start in range(0, len(kept), CHUNK):
        for place, data in enumerate(dataset.originals(kept[start : start + CHUNK]), start):
            keys = ("path", "split", "label", "width", "height")
            made.add(data, *(columns[key][place] for key in keys))
