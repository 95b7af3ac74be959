"""What is shaded between two learning curves is what lies between them as they are drawn."""

import numpy as np

from ui.curves import between


def test_the_shade_reaches_from_one_line_to_the_other() -> None:
    found = between([(0.5, 0.0), (1, 0.5), (1.5, 0.6), (2, 0.7)], [(1, 0.25), (2, 0.5)])
    assert np.allclose(found, np.array([[1, 0.25, 0.25], [1.5, 0.375, 0.225], [2, 0.5, 0.2]]))


def test_the_shade_closes_where_the_lines_cross() -> None:
    found = between([(1, 0.0), (2, 1.0)], [(1, 1.0), (2, 0.0)])
    assert np.allclose(found, np.array([[1, 0, 1], [1.5, 0.5, 0], [2, 0, 1]]))


def test_there_is_no_shade_before_there_are_two_lines() -> None:
    assert len(between([(1, 0.5)], [])) == len(between([], [(1, 0.5)])) == 0
