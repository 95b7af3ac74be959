"""How a model is to take photos: measured on its training images when it is sealed."""

from typing import Any

import numpy as np
from PIL import Image

from core.bundle.preprocess import ZOOMS, is_drawing, stroke_width

LOOKED_AT = 2000  # images at most, spread evenly
NEARLY_ALL = 0.95  # of them


def measure_reading(pixels: np.ndarray, natural_side: int | None) -> dict[str, Any]:
    """How photos are to be read for a model that learnt from these.

    Args:
        pixels: uint8 `[n, side, side, 3]`.
        natural_side: pixels of the images' shorter side before they were made so; None where nobody knows.
    """
    side = pixels.shape[1]
    natural_side = natural_side or side + 1
    if ground := measure_ground(pixels):
        drawings = {"ground": ground, "stroke": measure_stroke(pixels, ground)}
        return drawings | ({"grain": natural_side} if natural_side < side else {})
    # Images that were larger are photos themselves, framed as photos will be.
    return {"zooms": list(ZOOMS)} if natural_side <= side else {}


def measure_ground(pixels: np.ndarray) -> str | None:
    """``"dark"`` or ``"light"`` if nearly all images uint8 `[n, side, side, 3]` are drawings on such a ground, else None.

    Only then may photos be made into such drawings. Grey images with wide margins are none: how wide, nothing says.
    """
    images = _some(pixels)
    for ground in ("dark", "light"):
        if np.mean([is_drawing(image, ground) for image in images]) >= NEARLY_ALL:
            return ground
    return None


def measure_stroke(pixels: np.ndarray, ground: str) -> float:
    """How thick the lines of drawings uint8 `[n, side, side, 3]` on that ground are, as a share of their side: the median."""
    ink = _some(pixels)[..., 0] if ground == "dark" else 255 - _some(pixels)[..., 0]
    widths = [stroke_width(Image.fromarray(drawing)) for drawing in ink]
    return round(float(np.median(widths)), 3)


def _some(pixels: np.ndarray) -> np.ndarray:
    places = np.unique(np.linspace(0, len(pixels) - 1, min(LOOKED_AT, len(pixels))).astype(int))
    return pixels[places]
