"""What the drawings are on that a model learns from: measured on its training images when it is sealed."""

import numpy as np

from core.bundle.preprocess import is_drawing

LOOKED_AT = 2000  # images at most, spread evenly
NEARLY_ALL = 0.95  # of them


def measure_ground(pixels: np.ndarray) -> str | None:
    """``"dark"`` or ``"light"`` if nearly all images uint8 `[n, side, side, 3]` are drawings on such a ground, else None.

    Only then may photos be made into such drawings. Grey images with wide margins are none: how wide, nothing says.
    """
    places = np.unique(np.linspace(0, len(pixels) - 1, min(LOOKED_AT, len(pixels))).astype(int))
    images = pixels[places]
    for ground in ("dark", "light"):
        if np.mean([is_drawing(image, ground) for image in images]) >= NEARLY_ALL:
            return ground
    return None
