"""What happens to photos: each harm gets worse with its severity, keeps shape and type, and is the same for the same seed."""

import numpy as np
import pytest

from core.data.imageset import load_split
from core.data.versions import get_dataset
from core.evaluation.corruptions import CORRUPTIONS, SEVERITIES, corrupt


@pytest.fixture(scope="module")
def photos() -> np.ndarray:
    """Smooth random pictures, as photos are: neighbouring pixels are alike."""
    random = np.random.default_rng(0)
    coarse = random.integers(0, 256, (24, 3, 3, 3)).astype(np.float32)
    fine = coarse.repeat(12, axis=1).repeat(12, axis=2)[:, :32, :32]
    return ((fine + np.roll(fine, 1, 1) + np.roll(fine, 1, 2)) / 3).astype(np.uint8)


def distance(images: np.ndarray, others: np.ndarray) -> float:
    return float(np.abs(images.astype(int) - others.astype(int)).mean())


@pytest.mark.parametrize("name", list(CORRUPTIONS))
def test_each_severity_is_worse_than_the_one_before(name: str, photos: np.ndarray) -> None:
    harms = [distance(photos, corrupt(photos, name, severity)) for severity in range(1, SEVERITIES + 1)]
    assert 0 < harms[0] and harms == sorted(harms)


@pytest.mark.parametrize("name", list(CORRUPTIONS))
@pytest.mark.parametrize("side", [28, 32, 64])
def test_images_stay_images_of_their_size(name: str, side: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, side, side, 3), dtype=np.uint8)
    before = images.copy()
    for severity in (1, SEVERITIES):
        found = corrupt(images, name, severity)
        assert found.shape == images.shape and found.dtype == np.uint8
    np.testing.assert_array_equal(images, before)


@pytest.mark.parametrize("name", list(CORRUPTIONS))
def test_the_same_seed_does_the_same_harm(name: str, photos: np.ndarray) -> None:
    np.testing.assert_array_equal(corrupt(photos, name, 3, seed=5), corrupt(photos, name, 3, seed=5))


def test_blur_and_contrast_leave_a_plain_colour_as_it_is() -> None:
    plain = np.full((2, 32, 32, 3), (200, 30, 90), np.uint8)
    np.testing.assert_array_equal(corrupt(plain, "blur", 5), plain)
    np.testing.assert_array_equal(corrupt(plain, "translation", 5), plain)
    np.testing.assert_array_equal(corrupt(plain, "rotation", 5), plain)


def test_occlusion_hides_the_share_of_the_side_that_it_says() -> None:
    white = np.full((5, 32, 32, 3), 255, np.uint8)
    hidden = (corrupt(white, "occlusion", 4) != 255).all(axis=3)
    assert (hidden.sum(axis=(1, 2)) == 16 * 16).all()


def test_a_blur_is_as_wide_at_every_size() -> None:
    """A blurred edge, brought to the same size, is the same edge."""
    edges = []
    for side in (32, 64):
        image = np.zeros((1, side, side, 3), np.uint8)
        image[:, :, side // 2 :] = 255
        profile = corrupt(image, "blur", 4)[0, side // 2, :, 0].astype(float)
        edges.append(profile.reshape(32, -1).mean(axis=1))
    np.testing.assert_allclose(edges[0], edges[1], atol=12)


def test_digits_hold_their_seed_too() -> None:
    images = np.asarray(load_split(get_dataset("digits"), "test").pixels[:20])
    assert distance(corrupt(images, "noise", 2, seed=0), corrupt(images, "noise", 2, seed=1)) > 0
