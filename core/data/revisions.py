"""The history of a dataset: what each version changed, an earlier one made current again, the images divided anew."""

from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np

from core.data.corrections import check_amounts, remade
from core.data.importing import with_test_split
from core.data.versions import Dataset, get_dataset, visible_versions
from core.errors import VitrineError

SHARES = (0.05, 0.5)  # of the images that may be held out for the test


@dataclass(frozen=True)
class Change:
    """What differs from the version before, in images.

    Attributes:
        added, removed: files.
        relabelled: files that stand under another class.
        moved: files that went from training to the test, or back.
    """

    added: int
    removed: int
    relabelled: int
    moved: int


def history(name: str) -> list[Dataset]:
    """The versions of a dataset, the current one first."""
    return [get_dataset(name, number) for number in reversed(visible_versions(name))]


def change_of(dataset: Dataset) -> Change | None:
    """What a version changed of the one that it follows; None for the first, or where that one is gone."""
    try:
        return change(get_dataset(dataset.name, dataset.parent), dataset) if dataset.parent else None
    except VitrineError:
        return None


def change(before: Dataset, after: Dataset) -> Change:
    """What `after` has that `before` had not, or had elsewhere. An image is its file, byte by byte."""
    old, new = _places(before), _places(after)
    both = old.keys() & new.keys()
    counts = Counter({digest: len(places) for digest, places in new.items()})
    counts.subtract({digest: len(places) for digest, places in old.items()})
    return Change(
        added=sum(count for count in counts.values() if count > 0),
        removed=-sum(count for count in counts.values() if count < 0),
        relabelled=sum({name for name, _ in old[digest]} != {name for name, _ in new[digest]} for digest in both),
        moved=sum({split for _, split in old[digest]} != {split for _, split in new[digest]} for digest in both),
    )


def make_current(dataset: Dataset) -> Dataset:
    """A new version with what an earlier one has: the newest of a name is what trains. All versions between stay.

    Raises:
        VitrineError: ``dataset_current`` for the newest, ``disk_full``.
    """
    if dataset.version == get_dataset(dataset.name).version:
        raise VitrineError("dataset_current", name=dataset.name, version=dataset.version)
    return remade(dataset, range(dataset.images), dataset.manifest().to_pydict(), "made current again")


def divide(dataset: Dataset, share: float, seed: int) -> Dataset:
    """A new version with other test images: that share of every class, the same ones for the same seed. Copies of a file stay together.

    Raises:
        VitrineError: ``split_share``, ``split_seed``, ``split_same``, ``class_too_small`` or ``disk_full``; nothing is made then.
    """
    low, high = SHARES
    if not low <= share <= high:
        raise VitrineError("split_share", share=share, low=low, high=high)
    if seed < 0:
        raise VitrineError("split_seed", seed=seed)
    table = dataset.manifest().to_pydict()
    splits = with_test_split(np.asarray(table["label"], np.int64), table["sha256"], share, seed)
    if splits == table["split"]:
        raise VitrineError("split_same")
    rows = np.argsort(np.asarray(splits) == "test", kind="stable").tolist()
    columns = {key: [column[row] for row in rows] for key, column in (table | {"split": splits}).items()}
    check_amounts(dataset.classes, columns)
    held_out = f"{splits.count('test')} of {len(splits)} images for the test"
    return remade(
        dataset, rows, columns, f"{held_out}, {share:.0%} of each class as near as whole images allow (seed {seed})"
    )


def _places(dataset: Dataset) -> dict[str, list[tuple[str, str]]]:
    """Class and split of every copy of each file."""
    table = dataset.manifest("sha256", "label", "split").to_pydict()
    places = defaultdict(list)
    for digest, label, split in zip(table["sha256"], table["label"], table["split"], strict=True):
        places[digest].append((dataset.classes[label], split))
    return places
