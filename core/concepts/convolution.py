"""A convolution by hand: one grey picture, one 3 × 3 kernel, and the sum behind each pixel of the result. NumPy only."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

SIZE = 3  # of a kernel's sides
GREY = (0.299, 0.587, 0.114)  # shares of red, green and blue in the brightness of a pixel (ITU-R BT.601)

# The edges are Sobel's; the others are what image editors have under these names.
KERNELS: dict[str, np.ndarray] = {
    "identity": np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]], np.float64),
    "blur": np.full((SIZE, SIZE), 1 / 9),
    "sharpen": np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]], np.float64),
    "horizontal": np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]], np.float64),
    "vertical": np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], np.float64),
    "emboss": np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]], np.float64),
    "outline": np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], np.float64),
}


@dataclass(frozen=True)
class Sum:
    """How one pixel of the result was made.

    Attributes:
        top, left: where the window's first pixel lies in the picture; outside of it, it is padding.
        patch, products: `[3, 3]`, what the window shows, and that times the kernel.
        total: the nine products and the bias together.
        value: what stands in the result.
    """

    top: int
    left: int
    patch: np.ndarray
    products: np.ndarray
    total: float
    value: float


@dataclass(frozen=True)
class Convolution:
    """One filter as a convolution layer has it; the kernel is not turned over, as in every library for networks.

    Attributes:
        kernel: `[3, 3]`.
        stride: pixels that the window moves by.
        padding: rows and columns of zeros around the picture.
        relu: whether what is negative becomes zero.
    """

    kernel: np.ndarray
    stride: int = 1
    padding: int = 1
    bias: float = 0.0
    relu: bool = False

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        """The result of a picture `[h, w]`, `[(h + 2 padding - 3) // stride + 1, …]`."""
        return self._activated(np.einsum("hwij,ij->hw", self._windows(picture), self.kernel) + self.bias)

    def sum_at(self, picture: np.ndarray, row: int, column: int) -> Sum:
        """How the result's pixel in that place was made."""
        patch = self._windows(picture)[row, column]
        products = patch * self.kernel
        total = float(products.sum() + self.bias)
        top, left = (place * self.stride - self.padding for place in (row, column))
        return Sum(top, left, patch, products, total, float(self._activated(np.array(total))))

    def _windows(self, picture: np.ndarray) -> np.ndarray:
        """Every place of the window, `[rows, columns, 3, 3]`; a view."""
        padded = np.pad(picture, self.padding)
        return sliding_window_view(padded, (SIZE, SIZE))[:: self.stride, :: self.stride]

    def _activated(self, sums: np.ndarray) -> np.ndarray:
        return np.maximum(sums, 0.0) if self.relu else sums


def to_grey(pixels: np.ndarray) -> np.ndarray:
    """A picture uint8 `[h, w, 3]` as brightness `[h, w]`, 0 to 1."""
    return pixels @ np.array(GREY) / 255
