"""Pictures by their rows of a dataset's manifest, whichever split they are in."""

from collections.abc import Callable

import numpy as np

from core.data.imageset import load_split
from core.data.versions import Dataset
from ui.i18n import _

Look = Callable[[int], tuple[np.ndarray, int, str]]
"""From a row to its picture, its label, and the split in words."""


def looking(dataset: Dataset, side: int) -> Look:
    """
    Raises:
        VitrineError: ``data_damaged``.
    """
    splits = (load_split(dataset, "train", side), _("training")), (load_split(dataset, "test", side), _("test"))

    def look(row: int) -> tuple[np.ndarray, int, str]:
        images, words = next((images, words) for images, words in splits if _place(images.rows, row) is not None)
        place = _place(images.rows, row)
        return np.asarray(images.pixels[place]), int(images.labels[place]), words

    return look


def _place(rows: np.ndarray, row: int) -> int | None:
    """Where a row is among ascending rows."""
    place = int(np.searchsorted(rows, row))
    return place if place < len(rows) and rows[place] == row else None
