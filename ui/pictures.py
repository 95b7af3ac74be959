"""Small images on a large screen."""

import base64
import io

import numpy as np
from PIL import Image

TALLEST = 4 / 3  # of a photo's place on the page: height over width
SLIMMEST = 20  # sides to one another: a strip that is slimmer is drawn thicker


def enlarged(pixels: np.ndarray, side: int = 192) -> np.ndarray:
    """Pixels `[h, w, 3]` as sharp squares of at least that side, so that the browser does not blur what the model sees."""
    factor = max(1, side // pixels.shape[0])
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def fitted(preview: np.ndarray) -> np.ndarray:
    """A photo's preview `[h, w, 3]` as it fills the width of its place: a tower gets room at its sides, a hairline is drawn thicker."""
    height, width = preview.shape[:2]
    thicker = -(-max(height, width) // (SLIMMEST * min(height, width)))
    preview = preview.repeat(thicker, axis=0 if height < width else 1)
    height, width = preview.shape[:2]
    if (room := int(height / TALLEST) - width) > 0:
        preview = np.pad(preview, ((0, 0), (0, 0), (0, 1)), constant_values=255)
        preview = np.pad(preview, ((0, 0), (room // 2, room - room // 2), (0, 0)))
    return preview


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
