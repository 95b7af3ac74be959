"""Small images on a large screen."""

import base64
import io

import numpy as np
from PIL import Image


def enlarged(pixels: np.ndarray, side: int = 192) -> np.ndarray:
    """Pixels `[h, w, 3]` as sharp squares of at least that side, so that the browser does not blur what the model sees."""
    factor = max(1, side // pixels.shape[0])
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def strip(images: np.ndarray, side: int) -> np.ndarray:
    """Images `[n, side, side, 3]` enlarged and side by side as one picture `[h, w, 4]`, nothing between them."""
    tiles = [np.pad(enlarged(image, side), ((0, 0), (0, 0), (0, 1)), constant_values=255) for image in images]
    gap = np.zeros((tiles[0].shape[0], tiles[0].shape[0] // 12, 4), np.uint8)
    return np.concatenate([part for tile in tiles for part in (gap, tile)][1:], axis=1)


def address(pixels: np.ndarray, form: str = "PNG") -> str:
    """Pixels `[h, w, 3]` as an address that a browser shows without asking for anything."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, form)
    return f"data:image/{form.lower()};base64,{base64.b64encode(file.getvalue()).decode()}"
