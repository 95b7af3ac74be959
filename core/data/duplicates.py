"""Pictures that are there twice: pixel by pixel, or nearly so, within a split or across. Without torch.

Two pictures count as nearly the same when they agree at 8 × 8 pixels, which is quick to tell, and in their fine detail as well: two
ships on two grey seas agree in all but that. How much detail must agree depends on the dataset, since all shoes on a black ground are
much alike: they must differ half as much as even those few pictures do that are most like their fifth likest. Brightness and contrast play no part, but a
red and a green square are two pictures. Mirrored ones are found too. Pictures without detail, or of too few pixels for it, must be equal.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core import files
from core.data.imageset import load_split
from core.data.versions import Dataset

SIDE = 32  # at which pictures are compared
COARSE = 8
COARSELY, FINELY = 0.94, 0.5  # least correlations: of the coarse pixels, and of what those leave out
COLOURED = 0.1  # share of what can be told of coarse pixels; pictures with more colour than that have to agree in it …
SAME_COLOURS = 0.5  # … by this correlation at least
FLAT = 4.0  # of 255: a picture whose coarse pixels deviate less has nothing to compare
SMALLEST = 16  # pixels a side of the file, below which any two drawings of a thing are alike
LIKEST = 5  # others that a picture is compared with in detail
SAMPLE, RARE = 2000, 0.99  # pictures whose fifth likest are looked at, and the share of them that must be less alike
MOST = 1000  # pairs that are remembered
BLOCK = 500  # pictures compared with all others at once


@dataclass(frozen=True)
class DuplicatePair:
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
        pairs: to be looked at, those across training and test first, then the likest; at most :data:`MOST`.
        leaked: rows of test pictures that training has too, or nearly.
        copies: rows of the training pictures that those are like.
        training, test: how many pictures of each split repeat another one of it.
        conflicting: how many groups of pictures that are alike stand under several classes.
    """

    n: int
    pairs: list[DuplicatePair]
    leaked: list[int]
    copies: list[int]
    training: int
    test: int
    conflicting: int

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "Duplicates":
        return cls(**{**fields, "pairs": [DuplicatePair(**pair) for pair in fields["pairs"]]})


def kept_at(dataset: Dataset) -> Path:
    """Where the finding lies: with what is derived of the version."""
    return dataset.cache / "duplicates.json"


def keep_duplicates(dataset: Dataset, found: Duplicates) -> None:
    """Store a finding, whole or not at all, as studies of runs are: it is of no model."""
    files.replace(kept_at(dataset), json.dumps(asdict(found) | {"sealed": None}))


def kept_duplicates(dataset: Dataset) -> Duplicates | None:
    """What was found; None where nobody looked."""
    with suppress(OSError, ValueError, KeyError, TypeError):  # not there, damaged, or another version's
        fields = json.loads(kept_at(dataset).read_text(encoding="utf-8"))
        del fields["sealed"]
        return Duplicates.from_json(fields)
    return None


