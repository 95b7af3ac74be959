"""Images as arrays: one split of a dataset at one side, and the stratified ways to divide it."""

import os
import uuid
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.bundle.decoding import Rejected, shared_pool
from core.data.versions import Dataset, Split
from core.errors import VitrineError

CHUNK = 2048  # images decoded before they are written


@dataclass(frozen=True)
class ImageSet:
    """Images of one split.

    Attributes:
        pixels: uint8 `[n, side, side, 3]`; a memory map, or a view of one.
        labels: int64 `[n]`.
        rows: int64 `[n]`, of the dataset's manifest.
    """

    pixels: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def subset(self, indices: np.ndarray) -> "ImageSet":
        """The images at those positions, copied into memory."""
        return ImageSet(self.pixels[indices], self.labels[indices], self.classes, self.rows[indices])


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
        share: of each class that is held out; at least one image, and one is always left to train on.
        seed: same seed, same division.
        limit: how many to train on at most, again the same share of every class.

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
        total = sum(map(len, kept))
        kept = [members[: max(1, round(limit * len(members) / total))] for members in kept]
    return np.sort(np.concatenate(kept)), np.sort(np.concatenate(held_out))


def write_cache(dataset_cache: Path, side: int, pixels: np.ndarray) -> None:
    """Put the pixels of a side in place, whole or not at all."""
    dataset_cache.mkdir(parents=True, exist_ok=True)
    aside = dataset_cache / f".{uuid.uuid4().hex}.npy"
    np.save(aside, pixels)
    os.replace(aside, dataset_cache / f"{side}.npy")


def _cached(dataset: Dataset, side: int, images: int) -> np.ndarray:
    path = dataset.cache / f"{side}.npy"
    if not path.exists():
        write_cache(dataset.cache, side, _decode_all(dataset, side, images))
    try:
        pixels = np.load(path, mmap_mode="r")
    except ValueError:  # cut short, by a full disk or a hand: it is derived, so it can be made again
        path.unlink()
        return _cached(dataset, side, images)
    if pixels.shape != (images, side, side, 3):
        raise VitrineError("data_damaged", name=dataset.name, version=dataset.version)
    return pixels


def _decode_all(dataset: Dataset, side: int, images: int) -> np.ndarray:
    pixels = np.empty((images, side, side, 3), np.uint8)
    for start in range(0, images, CHUNK):
        rows = range(start, min(start + CHUNK, images))
        for row, image in zip(rows, shared_pool().decode(dataset.originals(rows), side), strict=True):
            if isinstance(image, Rejected):
                raise VitrineError("data_damaged", name=dataset.name, version=dataset.version)
            pixels[row] = image.pixels
    return pixels
