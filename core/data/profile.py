"""What the pictures of a dataset are like as a whole: their colours, their sizes, and files that are there twice. Counted once a version."""

import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from core import files
from core.data.imageset import load_split
from core.data.versions import Dataset

SIDE = 32  # pixels at which colours are counted: every import makes that cache
COLOURLESS = 8  # of 255: a picture none of whose pixels has channels further apart is grey, whatever JPEG made of it
BLOCK = 2048  # images looked at together


@dataclass(frozen=True)
class Profile:
    """
    Attributes:
        mean, deviation: of red, green and blue over all pixels of the training images, on a scale of 0 to 1.
        grey: training images without colour, by class.
        repeated: training files that are byte by byte another training file.
        conflicting: different files that stand under more than one class.
    """

    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]
    grey: tuple[int, ...]
    repeated: int
    conflicting: int


@dataclass(frozen=True)
class Sizes:
    """The images as they came: width and height in pixels and the label of each, int `[n]`."""

    width: np.ndarray
    height: np.ndarray
    label: np.ndarray

    @property
    def shorter(self) -> np.ndarray:
        return np.minimum(self.width, self.height)


def profile_of(dataset: Dataset) -> Profile:
    """The profile, read where it was counted before.

    Raises:
        VitrineError: ``data_damaged``, ``disk_full``.
    """
    file = dataset.cache / "profile.json"
    try:
        fields: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return Profile(**fields | {key: tuple(fields[key]) for key in ("mean", "deviation", "grey")})
    except (OSError, ValueError, KeyError, TypeError):  # not there yet, damaged, or another version's
        pass
    profile = _counted(dataset)
    files.replace(file, json.dumps(asdict(profile)))
    return profile


def sizes_of(dataset: Dataset) -> Sizes:
    """The sizes before anything was resized."""
    columns = dataset.manifest("width", "height", "label").columns
    return Sizes(*(column.to_numpy().astype(np.int64) for column in columns))


def conflicts_in(dataset: Dataset) -> list[list[int]]:
    """Rows of the manifest that are the same file, byte by byte, under several classes: a list for each such file."""
    table = dataset.manifest("sha256", "label").to_pydict()
    rows: dict[str, list[int]] = defaultdict(list)
    for row, digest in enumerate(table["sha256"]):
        rows[digest].append(row)
    return [same for same in rows.values() if len({table["label"][row] for row in same}) > 1]


def _counted(dataset: Dataset) -> Profile:
    images = load_split(dataset, "train", SIDE)
    levels = np.zeros((3, 256), np.int64)
    grey = np.zeros(len(dataset.classes), np.int64)
    for start in range(0, len(images), BLOCK):
        block = np.asarray(images.pixels[start : start + BLOCK])
        for channel in range(3):
            levels[channel] += np.bincount(block[..., channel].ravel(), minlength=256)
        apart = block.max(-1) - block.min(-1)
        colourless = (apart <= COLOURLESS).all(axis=(1, 2))
        grey += np.bincount(images.labels[start : start + BLOCK][colourless], minlength=len(grey))
    scale = np.arange(256) / 255
    mean = levels @ scale / levels.sum(1)
    deviation = np.sqrt(np.maximum(levels @ scale**2 / levels.sum(1) - mean**2, 0))
    conflicting = len(conflicts_in(dataset))
    return Profile(
        tuple(mean.tolist()), tuple(deviation.tolist()), tuple(grey.tolist()), _repeated(dataset), conflicting
    )


def _repeated(dataset: Dataset) -> int:
    """Training files that repeat another one."""
    table = dataset.manifest("sha256", "split").to_pydict()
    trained = [digest for digest, split in zip(table["sha256"], table["split"], strict=True) if split == "train"]
    return len(trained) - len(set(trained))
