"""Test-time augmentation: one image looked at several times, a little shifted and mirrored, and the probabilities averaged.

It gains accuracy at several times the cost of a prediction. Nothing that is served does it: the figure is told apart from the plain one.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.bundle.predictor import Predictor
from core.data.imageset import ImageSet
from core.evaluation.metrics import Measured, share

SHIFT = 1 / 32  # of the side
SHIFTS = ((0, 0), (-1, -1), (1, 1))
CHUNK = 2000  # images at a time


@dataclass(frozen=True)
class Views:
    """What came of it: how many of the `n` test images are named rightly, as they are and by the mean of `views` looks at each."""

    n: int
    plain: int
    correct: int
    views: int

    @property
    def accuracy(self) -> Measured:
        return share(self.correct, self.n)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "Views":
        return cls(**fields)


def look_often(
    predictor: Predictor,
    images: ImageSet,
    mirror: bool,
    report: Callable[[int, int], None],
    stopped: Callable[[], bool],
) -> Views | None:
    """Judge the images by several views of each; None when it was stopped.

    Args:
        mirror: whether a mirrored image means the same: what training assumed.
        report: told of images done and in all.
    """
    found = Views(len(images), 0, 0, len(SHIFTS) * (2 if mirror else 1))
    for start in range(0, len(images), CHUNK):
        if stopped():
            return None
        pixels, labels = np.asarray(images.pixels[start : start + CHUNK]), images.labels[start : start + CHUNK]
        looks = [predictor.run(view, ("probabilities",)).probabilities for view in _views(pixels, mirror)]
        plain, mean = looks[0].argmax(axis=1), np.mean(looks, axis=0).argmax(axis=1)
        found = replace(
            found,
            plain=found.plain + int((plain == labels).sum()),
            correct=found.correct + int((mean == labels).sum()),
        )
        report(start + len(labels), len(images))
    return found


def _views(pixels: np.ndarray, mirror: bool) -> list[np.ndarray]:
    """The images as they are first; what comes in from outside is their own reflection."""
    reach = max(1, round(SHIFT * pixels.shape[1]))
    padded = np.pad(pixels, ((0, 0), (reach, reach), (reach, reach), (0, 0)), mode="reflect")
    side = pixels.shape[1]
    shifted = [
        padded[:, reach * (1 + down) : reach * (1 + down) + side, reach * (1 + right) : reach * (1 + right) + side]
        for down, right in SHIFTS
    ]
    return shifted + [view[:, :, ::-1] for view in shifted] if mirror else shifted
