"""Splits are divided fairly and repeatably, and their pixels are made once and proven."""

import os
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from core.data import versions
from core.data.drafts import draft
from core.data.imageset import hold_out, load_split
from core.data.layout import Split
from core.data.versions import Dataset, get_dataset
from core.errors import VitrineError
from tests.data.making import picture

UNEVEN = np.random.default_rng(0).permutation(np.repeat([0, 1, 2, 3], [400, 90, 10, 2]))


def made(files: Sequence[tuple[bytes, Split, int]], name: str = "pets") -> Dataset:
    """A version of these images in this order, without a cache."""
    with draft(name) as version:
        for number, (data, split, label) in enumerate(files):
            version.add(data, f"{number}.png", split, label, 12, 12)
        return version.publish(["cat", "dog"], "drawn", "none")


def pets(count: int = 12) -> Dataset:
    splits: list[Split] = ["train", "test", "train"]  # mixed, as no import leaves them
    return made([(picture(number), splits[number % 3], number % 2) for number in range(count)])


def counts(positions: np.ndarray, labels: np.ndarray = UNEVEN) -> list[int]:
    return np.bincount(labels[positions], minlength=4).tolist()


@pytest.mark.parametrize(
    ("share", "held_out"), [(0.1, [40, 9, 1, 1]), (0.2, [80, 18, 2, 1]), (0.001, [1] * 4), (0.99, [396, 89, 9, 1])]
)
def test_the_same_share_of_every_class_is_held_out_but_neither_none_nor_all(share: float, held_out: list[int]) -> None:
    kept, out = hold_out(UNEVEN, share, seed=0)
    assert counts(out) == held_out
    np.testing.assert_array_equal(np.sort(np.concatenate([kept, out])), np.arange(len(UNEVEN)))


def test_a_class_of_one_image_is_trained_on() -> None:
    kept, out = hold_out(np.array([0, 0, 0, 0, 1]), 0.25, seed=0)
    assert 4 in kept and len(out) == 1


def test_positions_are_sorted_and_drawn_from_all_over_the_set() -> None:
    _kept, out = hold_out(np.zeros(1000, np.int64), 0.1, seed=3)
    assert (np.diff(out) > 0).all()
    assert 400 < out.mean() < 600


def test_the_same_seed_divides_alike_and_another_does_not() -> None:
    first, again, other = (hold_out(UNEVEN, 0.2, seed, limit=100) for seed in (5, 5, 6))
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
    assert not np.array_equal(first[1], other[1])


@pytest.mark.parametrize(
    ("limit", "kept"), [(226, [180, 40, 4, 2]), (100, [80, 18, 2, 1]), (452, [360, 81, 9, 1]), (9999, [360, 81, 9, 1])]
)
def test_a_limit_takes_the_same_share_of_every_class(limit: int, kept: list[int]) -> None:
    positions, out = hold_out(UNEVEN, 0.1, seed=0, limit=limit)
    assert np.abs(np.subtract(counts(positions), kept)).max() <= 1
    assert len(positions) == min(limit, 451)
    np.testing.assert_array_equal(out, hold_out(UNEVEN, 0.1, seed=0)[1])


def test_a_limit_leaves_one_of_each_class_and_is_kept_to_all_the_same() -> None:
    assert counts(hold_out(UNEVEN, 0.1, seed=0, limit=6)[0]) == [3, 1, 1, 1]
    assert counts(hold_out(UNEVEN, 0.1, seed=0, limit=1)[0]) == [1, 1, 1, 1]


def test_a_class_has_no_more_of_a_limit_for_being_small() -> None:
    labels = np.repeat([0, 1, 2, 3], [1000, 33, 33, 33])  # 900, 30, 30 and 30 are left to train on
    assert counts(hold_out(labels, 0.1, seed=0, limit=80)[0], labels) == [74, 2, 2, 2]


@pytest.mark.parametrize("sizes", [[8, 8, 3], [2, 7, 7], [2, 2, 2, 900], [30] * 4])
def test_every_limit_takes_all_of_what_a_smaller_one_takes(sizes: list[int]) -> None:
    """Dividing by the largest remainder would not: a class can lose an image when the limit grows by one."""
    labels, before = np.repeat(np.arange(len(sizes)), sizes), np.array([], np.int64)
    for limit in range(len(sizes), len(labels) + 1):
        kept, out = hold_out(labels, 0.2, seed=0, limit=limit)
        assert np.isin(before, kept).all()
        assert len(kept) == min(limit, len(labels) - len(out))
        before = kept


