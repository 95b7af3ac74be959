"""Two models side by side: who is better, and whether that is more than chance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from core.errors import VitrineError
from core.evaluation.comparison import compare, mcnemar, paired_gain, pareto, surest_of_each_class
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


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 3000))
def test_the_interval_leaves_out_no_difference_exactly_where_the_test_says_so(lost: int, won: int, alike: int) -> None:
    gain = paired_gain(lost, won, lost + won + alike + 1)
    assert gain.low <= gain.value <= gain.high
    assert (gain.low > 0 or gain.high < 0) == (mcnemar(lost, won) < 0.05)


@given(st.integers(0, 3000), st.integers(0, 3000))
def test_the_interval_is_the_exact_binomial_one_of_the_images_that_differ(lost: int, won: int) -> None:
    gain = paired_gain(lost, won, 10_000)
    if lost + won:
        share = binomtest(won, lost + won).proportion_ci(method="exact")
        expected = [(2 * end - 1) * (lost + won) / 10_000 for end in (share.low, share.high)]
    else:
        expected = [0, 0]
    assert [gain.low, gain.high] == pytest.approx(expected, abs=1e-9)


def test_seven_to_one_is_no_difference_by_test_and_interval() -> None:
    gain = paired_gain(1, 7, 360)
    assert mcnemar(1, 7) == pytest.approx(18 / 256)
    assert gain.low < 0 < gain.value < gain.high


def test_the_better_one_is_named_only_beyond_chance() -> None:
    good, bad = [True] * 90 + [False] * 10, [True] * 70 + [False] * 30
    found = compare(predictions(bad), predictions(good))
    assert (found.better, found.n) == ("b", 100)
    assert found.gain.value == pytest.approx(0.2) and 0 < found.gain.low < 0.2 <= found.gain.high
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


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 1)), max_size=40))
def test_the_surest_of_each_class_come_before_the_second_of_any(drawn: list[tuple[int, float]]) -> None:
    labels, sure = np.array([one[0] for one in drawn], int), np.array([one[1] for one in drawn])
    order = surest_of_each_class(labels, sure)
    assert sorted(order.tolist()) == list(range(len(drawn)))
    places = [labels[order[:place]].tolist().count(labels[one]) for place, one in enumerate(order)]
    assert places == sorted(places), "a class comes again only after all others that are left"
    for label in set(labels.tolist()):
        own = sure[order][labels[order] == label]
        assert (np.diff(own) <= 0).all()
