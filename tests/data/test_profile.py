"""What the pictures of a dataset are like is counted right, once, and what will hurt is said."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from core.data.cautions import cautions
from core.data.duplicates import Duplicates
from core.data.imageset import load_split
from core.data.importing import import_zip
from core.data.profile import conflicts_in, profile_of, sizes_of
from core.data.versions import Dataset, get_dataset
from tests.data.making import pack, picture, some

pytestmark = pytest.mark.usefixtures("home")


def imported(folder: Path, files: Mapping[str, bytes], test: Mapping[str, bytes] | None = None) -> Dataset:
    train = pack(folder / "train.zip", files)
    held_out = pack(folder / "test.zip", test) if test else None
    return import_zip("pets", train, held_out, lambda done, total: None, lambda: False)


def codes(dataset: Dataset, found: Duplicates | None = None) -> list[str]:
    return [caution.code for caution in cautions(dataset, sizes_of(dataset), profile_of(dataset), found)]


def test_mean_and_deviation_are_those_of_all_training_pixels() -> None:
    digits = get_dataset("digits")
    pixels = np.asarray(load_split(digits, "train", 32).pixels) / 255
    profile = profile_of(digits)
    np.testing.assert_allclose(profile.mean, pixels.mean((0, 1, 2)), rtol=1e-6)
    np.testing.assert_allclose(profile.deviation, pixels.std((0, 1, 2)), rtol=1e-6)
    assert list(profile.grey) == list(digits.counts["train"].values()), "they are grey, all of them"


def test_a_profile_is_counted_once_and_again_when_it_is_damaged(monkeypatch: pytest.MonkeyPatch) -> None:
    digits = get_dataset("digits")
    profile = profile_of(digits)
    (file,) = digits.cache.glob("profile.json")
    with monkeypatch.context() as patch:
        patch.setattr("core.data.profile.load_split", None)
        assert profile_of(digits) == profile
    file.write_text('{"mean": [')
    assert profile_of(digits) == profile


def test_the_digits_give_no_reason_for_a_warning() -> None:
    assert codes(get_dataset("digits")) == []


def test_unequal_and_small_classes_are_said_with_the_one_that_suffers_most(tmp_path: Path) -> None:
    pets = imported(tmp_path, some("cat", 6) | some("dog", 60, first=6))
    found = cautions(pets, sizes_of(pets), profile_of(pets))
    assert [caution.code for caution in found] == ["data_unbalanced", "data_few", "data_few_test"]
    assert str(found[0]).startswith("The classes are unbalanced: “dog” has 9.6 times the training images of “cat”")
    assert "“cat” has 5 training images" in str(found[1]) and "Of “cat” the test has 1:" in str(found[2])


def test_several_small_classes_are_said_together_the_rarest_first(tmp_path: Path) -> None:
    pets = imported(tmp_path, some("cat", 30) | some("dog", 6, first=30) | some("owl", 9, first=40))
    (few,) = [caution for caution in cautions(pets, sizes_of(pets)) if caution.code.startswith("data_few_classes")]
    assert str(few).startswith("2 classes have fewer than 20 training images each: dog, owl; the rarest has 5.")


def test_a_class_that_no_test_image_shows_is_named(tmp_path: Path) -> None:
    pets = imported(tmp_path, some("cat", 30) | some("dog", 30, first=30), some("dog", 12, first=90))
    assert codes(pets) == ["data_untested"]
    assert "No test image shows cat" in str(cautions(pets, sizes_of(pets))[0])


def test_copies_are_said_and_what_is_nearly_alike_instead_where_somebody_has_looked(tmp_path: Path) -> None:
    train = some("cat", 30) | some("dog", 30, first=30)
    pets = imported(tmp_path, train, some("cat", 12) | some("dog", 12, first=80))
    assert codes(pets) == ["data_copies"]
    nearly = Duplicates(84, [], list(range(60, 75)), [], 0, 0, 0)
    assert codes(pets, nearly) == ["data_leak"]


def test_small_classes_weigh_more_than_one_copy_of_many_and_less_than_a_test_of_copies(tmp_path: Path) -> None:
    train = some("cat", 6) | some("dog", 6, first=30)
    pets = imported(tmp_path, train, some("cat", 1) | some("dog", 29, first=80))
    assert codes(pets)[:2] == ["data_few_classes", "data_few_test"] and "data_copies" in codes(pets)
    leaking = Duplicates(42, [], list(range(12, 20)), [], 0, 0, 0)
    assert codes(pets, leaking)[0] == "data_leak"


def test_a_file_under_two_classes_is_said(tmp_path: Path) -> None:
    train = some("cat", 30) | some("dog", 30, first=29)
    pets = imported(tmp_path, train, some("cat", 12, first=70) | some("dog", 12, first=90))
    assert (profile_of(pets).repeated, profile_of(pets).conflicting) == (1, 1)
    assert codes(pets) == ["data_conflicting"]
    (rows,) = conflicts_in(pets)
    table = pets.manifest("sha256", "label").to_pydict()
    assert len({table["sha256"][row] for row in rows}) == 1
    assert [pets.classes[table["label"][row]] for row in rows] == ["cat", "dog"]


def test_nothing_is_said_before_a_file_under_two_classes(tmp_path: Path) -> None:
    train = some("cat", 3) | some("dog", 30, first=2)
    pets = imported(tmp_path, train, some("cat", 2) | some("dog", 12, first=90))
    assert codes(pets)[0] == "data_conflicting" and len(codes(pets)) > 2


def test_grey_among_coloured_pictures_is_said_with_the_class_that_has_most(tmp_path: Path) -> None:
    grey = {f"cat/grey-{number}.png": picture(number, mode="L") for number in range(200, 220)}
    pets = imported(tmp_path, some("cat", 30) | grey | some("dog", 50, first=50))
    (caution,) = [
        caution for caution in cautions(pets, sizes_of(pets), profile_of(pets)) if caution.code == "data_grey"
    ]
    assert caution.params["name"] == "cat" and caution.params["share"] == pytest.approx(0.2, abs=0.06)


def sized(label: str, size: tuple[int, int], first: int) -> dict[str, bytes]:
    return {f"{label}/{number}.png": picture(number, size) for number in range(first, first + 50)}


@pytest.mark.parametrize(
    ("cat", "dog", "expected"),
    [
        ((40, 40), (40, 44), []),
        ((6, 6), (7, 7), ["data_tiny"]),
        ((20, 20), (60, 60), ["data_size_tells"]),
        ((80, 80), (300, 300), []),  # all of them are made small
        ((40, 100), (100, 44), ["data_long"]),
    ],
)
def test_sizes_that_mislead_are_said(
    cat: tuple[int, int], dog: tuple[int, int], expected: list[str], tmp_path: Path
) -> None:
    assert codes(imported(tmp_path, sized("cat", cat, 0) | sized("dog", dog, 50))) == expected


def test_sizes_that_are_mixed_within_every_class_are_said_as_such(tmp_path: Path) -> None:
    files = {
        f"{label}/{size}-{number}.png": picture(number, (size, size))
        for first, label in enumerate(("cat", "dog"))
        for size in (20, 120)
        for number in range(200 * first + size, 200 * first + size + 30)
    }
    assert codes(imported(tmp_path, files)) == ["data_mixed"]
