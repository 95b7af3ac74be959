"""The map of what a verdict hangs on points at what it really hangs on, and is found out where it does not."""

import numpy as np

from core.serving.why import ELSEWHERE, Ask, erase, explain

SIDE = 64


def with_a_spot(row: int, column: int) -> np.ndarray:
    """A dark photo with a bright square of 12 pixels."""
    photo = np.full((SIDE, SIDE, 3), 40, np.uint8)
    photo[row : row + 12, column : column + 12] = 240
    return photo


def brightness_at(row: int, column: int) -> Ask:
    """A model that looks at one place only, and says how bright it is."""
    return lambda photos: photos[:, row : row + 12, column : column + 12].mean((1, 2, 3)) / 255


def test_the_map_is_brightest_where_the_model_looks() -> None:
    found = explain(with_a_spot(8, 40), brightness_at(8, 40))
    row, column = divmod(int(found.importance.argmax()), found.importance.shape[1])
    assert (row, column) in {(1, 5), (1, 6), (2, 5), (2, 6)}  # cells of 8 pixels
    assert found.importance[5:, :3].max() < 0.02


def test_erasing_what_it_points_at_moves_the_verdict_more_than_erasing_other_places() -> None:
    found = explain(with_a_spot(8, 40), brightness_at(8, 40))
    assert found.holds
    assert found.after < found.before - 0.2
    assert np.median(found.elsewhere) > found.before - 0.1
    assert len(found.elsewhere) == ELSEWHERE


def test_a_model_that_says_the_same_of_everything_has_a_map_that_does_not_hold() -> None:
    found = explain(with_a_spot(8, 40), lambda photos: np.full(len(photos), 0.7))
    assert not found.holds
    assert found.before == found.after == 0.7
    assert not found.importance.any()


def test_what_is_erased_is_smeared_and_the_rest_stays_as_it_is() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
    mask = np.zeros((8, 8))
    mask[:, :4] = 1
    erased = erase(photo, mask)
    np.testing.assert_array_equal(erased[:, 40:], photo[:, 40:])
    assert erased[:, :24].std() < 0.3 * photo[:, :24].std()
    np.testing.assert_array_equal(erase(photo, np.zeros((8, 8))), photo)
