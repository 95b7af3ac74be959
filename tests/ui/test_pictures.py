"""Photos of any shape have a place on the page."""

import numpy as np
import pytest

from ui.pictures import TALLEST, fitted

COLUMN = 350  # pixels: about what a photo has on a wide screen, and on a telephone


@pytest.mark.parametrize(
    "size", [(480, 1), (480, 43), (480, 360), (480, 480), (8, 8), (300, 480), (3, 480), (1, 480), (1, 1)]
)
def test_no_photo_is_a_tower_or_a_hairline(size: tuple[int, int]) -> None:
    picture = fitted(np.full((*size, 3), 200, np.uint8))
    height, width = picture.shape[:2]
    assert 16 <= COLUMN * height / width <= COLUMN * TALLEST + 5
    if picture.shape[2] == 4:  # what stands beside it is no part of it
        columns = picture[0, :, 3] == 255
        assert (picture[0, columns, :3] == 200).all() and 16 <= COLUMN * columns.sum() / width


def test_a_photo_of_a_common_shape_is_shown_as_it_is() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (480, 360, 3)).astype(np.uint8)
    np.testing.assert_array_equal(fitted(photo), photo)
