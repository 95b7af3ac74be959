"""The one way from any image to the square of pixels that a model takes."""

from collections.abc import Sequence
from typing import IO, cast

import numpy as np
from PIL import ExifTags, Image, ImageOps

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def read_square(file: IO[bytes], side: int, ground: str | None = None) -> np.ndarray:
    """What a model takes of an image file: uint8 `[side, side, 3]`."""
    with Image.open(file) as image:
        if min(image.size) >= 4 * side:
            image.draft("RGB", (2 * side, 2 * side))
        return np.asarray(to_square(to_rgb(image), side))


def to_rgb(image: Image.Image) -> Image.Image:
    """Upright and in RGB: EXIF rotation applied, 16 and 32 bits scaled to 8, transparency over white.

    Raises:
        Exception: whatever Pillow throws at a damaged file.
    """
    image.load()
    rotation = _UPRIGHT.get(_orientation(image))
    if rotation is not None:
        image = image.transpose(rotation)
    if image.mode.startswith("I") or image.mode == "F":
        return _grey(image).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        flat = Image.new("RGB", image.size, "white")
        flat.paste(image, mask=image)
        return flat
    return image.convert("RGB")


def to_square(image: Image.Image, side: int) -> Image.Image:
    """The centre of an image as `side` × `side` RGB pixels; an RGB image of that size passes untouched, bit for bit."""
    if image.mode != "RGB":
        image = to_rgb(image)
    if image.size == (side, side):
        return image
    return ImageOps.fit(image, (side, side), Image.Resampling.BICUBIC)


def _orientation(image: Image.Image) -> int:
    """EXIF's number for how the camera was held; 1 is upright."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # broken metadata is no reason to refuse good pixels
        return 1


def _grey(image: Image.Image) -> Image.Image:
    """A deep grey image as 8 bits. Pillow's own conversion cuts values off at 255 instead of scaling them.

    16 bits span 0 to 65,535. Wider integers and floats have no range of their own: what they hold is stretched, unless it
    fits 8 or 16 bits as it is.
    """
    is_float, has_16_bits = image.mode == "F", image.mode.startswith("I;16")
    if not is_float:
        image = image.convert("I")
    low, high = cast("tuple[float, float]", image.getextrema())
    if not is_float and low >= 0 and (has_16_bits or high <= 65535):
        low, high = 0, 65535 if has_16_bits or high > 255 else 255
    scale = 255 / (high - low) if high > low else 0.0
    # A half is added because the conversion to 8 bits cuts the fraction off.
    return image.convert("F").point(lambda value: value * scale + (0.5 - low * scale)).convert("L")


def views(square: np.ndarray, side: int, zooms: Sequence[float]) -> np.ndarray:
    """What a model looks at: `[k, side, side, 3]`, the centre of the square so many times closer.

    Args:
        square: uint8 `[s, s, 3]`. One of exactly `side` pixels is what the model was trained on, and is seen once, as it is.
        zooms: shares of the square's side.
    """
    size = len(square)
    if size == side:
        return square[None]
    image = Image.fromarray(square)
    margins = [size * (1 - zoom) / 2 for zoom in zooms]
    boxes = [(margin, margin, size - margin, size - margin) for margin in margins]
    return np.stack([np.asarray(image.resize((side, side), Image.Resampling.BICUBIC, box)) for box in boxes])
