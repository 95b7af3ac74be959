"""Augmentation changes images as it says, and leaves alone what it should."""

import pytest
import torch
from torch import Tensor

from core.training.augment import LUMA, augment, mix, whom_to_mirror
from core.training.presets import make_recipe
from core.training.recipe import Recipe
from core.training.schedule import GROWING, side_at

SIDE = 32
NOBODY = torch.zeros(64, dtype=torch.bool)


def recipe(**changes: object) -> Recipe:
    return make_recipe("article-cnn", **changes)


@pytest.fixture
def images() -> Tensor:
    torch.manual_seed(0)
    return torch.rand(64, 3, SIDE, SIDE)


def test_a_recipe_without_augmentation_leaves_images_as_they_are(images: Tensor) -> None:
    assert augment(images, recipe(), NOBODY) is images


def test_those_to_be_mirrored_are_and_the_others_are_not(images: Tensor) -> None:
    mirrored = torch.arange(64) % 3 == 0
    found = augment(images, recipe(flip=True), mirrored)
    torch.testing.assert_close(found[mirrored], images[mirrored].flip(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(found[~mirrored], images[~mirrored], atol=1e-5, rtol=0)


def test_every_image_is_mirrored_in_every_other_epoch() -> None:
    indices, changing = torch.arange(2000), recipe(flip=True, seed=5)
    first, second, third = (whom_to_mirror(indices, epoch, changing) for epoch in range(3))
    assert torch.equal(first, ~second) and torch.equal(first, third)
    assert 0.45 < first.float().mean() < 0.55
    assert not torch.equal(first, whom_to_mirror(indices, 0, recipe(flip=True, seed=6)))
    assert not whom_to_mirror(indices, 0, recipe()).any()


def test_a_shift_moves_whole_pixels_up_to_its_share_of_the_side(images: Tensor) -> None:
    found = augment(images, recipe(translate=0.125), NOBODY)
    shifts = set()
    for before, after in zip(images, found, strict=True):
        middle = after[:, 8:24, 8:24]
        fits = [
            (dy, dx)
            for dy in range(-5, 6)
            for dx in range(-5, 6)
            if torch.allclose(before[:, 8 + dy : 24 + dy, 8 + dx : 24 + dx], middle, atol=1e-4)
        ]
        assert len(fits) == 1, "pixels were blended"
        shifts.add(fits[0])
    assert max(max(abs(dy), abs(dx)) for dy, dx in shifts) == 4
    assert len(shifts) > 20


def test_images_are_turned_about_their_middle_up_to_the_angle() -> None:
    spot = torch.zeros(64, 3, 33, 33)
    spot[:, :, 16, 28] = 1  # to the right of the middle
    torch.manual_seed(0)
    found = augment(spot, recipe(rotate=30, image_side=33), NOBODY)[:, 0].flatten(1).argmax(1)
    down, right = found // 33 - 16, found % 33 - 16
    angles = torch.atan2(down.float(), right.float()).rad2deg()
    assert angles.min() < -20 and angles.max() > 20 and angles.abs().max() < 33
    assert (torch.hypot(down.float(), right.float()) - 12).abs().max() < 1.5


def test_a_crop_enlarges_a_part_of_the_image() -> None:
    ramp = torch.linspace(0, 1, SIDE).expand(64, 3, SIDE, SIDE)
    torch.manual_seed(1)
    found = augment(ramp, recipe(crop=0.25), NOBODY)
    shown = found[:, 0, 16, -1] - found[:, 0, 16, 0]  # how much of the ramp is to be seen from left to right
    assert 0.4 < shown.min() < 0.6 and shown.max() > 0.9
    assert found.min() >= 0 and found.max() <= 1


def test_colours_change_by_no_more_than_asked() -> None:
    grey = torch.full((64, 3, SIDE, SIDE), 0.5)
    found = augment(grey, recipe(colour=0.2), NOBODY)
    assert found.std((2, 3)).max() < 1e-6, "a flat image stays flat"
    assert 0.4 - 1e-6 <= found.min() < 0.44 and 0.56 < found.max() <= 0.6 + 1e-6


def test_saturation_keeps_how_bright_a_colour_is() -> None:
    red = torch.full((64, 3, 8, 8), 0.3)
    red[:, 0] = 0.6
    weights = torch.tensor(LUMA)[:, None, None]
    found = augment(red, recipe(colour=0.1), NOBODY)
    brightness = (found * weights).sum(1).mean((1, 2)) / (red * weights).sum(1).mean((1, 2))
    assert brightness.min() > 0.88 and brightness.max() < 1.12


def test_noise_differs_from_image_to_image_and_stays_below_its_most() -> None:
    torch.manual_seed(0)
    grey = torch.full((64, 3, SIDE, SIDE), 0.5)
    found = augment(grey, recipe(noise=0.1), NOBODY) - grey
    deviations = found.std((1, 2, 3))
    assert found.mean().abs() < 1e-3, "no brighter and no darker"
    assert 0.09 < deviations.max() < 0.105 and deviations.min() < 0.02


def test_cutout_hides_one_square_inside_the_image(images: Tensor) -> None:
    hidden = (augment(images, recipe(cutout=0.375), NOBODY) == 0.5).all(1)
    assert hidden.sum((1, 2)).tolist() == [12 * 12] * 64
    rows = hidden.any(2).sum(1)
    assert rows.tolist() == [12] * 64
    assert len({tuple(picture.nonzero()[0].tolist()) for picture in hidden}) > 30, "not always the same place"


def test_a_blend_is_mostly_the_image_and_partly_its_partner(images: Tensor) -> None:
    blends, partners, share = mix(images, alpha=0.5)
    assert 0.5 <= share <= 1
    assert sorted(partners.tolist()) == list(range(64))
    torch.testing.assert_close(blends, share * images + (1 - share) * images[partners])


def test_images_grow_to_their_whole_side() -> None:
    growing = recipe(family="fast", grow=0.5, epochs=20)
    sides = [side_at(growing, epoch) for epoch in range(20)]
    assert sides[0] == 16 and sides == sorted(sides)
    assert sides[int(GROWING * 20) :] == [32] * 5
    assert augment(torch.rand(64, 3, 32, 32), growing, NOBODY, 16).shape == (64, 3, 16, 16)
    assert {side_at(recipe(family="fast", epochs=20), epoch) for epoch in range(20)} == {32}
    assert side_at(recipe(family="mlp", grow=0.5), 0) == 32, "it takes images of one size only"


def test_the_same_random_state_gives_the_same_images(images: Tensor) -> None:
    everything = recipe(flip=True, translate=0.1, crop=0.5, colour=0.3, noise=0.1, cutout=0.25)
    found = []
    for _attempt in range(2):
        torch.manual_seed(3)
        found.append(augment(images, everything, NOBODY))
    assert torch.equal(*found)
    assert found[0].min() >= 0 and found[0].max() <= 1
