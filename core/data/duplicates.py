"""Pictures that are there twice: pixel by pixel, or nearly so, within a split or across. NumPy only.

Two pictures count as nearly the same when they correlate at 8 × 8 pixels, which is quick to tell, and in their fine detail as well:
two ships on two seas agree in all but that. Brightness and contrast play no part, and mirrored ones are found too. Pictures without
detail, or of too few pixels for it, must be equal.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.data.imageset import load_split
from core.data.versions import Dataset

SIDE = 32  # at which pictures are compared
COARSE = 8
COARSELY, FINELY = 0.94, 0.5  # least correlations: of the coarse pixels, and of what those leave out
SMALLEST = 16  # pixels a side of the file, below which any two drawings of a thing are alike
FLAT = 4.0  # of 255: a picture whose coarse pixels deviate less has nothing to compare
MOST = 1000  # pairs that are remembered
BLOCK = 2000  # pictures compared with all others at once


@dataclass(frozen=True)
class Pair:
    """Two pictures that are alike: rows of the dataset's manifest, the first the smaller.

    Attributes:
        kind: ``exact`` (the same pixels), ``near`` or ``mirrored``.
        likeness: correlation of the fine detail, 1 at most.
    """

    first: int
    second: int
    kind: str
    likeness: float


@dataclass(frozen=True)
class Duplicates:
    """What was found among `n` pictures.

    Attributes:
        pairs: the most alike, those across training and test first; at most :data:`MOST`.
        across, training, test: how many pairs there are in all: of a training and a test picture, and within the splits.
        leaked: rows of test pictures that training has too, or nearly.
        conflicting: how many of all pairs stand under two classes.
    """

    n: int
    pairs: list[Pair]
    across: int
    training: int
    test: int
    leaked: list[int]
    conflicting: int

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "Duplicates":
        return cls(**{**fields, "pairs": [Pair(**pair) for pair in fields["pairs"]]})


def find_duplicates(
    dataset: Dataset, report: Callable[[int, int], None], stopped: Callable[[], bool]
) -> Duplicates | None:
    """Compare every picture of the dataset with every other; None when it was stopped.

    Args:
        report: told of pictures done and in all.
    """
    train, test = load_split(dataset, "train", SIDE), load_split(dataset, "test", SIDE)
    pixels = np.concatenate([np.asarray(train.pixels[:]), np.asarray(test.pixels[:])])
    labels, rows = np.concatenate([train.labels, test.labels]), np.concatenate([train.rows, test.rows])
    is_test = np.arange(len(rows)) >= len(train)
    size = dataset.manifest("width", "height")
    large = np.minimum(size["width"].to_numpy(), size["height"].to_numpy())[rows] >= SMALLEST
    pairs: list[tuple[int, int, str, float]] = []
    for done, found in _alike(pixels, large):
        if stopped():
            return None
        pairs += found
        report(done, len(pixels))
    across = [bool(is_test[one] != is_test[other]) for one, other, _kind, _likeness in pairs]
    order = sorted(range(len(pairs)), key=lambda place: (not across[place], -pairs[place][3]))
    told = []
    for one, other, kind, likeness in (pairs[place] for place in order[:MOST]):
        first, second = sorted((int(rows[one]), int(rows[other])))
        told.append(Pair(first, second, kind, round(likeness, 4)))
    leaked = {one if is_test[one] else other for (one, other, *_), both in zip(pairs, across, strict=True) if both}
    return Duplicates(
        n=len(pixels),
        pairs=told,
        across=sum(across),
        training=sum(not (is_test[one] or is_test[other]) for one, other, *_ in pairs),
        test=sum(bool(is_test[one] and is_test[other]) for one, other, *_ in pairs),
        leaked=sorted(int(rows[place]) for place in leaked),
        conflicting=sum(bool(labels[one] != labels[other]) for one, other, *_ in pairs),
    )


def _alike(pixels: np.ndarray, large: np.ndarray) -> Iterator[tuple[int, list[tuple[int, int, str, float]]]]:
    """Pairs of positions with their kind and likeness, block by block, after how many pictures are done."""
    coarse, comparable = _coarse(pixels)
    comparable &= large
    mirrored = coarse.reshape(len(pixels), COARSE, COARSE, 3)[:, :, ::-1].reshape(len(pixels), -1)
    exact = _equal(pixels)
    for start in range(0, len(pixels), BLOCK):
        end = min(start + BLOCK, len(pixels))
        block = [pair for pair in exact if start <= pair[0] < end]
        known = {pair[:2] for pair in block}
        for kind, other_way in (("near", coarse), ("mirrored", mirrored)):
            likeness = coarse[start:end] @ other_way[start:].T
            for one, other in np.argwhere(likeness > COARSELY).tolist():
                first, second = start + one, start + other
                if second <= first or (first, second) in known or not (comparable[first] and comparable[second]):
                    continue
                there = pixels[second][:, ::-1] if kind == "mirrored" else pixels[second]
                fine = float(_detail(pixels[first]) @ _detail(there))
                if fine > FINELY:
                    known.add((first, second))
                    block.append((first, second, kind, fine))
        yield end, block


def _detail(picture: np.ndarray) -> np.ndarray:
    """What each grey pixel has over the mean of its 3 × 3 surroundings, as a unit vector."""
    grey = picture.mean(axis=2, dtype=np.float32)
    around = np.pad(grey, 1, mode="edge")
    mean = sum(around[y : y + SIDE, x : x + SIDE] for y in range(3) for x in range(3)) / 9
    detail = (grey - mean).ravel()
    detail -= detail.mean()
    return detail / max(float(np.linalg.norm(detail)), 1e-6)


def _coarse(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each picture as a unit vector of its coarse pixels less their mean, and whether there is anything to see in it."""
    size = SIDE // COARSE
    small = pixels.reshape(len(pixels), COARSE, size, COARSE, size, 3).mean((2, 4), dtype=np.float32)
    small = small.reshape(len(pixels), -1)
    small -= small.mean(axis=1, keepdims=True)
    length = np.linalg.norm(small, axis=1)
    return small / np.maximum(length, 1e-6)[:, None], length / small.shape[1] ** 0.5 > FLAT


def _equal(pixels: np.ndarray) -> list[tuple[int, int, str, float]]:
    """Pairs of the same pixels: each picture with the first that is like it."""
    first: dict[bytes, int] = {}
    pairs = []
    for place, picture in enumerate(pixels):
        before = first.setdefault(picture.tobytes(), place)
        if before != place:
            pairs.append((before, place, "exact", 1.0))
    return pairs
