"""One kernel by hand gives what PyTorch and SciPy give, and each sum is the one that stands in the result."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.signal import correlate2d

from core.concepts.convolution import KERNELS, Convolution, to_grey

PICTURE = np.random.default_rng(0).random((11, 11))


@pytest.mark.parametrize("padding", [0, 1, 2])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("name", KERNELS)
def test_the_result_is_that_of_pytorch(name: str, stride: int, padding: int) -> None:
    convolution = Convolution(KERNELS[name], stride, padding, bias=-0.2, relu=True)
    picture, kernel = (torch.from_numpy(values)[None, None] for values in (PICTURE, KERNELS[name]))
    bias = torch.tensor([-0.2], dtype=torch.float64)
    expected = F.conv2d(picture, kernel, bias, stride, padding).relu()[0, 0]
    np.testing.assert_allclose(convolution(PICTURE), expected.numpy(), atol=1e-12)


@pytest.mark.parametrize("name", KERNELS)
def test_the_result_is_that_of_scipy(name: str) -> None:
    result = Convolution(KERNELS[name])(PICTURE)
    np.testing.assert_allclose(result, correlate2d(PICTURE, KERNELS[name], mode="same"), atol=1e-12)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("padding", [0, 2])
def test_every_sum_is_the_one_in_the_result(stride: int, padding: int) -> None:
    convolution = Convolution(KERNELS["emboss"], stride, padding, bias=-0.5, relu=True)
    result = convolution(PICTURE)
    assert (result == 0).any() and (result > 0).any()
    for row, column in np.ndindex(*result.shape):
        found = convolution.sum_at(PICTURE, row, column)
        assert found.products.sum() - 0.5 == pytest.approx(found.total)
        assert found.value == pytest.approx(max(0, found.total)) == pytest.approx(result[row, column])


def test_the_patch_is_what_the_window_shows_and_padding_is_zero() -> None:
    found = Convolution(KERNELS["blur"], stride=2, padding=1).sum_at(PICTURE, 0, 2)
    np.testing.assert_array_equal(found.patch[1:], PICTURE[0:2, 3:6])
    assert not found.patch[0].any()


def test_identity_changes_nothing_and_an_even_ground_has_no_edges() -> None:
    np.testing.assert_array_equal(Convolution(KERNELS["identity"])(PICTURE), PICTURE)
    even = np.full((6, 6), 0.7)
    for name in ("horizontal", "vertical", "outline"):
        np.testing.assert_allclose(Convolution(KERNELS[name], padding=0)(even), 0, atol=1e-12)
    for name in ("blur", "sharpen", "emboss"):
        np.testing.assert_allclose(Convolution(KERNELS[name], padding=0)(even), 0.7)


def test_each_kind_of_edge_is_found_by_its_own_kernel() -> None:
    step = np.zeros((8, 8))
    step[4:] = 1
    for name, picture in (("horizontal", step), ("vertical", step.T)):
        other = {"horizontal": "vertical", "vertical": "horizontal"}[name]
        assert Convolution(KERNELS[name], padding=0)(picture).max() == 4
        assert not Convolution(KERNELS[other], padding=0)(picture).any()


def test_grey_is_between_black_and_white_and_green_is_the_brightest_colour() -> None:
    black, red, green, blue, white = to_grey(np.array([[[0, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255], [255] * 3]]))[
        0
    ]
    assert black == 0 < blue < red < green < white == pytest.approx(1)
