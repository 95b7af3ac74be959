"""Why that verdict? Parts of the photo are hidden and the model is asked again (Zeiler & Fergus, 2014, arXiv 1311.2901).

Forward passes through the bundle and nothing else, so it works for every family, and speaks of the very model that is served. What a map claims is put to
the test: what it calls important is erased, and so is the same shape elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

CELLS = 8  # of the map, along a side
WINDOW = 3  # cells along a side that are hidden at once
ERASED = 0.15  # share of the photo that the test erases
ELSEWHERE = 20  # other places that the same shape is erased at

Ask = Callable[[np.ndarray], np.ndarray]
"""From photos uint8 `[n, h, w, 3]` to the probability `[n]` of the class that is spoken of."""


@dataclass(frozen=True)
class Why:
    """What the probability of a class hangs on, and whether that is true.

    Attributes:
        importance: `[rows, columns]`, by how much the probability falls on average when a cell is hidden; below zero where it rises.
        before: the probability of the whole photo.
        after: with the most important places erased.
        elsewhere: with the same shape erased at other places, each.
        share: of the photo that was erased.
        mask: `[rows, columns]`, which cells were.
    """

    importance: np.ndarray
    before: float
    after: float
    elsewhere: np.ndarray
    share: float
    mask: np.ndarray

    @property
    def holds(self) -> bool:
        """Whether erasing what the map points at moves the verdict more than erasing the same shape anywhere else, but for one in twenty."""
        return self.after < min(self.before, float(np.quantile(self.elsewhere, 0.05)))


def explain(photo: np.ndarray, ask: Ask) -> Why:
    """The map for a photo uint8 `[s, s, 3]`, and its test."""
    hidden = _hidden(photo)
    windows = _windows()
    before, *asked = ask(np.stack([photo, *(_blend(photo, hidden, window) for window in windows)])).tolist()
    drops = before - np.array(asked)
    # A cell's importance is the mean over all windows that hide it.
    importance = np.tensordot(drops, windows, 1) / windows.sum(0)
    mask = _most_important(importance)
    others = _elsewhere(mask)
    after, *elsewhere = ask(np.stack([_blend(photo, hidden, one) for one in (mask, *others)])).tolist()
    return Why(importance, before, after, np.array(elsewhere), float(mask.mean()), mask)


def erase(photo: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The photo with the cells or pixels of a mask `[rows, columns]` smeared beyond recognition, whatever the mask's size."""
    return _blend(photo, _hidden(photo), mask)


def _windows() -> np.ndarray:
    """Every place of the window that covers a cell at least: bool `[n, rows, columns]`."""
    row, column = np.arange(CELLS)[:, None], np.arange(CELLS)
    return np.array(
        [
            (top <= row) & (row < top + WINDOW) & (left <= column) & (column < left + WINDOW)
            for top in range(1 - WINDOW, CELLS)
            for left in range(1 - WINDOW, CELLS)
        ]
    )


def _most_important(importance: np.ndarray) -> np.ndarray:
    count = max(1, round(ERASED * importance.size))
    mask = np.zeros(importance.size, bool)
    mask[np.argsort(importance, axis=None)[-count:]] = True
    return mask.reshape(importance.shape)


def _elsewhere(mask: np.ndarray) -> np.ndarray:
    """The same shape at other places; what leaves the photo on one side comes in on the other."""
    shifts = [(down, right) for down in range(CELLS) for right in range(CELLS) if down or right]
    chosen = np.random.default_rng(0).permutation(len(shifts))[:ELSEWHERE]
    return np.array([np.roll(mask, shifts[place], (0, 1)) for place in chosen])


def _hidden(photo: np.ndarray) -> np.ndarray:
    """The photo with nothing left but the colours of its regions: a grey square would be a thing of its own."""
    side = min(photo.shape[:2])
    return np.asarray(Image.fromarray(photo).filter(ImageFilter.GaussianBlur(side / 4)))


def _blend(photo: np.ndarray, hidden: np.ndarray, mask: np.ndarray) -> np.ndarray:
    height, width = photo.shape[:2]
    soft = Image.fromarray(np.uint8(255 * mask)).resize((width, height), Image.Resampling.BILINEAR)
    weight = np.asarray(soft, np.float32)[:, :, None] / 255
    return np.rint(photo + weight * (hidden.astype(np.float32) - photo)).astype(np.uint8)