def test_a_split_has_its_own_images_in_the_manifests_order(home: Path) -> None:
    dataset = pets()
    train, test = load_split(dataset, "train", 12), load_split(dataset, "test", 12)
    assert train.rows.tolist() == [0, 2, 3, 5, 6, 8, 9, 11] and test.rows.tolist() == [1, 4, 7, 10]
    for images in (train, test):
        assert images.classes == ("cat", "dog")
        assert images.labels.dtype == np.int64 and (images.labels == images.rows % 2).all()
        for row, pixels in zip(images.rows, images.pixels, strict=True):
            np.testing.assert_array_equal(pixels, noise(row))


def test_a_subset_keeps_pixels_labels_and_rows_together(home: Path) -> None:
    chosen = load_split(pets(), "train", 12).subset(np.array([6, 1]))
    assert len(chosen) == 2
    assert chosen.rows.tolist() == [9, 2] and chosen.labels.tolist() == [1, 0]
    np.testing.assert_array_equal(chosen.pixels[0], noise(9))


def test_every_side_has_pixels_of_its_own(home: Path) -> None:
    dataset = pets()
    assert load_split(dataset, "train", 12).pixels.shape == (8, 12, 12, 3)
    assert load_split(dataset, "train", 20).pixels.shape == (8, 20, 20, 3)
    assert cached(dataset) == {"12.npy", "20.npy"}


def test_pixels_are_made_once_and_mapped_from_then_on(home: Path) -> None:
    dataset = pets()
    before = np.array(load_split(dataset, "train").pixels)
    for originals in (versions.root() / versions.ORIGINALS).iterdir():
        originals.unlink()
    again = load_split(dataset, "train").pixels
    np.testing.assert_array_equal(again, before)
    digits = load_split(get_dataset("digits"), "train")
    assert isinstance(digits.pixels, np.memmap) and not digits.pixels.flags.writeable


@pytest.mark.parametrize("damage", ["cut", "empty", "rubbish", "other shape", "other type"])
def test_a_damaged_cache_is_made_again(home: Path, damage: str) -> None:
    dataset = pets()
    before = np.array(load_split(dataset, "train").pixels)
    file = dataset.cache / "32.npy"
    if damage == "cut":
        os.truncate(file, file.stat().st_size - 1)
    elif damage == "empty":
        os.truncate(file, 0)
    elif damage == "rubbish":
        file.write_bytes(b"\x93NUMPY\x01\x00" + bytes(4000))
    elif damage == "other shape":
        np.save(file, np.zeros((3, 32, 32, 3), np.uint8))
    else:
        np.save(file, np.zeros((12, 32, 32, 3), np.float32))
    np.testing.assert_array_equal(load_split(dataset, "train").pixels, before)
    assert cached(dataset) == {"32.npy"}


def test_those_who_come_while_pixels_are_made_wait_for_them(home: Path) -> None:
    dataset, found = pets(300), []
    threads = [threading.Thread(target=lambda: found.append(load_split(dataset, "test", 12))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    for images in found:
        np.testing.assert_array_equal(images.pixels, found[0].pixels)
    assert cached(dataset) == {"12.npy"}


@pytest.mark.parametrize("gone", [True, False])
def test_damaged_originals_are_reported_and_no_half_made_cache_is_left(home: Path, gone: bool) -> None:
    dataset = pets()
    (originals,) = (versions.root() / versions.ORIGINALS).iterdir()
    if gone:
        originals.unlink()
    else:
        content = bytearray(originals.read_bytes())
        content[-9] ^= 1
        originals.write_bytes(content)
    with pytest.raises(VitrineError, match="“pets”, version 1, are damaged. Import the dataset again"):
        load_split(dataset, "train")
    assert cached(dataset) == set()


def test_an_original_that_is_no_image_is_reported(home: Path) -> None:
    dataset = made([(picture(1), "train", 0), (b"no image", "train", 1)])
    with pytest.raises(VitrineError) as raised:
        load_split(dataset, "train")
    assert raised.value.code == "data_damaged"


def noise(number: int) -> np.ndarray:
    """What is in ``picture(number)``."""
    return np.random.default_rng(number).integers(0, 256, (12, 12, 3), dtype=np.uint8)


def cached(dataset: Dataset) -> set[str]:
    """What lies in the cache, except for the locks."""
    return {path.name for path in dataset.cache.iterdir() if path.suffix != ".lock"}
