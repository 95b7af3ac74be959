"""Small images on a large screen."""

import numpy as np


def enlarged(pixels: np.ndarray, side: int = 192) -> np.ndarray:
    """Pixels `[h, w, 3]` as sharp squares of at least that side, so that the browser does not blur what the model sees."""
    factor = max(1, side // pixels.shape[0])
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)
