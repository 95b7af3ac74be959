"""Small images on a large screen."""

import numpy as np


def enlarged(pixels: np.ndarray, side: int = 192) -> np.ndarray:
    """Pixels `[h, w, 3]` as sharp squares of at least that side, so that the browser does not blur what the model sees."""
    factor = max(1, side // pixels.shape[0])
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def strip(images: np.ndarray, side: int) -> np.ndarray:
    """Images `[n, side, side, 3]` enlarged and side by side as one picture `[h, w, 4]`, nothing between them."""
    tiles = [np.pad(enlarged(image, side), ((0, 0), (0, 0), (0, 1)), constant_values=255) for image in images]
    gap = np.zeros((tiles[0].shape[0], tiles[0].shape[0] // 12, 4), np.uint8)
    return np.concatenate([part for tile in tiles for part in (gap, tile)][1:], axis=1)
