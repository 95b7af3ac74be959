"""Images of nothing that a model knows, made from chance or from images that it does know, and how well a score tells them apart.

NumPy only. What a score is chosen by (:func:`stand_ins`) and what it is judged by (:func:`foreign`) have nothing in common.
"""

import numpy as np

MADE, MANY = 500, 1000  # images of each kind, to choose by and to judge by


def auroc(known: np.ndarray, unknown: np.ndarray) -> float:
    """The probability that a known image scores higher than an unknown one (Mann & Whitney, 1947); half where they tie.

    Args:
        known, unknown: scores `[n]` and `[m]`.
    """
    scores = np.concatenate([known, unknown])
    _values, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]  # of ties, the mean
    n, m = len(known), len(unknown)
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))


def stand_ins(images: np.ndarray, seed: int = 0) -> dict[str, np.ndarray]:
    """Unknown images for choosing a score, made of validation images `[n, side, side, 3]`; no real unknown is spent on the choice.

    ``blended``: two images over each other; ``pasted``: one in the middle of another; ``shuffled``: the tiles of an image in another
    order; ``textures``: its frequencies without their order; ``drawings``: its outlines on white; ``clouds``: soft random colours.
    """
    random = np.random.default_rng(seed)
    images = np.asarray(images[np.sort(random.permutation(len(images))[:MADE])])
    others = _others(images, random)
    return {
        "blended": ((images.astype(np.uint16) + others) // 2).astype(np.uint8),
        "pasted": _pasted(images, others),
        "shuffled": _shuffled(images, random),
        "textures": np.stack([_texture(image, random) for image in images]),
        "drawings": _drawings(images),
        "clouds": _clouds(images, random),
    }


def foreign(side: int, n: int = MANY, seed: int = 1) -> dict[str, np.ndarray]:
    """Unknown images for judging a score: uint8 `[n, side, side, 3]` of noise, of plain colours, and of patterns."""
    random = np.random.default_rng(seed)
    noise = random.integers(0, 256, (n, side, side, 3), dtype=np.uint8)
    plain = np.broadcast_to(random.integers(0, 256, (n, 1, 1, 3), dtype=np.uint8), (n, side, side, 3)).copy()
    return {"noise": noise, "plain colours": plain, "patterns": _patterns(side, n, random)}


def _others(images: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """For each of the images another one, in a circle."""
    order = random.permutation(len(images))
    partners = np.empty_like(order)
    partners[order] = np.roll(order, 1)
    return np.asarray(images[partners])


def _pasted(images: np.ndarray, others: np.ndarray) -> np.ndarray:
    found, quarter = images.copy(), images.shape[1] // 4
    middle = slice(quarter, -quarter)
    found[:, middle, middle] = others[:, middle, middle]
    return found


def _shuffled(images: np.ndarray, random: np.random.Generator, tiles: int = 4) -> np.ndarray:
    side = images.shape[1] // tiles * tiles
    size = side // tiles
    cut = images[:, :side, :side].reshape(-1, tiles, size, tiles, size, 3).swapaxes(2, 3)
    cut = cut.reshape(len(images), tiles**2, size, size, 3)
    order = random.permuted(np.tile(np.arange(tiles**2), (len(images), 1)), axis=1)
    mixed = np.take_along_axis(cut, order[:, :, None, None, None], axis=1)
    found = images.copy()
    found[:, :side, :side] = (
        mixed.reshape(-1, tiles, tiles, size, size, 3).swapaxes(2, 3).reshape(len(images), side, side, 3)
    )
    return found


def _texture(image: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Each frequency as strong as it was, somewhere else (random phases: Oppenheim & Lim, 1981)."""
    strengths = np.fft.fft2(image.astype(np.float64), axes=(0, 1))
    # The phases of real noise are such that real images come back; the same for all colours, so that they stay together.
    noise = np.fft.fft2(random.normal(size=image.shape[:2]))
    phases = noise / np.abs(noise)
    phases[0, 0] = 1  # the mean stays
    found = np.fft.ifft2(strengths * phases[..., None], axes=(0, 1)).real
    return found.clip(0, 255).round().astype(np.uint8)


def _drawings(images: np.ndarray, strength: float = 4.0) -> np.ndarray:
    grey = images.mean(axis=3)
    steepness = np.hypot(np.gradient(grey, axis=1), np.gradient(grey, axis=2))
    ink = 255 - (strength * steepness).clip(0, 255)
    return np.repeat(ink[..., None], 3, axis=3).astype(np.uint8)


def _clouds(images: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A few random colours in a grid, and soft passages between them."""
    n, side = images.shape[0], images.shape[1]
    coarse = random.uniform(0, 255, (n, 4, 4, 3))
    at = np.linspace(0, 3, side)
    low, share = np.minimum(at.astype(int), 2), at - np.minimum(at.astype(int), 2)
    rows = coarse[:, low] * (1 - share)[:, None, None] + coarse[:, low + 1] * share[:, None, None]
    found = rows[:, :, low] * (1 - share)[:, None] + rows[:, :, low + 1] * share[:, None]
    return found.round().astype(np.uint8)


def _patterns(side: int, n: int, random: np.random.Generator) -> np.ndarray:
    """Stripes, checks and rings in two colours."""
    y, x = np.mgrid[0:side, 0:side] / side
    found = np.empty((n, side, side, 3), np.uint8)
    for place in range(n):
        angle, scale, phase = random.uniform(0, np.pi), random.uniform(2, 8), random.uniform(0, 2 * np.pi)
        across, along = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
        wave = [
            np.sin(2 * np.pi * scale * across + phase),
            np.sin(2 * np.pi * scale * across + phase) * np.sin(2 * np.pi * scale * along),
            np.sin(2 * np.pi * scale * np.hypot(x - 0.5, y - 0.5) + phase),
        ][place % 3]
        first, second = random.integers(0, 256, (2, 3))
        found[place] = np.where((wave > 0)[:, :, None], first, second)
    return found
