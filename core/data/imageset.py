"""Images as arrays: one split of a dataset at one side, and the stratified ways to divide it."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import psutil

from core.bundle.decoding import Decoded, shared_pool
from core.data.layout import Split
from core.data.versions import Dataset
from core.errors import VitrineError
from core.runs import locks

CHUNK = 256  # images decoded before they are written: large photos must fit in memory too


@dataclass(frozen=True)
class ImageSet:
    """Images of one split.

    Attributes:
        pixels: uint8 `[n, side, side, 3]`; a memory map, a view of one, or a :class:`Selection`.
        labels: int64 `[n]`.
        rows: int64 `[n]`, of the dataset's manifest.
    """

    pixels: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def subset(self, indices: np.ndarray, memory: int | None = None) -> "ImageSet":
        """The images at those positions: copied into memory, or left in the map if they would take half of what is free.

        Args:
            memory: bytes that are free; those of this machine unless given.
        """
        needed = len(indices) * int(np.prod(self.pixels.shape[1:]))
        free = psutil.virtual_memory().available if memory is None else memory
        fits = needed < free // 2
        pixels = self.pixels[indices] if fits else cast("np.ndarray", Selection(self.pixels, indices))
        return ImageSet(pixels, self.labels[indices], self.classes, self.rows[indices])


class Selection:
    """Some images of a memory map, read when they are asked for. Stands for an array as far as it is indexed."""

    def __init__(self, pixels: np.ndarray, places: np.ndarray) -> None:
        self._pixels, self._places = pixels, places
        self.shape = (len(places), *pixels.shape[1:])

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, key: Any) -> np.ndarray:
        return self._pixels[self._places[key]]


def load_split(dataset: Dataset, split: Split, side: int = 32) -> ImageSet:
    """One split at one side. The pixels of a side are made on first use and memory-mapped from then on.

    Raises:
        VitrineError: ``data_damaged`` when the stored images are not what the manifest says.
    """
    table = dataset.manifest("split", "label")
    rows = np.flatnonzero(table["split"].to_numpy() == split)
    pixels = _cached(dataset, side, len(table))
    # Imports write one split after the other, so a split is one stretch of the cache and needs no copy.
    stretch = pixels[rows[0] : rows[-1] + 1] if len(rows) and rows[-1] - rows[0] + 1 == len(rows) else pixels[rows]
    return ImageSet(stretch, table["label"].to_numpy()[rows].astype(np.int64), dataset.classes, rows)


def hold_out(labels: np.ndarray, share: float, seed: int, limit: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Divide images into those to train on and those held out, the same share of every class.

    Args:
        labels: int `[n]`.
        share: of each class that is held out; at least one image, but one is always left to train on.
        seed: same seed, same division.
        limit: how many to train on at most, again the same share of every class, but one of each. A smaller limit
            takes part of what a larger one takes.

    Returns:
        Two sorted arrays of positions without an overlap.
    """
    random = np.random.default_rng(seed)
    kept, held_out = [], []
    for label in np.unique(labels):
        members = random.permutation(np.flatnonzero(labels == label))
        count = min(max(1, round(share * len(members))), len(members) - 1)
        held_out.append(members[:count])
        kept.append(members[count:])
    if limit is not None:
        kept = [members[:count] for members, count in zip(kept, _shares([len(m) for m in kept], limit), strict=True)]
    return np.sort(np.concatenate(kept)), np.sort(np.concatenate(held_out))


def natural_side(dataset: Dataset) -> int:
    """Pixels of the images' shorter side as they came; the median."""
    sides = np.minimum(*(column.to_numpy() for column in dataset.manifest("width", "height").columns))
    return int(np.median(sides))


def write_cache(folder: Path, side: int, images: int, chunks: Iterable[np.ndarray]) -> None:
    """Put the pixels of a side in place, whole or not at all.

    Args:
        chunks: uint8 `[k, side, side, 3]`, of `images` images together; written one after the other.
    """
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f".{side}.part"
    try:
        with open(aside, "wb") as file:
            shape = {"descr": "|u1", "fortran_order": False, "shape": (images, side, side, 3)}
            np.lib.format.write_array_header_1_0(file, shape)
            for chunk in chunks:
                file.write(np.ascontiguousarray(chunk).data)
        os.replace(aside, folder / f"{side}.npy")
    finally:
        aside.unlink(missing_ok=True)


def cached_sides(dataset: Dataset) -> Iterator[tuple[int, np.ndarray]]:
    """The sides at which the dataset's pixels were made, and the pixels of all its rows."""
    images = dataset.images
    for path in dataset.cache.glob("*.npy"):
        side = int(path.stem)
        pixels = _opened(path, (images, side, side, 3))
        if pixels is not None:
            yield side, pixels


def _cached(dataset: Dataset, side: int, images: int) -> np.ndarray:
    path, shape = dataset.cache / f"{side}.npy", (images, side, side, 3)
    pixels = _opened(path, shape)
    if pixels is None:
        dataset.cache.mkdir(parents=True, exist_ok=True)
        with locks.exclusive(dataset.cache / f".{side}.lock"):  # whoever comes second finds it made
            if _opened(path, shape) is None:
                write_cache(dataset.cache, side, images, _decoded(dataset, side, images))
        pixels = _opened(path, shape)
        assert pixels is not None
    return pixels


def _opened(path: Path, shape: tuple[int, ...]) -> np.ndarray | None:
    """The pixels, if they are there and whole. Cut short by a hand or a full disk, they can be made again."""
    try:
        pixels = np.load(path, mmap_mode="r")
    except (FileNotFoundError, ValueError, EOFError):
        return None
    return pixels if pixels.shape == shape and pixels.dtype == np.uint8 else None


def _decoded(dataset: Dataset, side: int, images: int) -> Iterator[np.ndarray]:
    for start in range(0, images, CHUNK):
        files = dataset.originals(range(start, min(start + CHUNK, images)))
        found = [image for image in shared_pool().decode(files, side) if isinstance(image, Decoded)]
        if len(found) < len(files):
            raise VitrineError("data_damaged", name=dataset.name, version=dataset.version)
        yield np.stack([image.pixels for image in found])


def _shares(sizes: Sequence[int], limit: int) -> list[int]:
    """Divide `limit` in proportion to `sizes` by Sainte-Laguë's method, one of each first; nobody gets more than there is.

    Unlike the largest remainder, no share shrinks when the limit grows.
    """
    owner = np.repeat(np.arange(len(sizes)), sizes)
    place = np.concatenate([np.arange(size) for size in sizes])
    turn = np.where(place == 0, 0, (place + 0.5) / np.asarray(sizes)[owner])
    served = owner[np.argsort(turn, kind="stable")[: max(limit, len(sizes))]]
    return np.bincount(served, minlength=len(sizes)).tolist()
