"""Weights and maps as small pictures, side by side on one sheet."""

import numpy as np

from ui.palette import SKY

TILE = 96  # pixels of a small picture, at least
GAP = 12  # between two


def as_filters(weights: np.ndarray) -> np.ndarray:
    """Weights `[n, 3, h, w]` as pictures uint8 `[n, h, w, 3]`: grey is zero; each scaled by its own largest weight."""
    largest = np.abs(weights).max(axis=(1, 2, 3), keepdims=True)
    return levels(0.5 + weights / (2 * np.maximum(largest, 1e-12))).transpose(0, 2, 3, 1)


def as_maps(maps: np.ndarray) -> np.ndarray:
    """Maps `[n, h, w]` as pictures uint8 `[n, h, w, 3]`: black is zero, white the largest of a map, blue what is below zero."""
    largest = np.abs(maps).max(axis=(1, 2), keepdims=True)
    shares = (maps / np.maximum(largest, 1e-12))[..., None]
    blue = np.array([int(SKY[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    return levels(np.where(shares > 0, shares, -shares * blue))


def sheet(tiles: np.ndarray, columns: int) -> np.ndarray:
    """Pictures `[n, h, w, 3]` in rows of `columns`, as one picture uint8 `[h, w, 4]` with nothing between them."""
    n, height, width, _colours = tiles.shape
    factor = max(1, TILE // max(height, width))
    tiles = tiles.repeat(factor, axis=1).repeat(factor, axis=2)
    opaque = np.pad(tiles, ((0, 0), (0, 0), (0, 0), (0, 1)), constant_values=255)
    rows = -(-n // columns)
    spaced = np.pad(opaque, ((0, rows * columns - n), (0, GAP), (0, GAP), (0, 0)))
    lines = spaced.reshape(rows, columns, *spaced.shape[1:]).transpose(0, 2, 1, 3, 4)
    return lines.reshape(rows * spaced.shape[1], columns * spaced.shape[2], 4)[:-GAP, :-GAP]


def levels(shares: np.ndarray) -> np.ndarray:
    """Brightness 0 to 1 as uint8; what is beyond is cut off."""
    return np.rint(255 * np.clip(shares, 0, 1)).astype(np.uint8)
