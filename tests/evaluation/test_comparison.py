"""Two models side by side: who is better, and whether that is more than chance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from core.errors import VitrineError
from core.evaluation.comparison import compare, mcnemar, pareto
from core.evaluation.predictions import StoredPredictions


def predictions(right: list[bool], rows: list[int] | None = None) -> StoredPredictions:
    """Of images of class 0, named rightly or not."""
    n = len(right)
    probabilities = np.where(np.array(right)[:, None], [0.8, 0.2], [0.3, 0.7]).astype(np.float32)
    return StoredPredictions(
        np.zeros(n, int), probabilities, np.zeros(n, np.float32), np.array(rows or range(n)), ("cat", "dog")
    )


@given(st.integers(0, 3000), st.integers(0, 3000))
def test_mcnemars_p_is_the_exact_binomial_one(lost: int, won: int) -> None:
    expected = binomtest(lost, lost + won).pvalue if lost + won else 1.0
    assert mcnemar(lost, won) == pytest.approx(expected, abs=1e-9)


def test_the_better_one_is_named_only_beyond_chance() -> None:
    good, bad = [True] * 90 + [False] * 10, [True] * 70 + [False] * 30
    found = compare(predictions(bad), predictions(good))
    assert (found.better, found.n) == ("b", 100)
    assert found.gain.value == pytest.approx(0.2) and 0 < found.gain.low < 0.2 < found.gain.high
    assert compare(predictions(good), predictions(bad)).better == "a"
    assert compare(predictions(good), predictions([True] * 87 + [False] * 13)).better is None


def test_images_are_paired_by_their_rows_in_any_order() -> None:
    a = predictions([True, False, True], rows=[7, 8, 9])
    b = predictions([True, True], rows=[9, 8])
    found = compare(a, b)
    assert a.rows[found.first].tolist() == b.rows[found.second].tolist() == [8, 9]
    assert found.only_b.tolist() == [True, False] and not found.only_a.any()


def test_other_images_are_not_comparable() -> None:
    with pytest.raises(VitrineError) as caught:
        compare(predictions([True], rows=[1]), predictions([True], rows=[2]))
    assert caught.value.code == "not_comparable"


def test_on_the_front_is_who_is_beaten_by_no_cheaper_one() -> None:
    cost = np.array([3.0, 1.0, 2.0, 4.0, 1.0])
    accuracy = np.array([0.9, 0.5, 0.7, 0.85, 0.6])
    assert pareto(cost, accuracy).tolist() == [True, False, True, False, True]
