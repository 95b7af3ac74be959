"""What looks like no known image is told from those that do, before any network has its say."""

import functools

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_sample_images

from core.bundle.appearance import Strangeness, appearance, appearances
from core.bundle.unknowns import foreign
from core.evaluation.corruptions import blur, darkness, noise
from core.training.batches import to_input


@functools.cache
def photos() -> list[Image.Image]:
    return [Image.fromarray(photo) for photo in load_sample_images().images]


def cut(n: int, seed: int = 0, side: int = 32) -> np.ndarray:
    """Squares cut out of photos, near and far: uint8 `[n, side, side, 3]`."""
    random = np.random.default_rng(seed)
    found = np.empty((n, side, side, 3), np.uint8)
    for place in range(n):
        photo = photos()[place % 2]
        size = random.uniform(64, photo.height)
        left, top = random.uniform(0, photo.width - size), random.uniform(0, photo.height - size)
        square = photo.resize((side, side), Image.Resampling.BICUBIC, (left, top, left + size, top + size))
        found[place] = np.asarray(square)
    return found


def strangeness(images: np.ndarray) -> np.ndarray:
    fitted = Strangeness(appearances(to_input, cut(600)), appearances(to_input, cut(200, 1)))
    return fitted(torch.from_numpy(appearances(to_input, images))).numpy()


@pytest.mark.parametrize("name", ["noise", "plain colours", "patterns"])
def test_noise_plain_colours_and_patterns_look_like_no_photo(name: str) -> None:
    assert (strangeness(foreign(32, 200)[name]) > 0).mean() > 0.95


def test_photos_look_like_photos_also_darker_blurred_or_with_some_noise() -> None:
    random, images = np.random.default_rng(2), cut(300, 2)
    harmed = {
        "as they are": images,
        "darker": darkness(images, 0.3, random),
        "out of focus": blur(images, 0.02, random),
        "with noise": noise(images, 0.02, random),
    }
    assert {name: (strangeness(pictures) == 0).mean() > 0.95 for name, pictures in harmed.items()} == dict.fromkeys(
        harmed, True
    )


def test_appearance_is_of_images_of_every_size_and_of_one_grey() -> None:
    for side in (28, 33, 224):
        flat = np.full((2, side, side, 3), 128, np.uint8)
        found = appearance(to_input(torch.from_numpy(flat)))
        assert found.shape == (2, 12) and torch.isfinite(found).all()


def test_images_that_are_all_alike_are_no_reason_to_find_everything_strange() -> None:
    grey = np.repeat(cut(60).mean(axis=3, keepdims=True).astype(np.uint8), 3, axis=3)
    seen = appearances(to_input, grey)
    fitted = Strangeness(seen[:40], seen[40:])
    grain = np.random.default_rng(5).normal(0, 1, grey.shape)  # as a camera leaves it, in each colour
    warm = grey * np.array([1.03, 1.0, 0.97])
    for harmed in (grey + grain, warm):
        pixels = harmed.clip(0, 255).round().astype(np.uint8)
        assert (fitted(torch.from_numpy(appearances(to_input, pixels))) == 0).float().mean() > 0.9


@pytest.mark.parametrize("n", [6, 20, 60])
def test_a_few_known_images_do_not_make_others_of_their_kind_strange(n: int) -> None:
    known, others = appearances(to_input, cut(n)), appearances(to_input, cut(200, 7))
    fitted = Strangeness(known[: n * 4 // 5], known[n * 4 // 5 :])
    assert (fitted(torch.from_numpy(others)) == 0).float().mean() > 0.95


def test_strangeness_has_an_end_so_that_one_look_of_three_does_not_decide() -> None:
    fitted = Strangeness(appearances(to_input, cut(600)), appearances(to_input, cut(200, 1)))
    assert fitted(torch.from_numpy(appearances(to_input, foreign(32, 50)["noise"]))).unique().tolist() == [1.0]
