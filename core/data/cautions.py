"""What of a dataset will hurt training or make its test worth little, as messages that say what to do."""

from collections.abc import Iterator

import numpy as np

from core.data.duplicates import Duplicates
from core.data.profile import Profile, Sizes
from core.data.versions import Dataset
from core.errors import VitrineError

UNBALANCED = 3.0  # largest over smallest class
LEAKING = 0.05  # share of the test that is training too, from which nothing weighs more
FEW, FEW_TEST = 20, 10  # images of a class
NAMED = 5  # classes in a sentence
TINY = 8  # pixels of the shorter side, below which little can be told
COARSE = 64  # pixels: larger pictures look alike once they are made small, whatever they were
MIXED, TELLING = 4.0, 2.0  # large over small pictures, and over the classes' medians
ELONGATED, OFTEN = 2.0, 0.1  # longer over shorter side, and the share of pictures from which it is said
GREY = 0.05  # share of the rarer kind among grey and coloured pictures


def cautions(
    dataset: Dataset, sizes: Sizes, profile: Profile | None = None, duplicates: Duplicates | None = None
) -> list[VitrineError]:
    """What to be warned of, what weighs most first.

    Args:
        profile: None where the pictures cannot be read.
        duplicates: where somebody has looked for pictures that are alike.
    """
    found = [VitrineError("data_conflicting", n=profile.conflicting)] if profile and profile.conflicting else []
    leaks, amounts = list(_leaks(dataset, duplicates)), list(_amounts(dataset))
    grave = any(leak.params["n"] >= LEAKING * leak.params["total"] for leak in leaks)
    found += leaks + amounts if grave else amounts + leaks
    if profile is not None:
        found += _pictures(dataset, profile)
    return [*found, *_sizes(dataset, sizes)]


def _leaks(dataset: Dataset, duplicates: Duplicates | None) -> Iterator[VitrineError]:
    total = dataset.size("test")
    if duplicates is not None and len(duplicates.leaked) > dataset.copies:
        yield VitrineError("data_leak", n=len(duplicates.leaked), total=total)
    elif dataset.copies:
        yield VitrineError("data_copies", n=dataset.copies, total=total)


def _amounts(dataset: Dataset) -> Iterator[VitrineError]:
    train, test = dataset.counts["train"], dataset.counts["test"]
    small, large = min(train, key=train.__getitem__), max(train, key=train.__getitem__)
    if train[large] > UNBALANCED * train[small]:
        yield VitrineError("data_unbalanced", large=large, small=small, ratio=train[large] / max(train[small], 1))
    few = sorted((name for name, count in train.items() if count < FEW), key=train.__getitem__)
    if len(few) == 1:
        yield VitrineError("data_few", name=small, found=train[small], needed=FEW)
    elif few:
        names = ", ".join([*few[:NAMED], *(["…"] if len(few) > NAMED else [])])
        yield VitrineError("data_few_classes", n=len(few), names=names, found=train[small], needed=FEW)
    untested = [name for name, count in test.items() if not count]
    if untested:
        yield VitrineError("data_untested", names=", ".join(untested))
    rarest = min(test, key=lambda name: (not test[name], test[name]))
    if 0 < test[rarest] < FEW_TEST:
        yield VitrineError("data_few_test", name=rarest, found=test[rarest], points=100 / test[rarest])


def _pictures(dataset: Dataset, profile: Profile) -> Iterator[VitrineError]:
    counts = np.array([dataset.counts["train"][name] for name in dataset.classes])
    grey = np.array(profile.grey)
    share = grey.sum() / counts.sum()
    if GREY <= share <= 1 - GREY:
        name = dataset.classes[int(np.argmax(grey / np.maximum(counts, 1)))]
        most = float((grey / np.maximum(counts, 1)).max())
        yield VitrineError("data_grey", share=float(share), name=name, most=most)


def _sizes(dataset: Dataset, sizes: Sizes) -> Iterator[VitrineError]:
    shorter = sizes.shorter
    low, median, high = (int(size) for size in np.quantile(shorter, (0.05, 0.5, 0.95)))
    if median < TINY:
        yield VitrineError("data_tiny", median=median, least=TINY)
    medians = [int(np.median(shorter[sizes.label == label])) for label in np.unique(sizes.label)]
    smallest, largest = int(np.argmin(medians)), int(np.argmax(medians))
    if medians[smallest] < COARSE and medians[largest] >= TELLING * medians[smallest]:
        names = {"small": dataset.classes[smallest], "large": dataset.classes[largest]}
        yield VitrineError("data_size_tells", **names, low=medians[smallest], high=medians[largest])
    elif low < COARSE and high >= MIXED * low:
        yield VitrineError("data_mixed", low=low, high=high)
    long = float((np.maximum(sizes.width, sizes.height) > ELONGATED * shorter).mean())
    if long >= OFTEN:
        yield VitrineError("data_long", share=long)