def find_duplicates(
    dataset: Dataset, report: Callable[[float, float], None], stopped: Callable[[], bool]
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

    firsts, same_as = _distinct(pixels)
    pairs = [(first, place, "exact", 1.0) for place, first in enumerate(same_as.tolist()) if place != first]
    for done, block in _near(pixels[firsts], large[firsts]):
        if stopped():
            return None
        pairs += [(int(firsts[one]), int(firsts[other]), kind, likeness) for one, other, kind, likeness in block]
        report(done, len(firsts))
    return _told(pairs, rows, labels, is_test)


def _told(
    pairs: list[tuple[int, int, str, float]], rows: np.ndarray, labels: np.ndarray, is_test: np.ndarray
) -> Duplicates:
    """The finding about pairs of positions; who is alike to a picture that is alike to a third is of one group with it."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = np.array([pair[:2] for pair in pairs], np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), (len(rows), len(rows)))
    group = connected_components(graph, directed=False)[1]
    training, test = (np.bincount(group[split], minlength=group.max() + 1) for split in (~is_test, is_test))
    shared = ((training > 0) & (test > 0))[group]
    classes = np.unique(np.stack([group, labels], 1), axis=0)[:, 0]
    order = sorted(pairs, key=lambda pair: (is_test[pair[0]] == is_test[pair[1]], -pair[3]))
    shown = []
    for one, other, kind, likeness in order[:MOST]:
        first, second = sorted((int(rows[one]), int(rows[other])))
        shown.append(DuplicatePair(first, second, kind, round(likeness, 4)))
    return Duplicates(
        n=len(rows),
        pairs=shown,
        leaked=rows[shared & is_test].tolist(),
        copies=rows[shared & ~is_test].tolist(),
        training=int(np.maximum(training - 1, 0).sum()),
        test=int(np.maximum(test - 1, 0).sum()),
        conflicting=int((np.bincount(classes) > 1).sum()),
    )


def _distinct(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions of pictures that no earlier one equals, and for each picture the first that equals it, which may be itself."""
    first: dict[bytes, int] = {}
    same_as = np.array([first.setdefault(picture.tobytes(), place) for place, picture in enumerate(pixels)])
    return np.unique(same_as), same_as


def _near(pixels: np.ndarray, large: np.ndarray) -> Iterator[tuple[int, list[tuple[int, int, str, float]]]]:
    """Pairs of positions with their kind and likeness, block by block, after how many pictures are done."""
    coarse, has_shape = _coarse(pixels)
    comparable = np.flatnonzero(has_shape & large)
    if not len(comparable):
        return
    coarse, detail = coarse[comparable], _detail(pixels[comparable])
    mirrored = {
        "coarse": coarse.reshape(-1, COARSE, COARSE, 3)[:, :, ::-1].reshape(coarse.shape),
        "detail": detail.reshape(-1, SIDE, SIDE)[:, :, ::-1].reshape(detail.shape),
    }
    least = max(FINELY, (1 + _usual(coarse, detail)) / 2)
    for start in range(0, len(comparable), BLOCK):
        here = np.arange(start, min(start + BLOCK, len(comparable)))
        found: dict[tuple[int, int], tuple[str, float]] = {}
        for kind, others, details in (
            ("near", coarse, detail),
            ("mirrored", mirrored["coarse"], mirrored["detail"]),
        ):
            first, second = _likest(here, coarse, others)
            fine = np.einsum("ij,ij->i", detail[first], details[second])
            for place in np.flatnonzero((fine > least) & _same_colours(coarse[first], others[second])):
                pair = (int(first[place]), int(second[place]))
                if pair[0] < pair[1]:  # the other way round it is found as well
                    found.setdefault(pair, (kind, float(fine[place])))
        pairs = [(int(comparable[one]), int(comparable[other]), *what) for (one, other), what in found.items()]
        yield int(here[-1]) + 1 + len(pixels) - len(comparable), pairs


def _likest(here: np.ndarray, coarse: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each picture `here` those of the others that are likest at coarse pixels, if they are as like as :data:`COARSELY`: who, and whom."""
    likeness = coarse[here] @ others.T
    likeness[np.arange(len(here)), here] = -1  # itself
    first, second = np.nonzero(likeness > COARSELY)
    many = np.flatnonzero(np.bincount(first, minlength=len(here)) > LIKEST)
    few = ~np.isin(first, many)
    chosen = _largest(likeness[many])
    first = np.concatenate([first[few], many.repeat(LIKEST)])
    return here[first], np.concatenate([second[few], chosen.ravel()])


def _largest(likeness: np.ndarray) -> np.ndarray:
    """Where the largest of each row are, `[n, LIKEST]`, the largest first; they are struck out. A partition would take twice the memory."""
    places = np.empty((len(likeness), LIKEST), np.int64)
    for rank in range(LIKEST):
        places[:, rank] = likeness.argmax(axis=1)
        np.put_along_axis(likeness, places[:, rank, None], -np.inf, axis=1)
    return places


def _usual(coarse: np.ndarray, detail: np.ndarray) -> float:
    """The detail that all but a hundredth of pictures have less of in common with their fifth likest; 0 where there are few."""
    if len(coarse) <= 2 * LIKEST:
        return 0.0
    sample = np.unique(np.linspace(0, len(coarse) - 1, min(SAMPLE, len(coarse))).astype(int))
    fifth = []
    for start in range(0, len(sample), BLOCK):
        here = sample[start : start + BLOCK]
        likeness = coarse[here] @ coarse.T
        likeness[np.arange(len(here)), here] = -1  # itself
        fine = np.einsum("ij,ikj->ik", detail[here], detail[_largest(likeness)])
        fifth.append(fine.min(axis=1))
    return float(np.quantile(np.concatenate(fifth), RARE))


def _coarse(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each picture as a unit vector of its coarse pixels less their mean, and whether there is anything to see in it."""
    size = SIDE // COARSE
    small = pixels.reshape(len(pixels), COARSE, size, COARSE, size, 3).mean((2, 4), dtype=np.float32)
    small = small.reshape(len(pixels), -1)
    small -= small.mean(axis=1, keepdims=True)
    length = np.linalg.norm(small, axis=1)
    return small / np.maximum(length, 1e-6)[:, None], length / small.shape[1] ** 0.5 > FLAT


def _same_colours(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Of pairs of coarse pictures `[n, 192]`: whether the same places have the same colours, where both have any: bool `[n]`."""
    colours = []
    for coarse in (one, other):
        pixel = coarse.reshape(len(coarse), COARSE**2, 3)
        opponents = pixel[:, :, :2] - pixel[:, :, 1:]  # red less green, green less blue: a grey has neither
        colours.append(opponents - opponents.mean(axis=1, keepdims=True))
    common = np.einsum("ijk,ijk->i", *colours)
    first, second = (np.sqrt(np.einsum("ijk,ijk->i", part, part)) for part in colours)
    return (np.minimum(first, second) < COLOURED) | (common > SAME_COLOURS * first * second)


def _detail(pixels: np.ndarray) -> np.ndarray:
    """What each grey pixel has over the mean of its 3 × 3 surroundings, as unit vectors float32 `[n, side²]`."""
    grey = pixels.mean(axis=3, dtype=np.float32)
    around = np.pad(grey, ((0, 0), (1, 1), (1, 1)), mode="edge")
    for y in range(3):
        for x in range(3):
            grey -= around[:, y : y + SIDE, x : x + SIDE] / 9
    detail = grey.reshape(len(pixels), -1)
    detail -= detail.mean(axis=1, keepdims=True)
    detail /= np.maximum(np.linalg.norm(detail, axis=1, keepdims=True), 1e-6)
    return detail
