"""Groups of images, and whether the gap between them is more than chance."""

import numpy as np
import pytest

from core.evaluation.groups import gap, groups


def images(*sizes_and_rates: tuple[int, float]) -> tuple[list[str], np.ndarray, np.ndarray]:
    """So many images in each group, of which such a share was named rightly."""
    names = [chr(97 + number) for number, (size, _rate) in enumerate(sizes_and_rates) for _image in range(size)]
    right = np.concatenate([np.arange(size) < round(size * rate) for size, rate in sizes_and_rates])
    return names, right, np.full(len(names), 0.8)


def test_the_worst_group_comes_first_with_its_figures() -> None:
    worst, best = groups(*images((100, 0.9), (50, 0.5)))
    assert (worst.name, worst.n, worst.accuracy.value) == ("b", 50, 0.5)
    assert (best.name, best.n, best.accuracy.value) == ("a", 100, 0.9)
    assert worst.accuracy.low < 0.5 < worst.accuracy.high
    assert worst.confidence.value == pytest.approx(0.8)


def test_a_large_gap_on_many_images_is_more_than_noise() -> None:
    found = gap(groups(*images((1000, 0.95), (1000, 0.85))))
    assert found is not None and not found.is_noise
    assert found.size == pytest.approx(0.1)


def test_the_same_gap_on_few_images_may_be_noise() -> None:
    found = gap(groups(*images((20, 0.95), (20, 0.85))))
    assert found is not None and found.is_noise


def test_among_many_groups_some_gap_is_expected() -> None:
    random = np.random.default_rng(1)
    names = [str(number) for number in range(20) for _image in range(100)]
    found = gap(groups(names, random.random(2000) < 0.8, np.full(2000, 0.8)))
    assert found is not None and found.size > 0.08 and found.is_noise


def test_alike_groups_are_called_noise_in_19_of_20_cases() -> None:
    random = np.random.default_rng(0)
    names = [str(number) for number in range(5) for _image in range(200)]
    ps = []
    for _case in range(60):
        found = gap(groups(names, random.random(1000) < 0.7, np.full(1000, 0.7)))
        assert found is not None
        ps.append(found.p)
    assert 0.0 <= np.mean(np.array(ps) < 0.05) <= 0.15
    assert np.mean(ps) == pytest.approx(0.5, abs=0.12)


def test_one_group_has_no_gap() -> None:
    assert gap(groups(*images((10, 0.5)))) is None
