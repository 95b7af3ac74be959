"""What happens to photos: blur, noise, compression, light, a slant, a shift, something in front. NumPy and Pillow only.

The stress test and the what-if sliders use the same code. Amounts are relative to the image's side where a length is meant, so that
they mean the same at every size.
"""

import functools
import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # weights of red, green and blue in a grey (ITU-R BT.601)
GREY = 128


@dataclass(frozen=True)
class Corruption:
    """One thing that happens to photos.

    Attributes:
        apply: images uint8 `[n, side, side, 3]`, an amount and a source of chance, to images of the same shape.
        amounts: of the five severities, the mildest first.
    """

    apply: Callable[[np.ndarray, float, np.random.Generator], np.ndarray]
    amounts: tuple[float, float, float, float, float]


def blur(images: np.ndarray, amount: float, random: np.random.Generator) -> np.ndarray:
    """Out of focus: a Gaussian whose deviation is that share of the side."""
    deviation = amount * images.shape[1]
    radius = max(1, round(3 * deviation))
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / max(deviation, 1e-6)) ** 2).astype(np.float32)
    kernel /= kernel.sum()
    blurred = images.astype(np.float32)
    for axis in (1, 2):
        padding = [(0, 0)] * 4
        padding[axis] = (radius, radius)
        padded, length = np.pad(blurred, padding, mode="symmetric"), images.shape[axis]
        shifted = (weight * padded.take(range(start, start + length), axis) for start, weight in enumerate(kernel))
        blurred = functools.reduce(np.add, shifted)
    return _pixels(blurred)


def noise(images: np.ndarray, amount: float, random: np.random.Generator) -> np.ndarray:
    """Too little light: Gaussian noise whose deviation is that share of the range from black to white."""
    return _pixels(images + 255 * amount * random.standard_normal(images.shape, np.float32))


def jpeg(images: np.ndarray, amount: float, random: np.random.Generator) -> np.ndarray:
    """Compressed: saved as JPEG, at quality 100 less that amount."""
    found = np.empty_like(images)
    for place, image in enumerate(images):
        file = io.BytesIO()
        Image.fromarray(image).save(file, "JPEG", quality=round(100 - amount))
        found[place] = np.asarray(Image.open(file))
    return found


def darkness(images: np.ndarray, amount: float, random: np.random.Generator) -> np.ndarray:
    """Under-exposed: that share of the brightness is gone."""
    return _pixels(images * np.float32(1 - amount))


def contrast(images: np.ndarray, amount: float, random: np.random.Generator) -> np.ndarray:
    """Hazy: that share of the distance from the mean grey is gone."""
    mean = (images @ LUMA).mean((1, 2))[:, None, None, None]
    return _pixels(mean + (images - mean) * np.float32(1 - amount))


def rotation(images: np.ndarray, amount: float, random: np.random.Generator) -> np.ndarray:
    """Held aslant, by that many degrees to one side or the other; what comes in from outside is the image's own reflection."""
    signs = random.choice([-1, 1], len(images))
    return np.stack([rotated(image, sign * amount) for image, sign in zip(images, signs, strict=True)])


def rotated(image: np.ndarray, degrees: float) -> np.ndarray:
    """One image uint8 `[h, w, 3]`, turned against the clock."""
    height, width = image.shape[:2]
    down, right = height // 2, width // 2
    padded = np.pad(image, ((down, down), (right, right), (0, 0)), mode="symmetric")
    turned = Image.fromarray(padded).rotate(degrees, Image.Resampling.BICUBIC)
    return np.asarray(turned.crop((right, down, right + width, down + height)))


def translation(images: np.ndarray, amount: float, random: np.random.Generator) -> np.ndarray:
    """Badly framed: shifted by that share of the side in a random direction; the reflection comes in."""
    side = images.shape[1]
    reach = round(amount * side)
    padded = np.pad(images, ((0, 0), (reach, reach), (reach, reach), (0, 0)), mode="symmetric")
    angles = random.uniform(0, 2 * np.pi, len(images))
    starts = np.round(reach + reach * np.stack([np.sin(angles), np.cos(angles)], 1)).astype(int)
    return np.stack(
        [image[top : top + side, left : left + side] for image, (top, left) in zip(padded, starts, strict=True)]
    )


def occlusion(images: np.ndarray, amount: float, random: np.random.Generator) -> np.ndarray:
    """Something in front: a grey square of that share of the side, at a random place."""
    side = images.shape[1]
    size = round(amount * side)
    found = images.copy()
    for image, (top, left) in zip(found, random.integers(0, side - size + 1, (len(images), 2)), strict=True):
        image[top : top + size, left : left + size] = GREY
    return found


CORRUPTIONS = {
    "blur": Corruption(blur, (0.015, 0.025, 0.035, 0.05, 0.07)),
    "noise": Corruption(noise, (0.02, 0.04, 0.07, 0.11, 0.16)),
    "jpeg": Corruption(jpeg, (40, 60, 75, 85, 92)),
    "darkness": Corruption(darkness, (0.2, 0.4, 0.55, 0.7, 0.85)),
    "contrast": Corruption(contrast, (0.25, 0.45, 0.6, 0.75, 0.88)),
    "rotation": Corruption(rotation, (6, 12, 20, 30, 45)),
    "translation": Corruption(translation, (0.06, 0.12, 0.19, 0.26, 0.35)),
    "occlusion": Corruption(occlusion, (0.2, 0.3, 0.4, 0.5, 0.6)),
}
SEVERITIES = 5


def corrupt(images: np.ndarray, name: str, severity: int, seed: int = 0) -> np.ndarray:
    """The images, uint8 `[n, side, side, 3]`, after that happened to them.

    Args:
        name: one of :data:`CORRUPTIONS`.
        severity: 1 to 5.
        seed: of what is random in it.
    """
    corruption = CORRUPTIONS[name]
    return corruption.apply(np.asarray(images), corruption.amounts[severity - 1], np.random.default_rng(seed))


def _pixels(values: np.ndarray) -> np.ndarray:
    return values.round().clip(0, 255).astype(np.uint8)
