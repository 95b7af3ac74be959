"""Small images on a large screen."""

import base64
import io

import numpy as np
from PIL import Image

HIGHEST, NARROWEST = (
    480,
    240,
)  # pixels of a photo on the page: its height at most; its width at least, for the words below it
SLIMMEST = 20  # sides to one another: a strip that is slimmer is drawn thicker


def enlarged(pixels: np.ndarray, side: int = 192) -> np.ndarray:
    """Pixels `[h, w, 3]` as sharp squares of at least that side, so that the browser does not blur what the model sees."""
    factor = max(1, side // pixels.shape[0])
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def fitted(preview: np.ndarray) -> tuple[np.ndarray, int]:
    """A photo's preview `[h, w, 3]` with room at its sides if it is narrow, and the width in pixels to show it at: neither tower nor hairline.

    The width is the most it may take: beyond its column the browser makes the photo smaller.
    """
    height, width = preview.shape[:2]
    thicker = -(-max(height, width) // (SLIMMEST * min(height, width)))
    preview = preview.repeat(thicker, axis=0 if height < width else 1)
    height, width = preview.shape[:2]
    if (room := height * NARROWEST // HIGHEST - width) > 0:
        preview = np.pad(preview, ((0, 0), (0, 0), (0, 1)), constant_values=255)
        preview = np.pad(preview, ((0, 0), (room // 2, room - room // 2), (0, 0)))
    return preview, round(HIGHEST * preview.shape[1] / height)


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
