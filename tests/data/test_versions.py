"""Versions are immutable, found by name, hidden and restored; the digits come with the product."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from core.data.drafts import draft
from core.data.imageset import load_split
from core.data.versions import (
    EMBEDDED,
    Dataset,
    check_name,
    delete_dataset,
    get_dataset,
    list_datasets,
    restore_dataset,
)
from core.errors import VitrineError
from tests.data.making import picture

pytestmark = pytest.mark.usefixtures("home")


def new_version(name: str = "pets", first: int = 0) -> Dataset:
    with draft(name) as made:
        for number in range(first, first + 4):
            made.add(picture(number), f"{number}.png", "test" if number % 4 == 3 else "train", number % 2, 12, 12)
        return made.publish(["cat", "dog"], "drawn", "none")


def listed() -> dict[str, int]:
    return {dataset.name: dataset.version for dataset in list_datasets()}


def test_the_digits_are_scikit_learns_every_one_of_them_once() -> None:
    digits, scans = get_dataset("digits"), load_digits()
    assert digits.embedded and digits.version == 1 and digits.images == 1797
    assert digits.classes == tuple("0123456789")
    rows = digits.manifest("path", "label", "width", "height").to_pylist()
    assert {(row["width"], row["height"]) for row in rows} == {(8, 8)}
    numbers = [int(Path(row["path"]).stem) for row in rows]
    assert sorted(numbers) == list(range(1797))
    assert [row["label"] for row in rows] == scans.target[numbers].tolist()
    for row in (0, 700, 1796):
        levels = np.asarray(Image.open(io.BytesIO(digits.original(row))))
        np.testing.assert_array_equal(levels, np.round(scans.images[numbers[row]] * 255 / 16))


def test_a_fifth_of_every_digit_is_for_testing_and_always_the_same() -> None:
    digits = get_dataset("digits")
    for label in digits.classes:
        train, test = digits.counts["train"][label], digits.counts["test"][label]
        assert abs(test - (train + test) / 5) < 1
    assert digits.size("test") == 360
    # Reported accuracies are of this split: another one would make them incomparable.
    assert digits.fingerprint == "285fca9fc4369af188a3f7784f713acf81eb40df70de9c1270f511cd7bb1c998"


def test_using_the_digits_writes_nothing_into_the_product(home: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in EMBEDDED.rglob("*")}
    images = load_split(get_dataset("digits"), "test", 8)
    assert len(images) == 360
    assert {path: path.stat().st_mtime_ns for path in EMBEDDED.rglob("*")} == before
    assert (home / "datasets/digits/1/cache/8.npy").is_file()


def test_the_digits_can_be_neither_deleted_nor_imported_over() -> None:
    with pytest.raises(VitrineError, match="“digits” belongs to Vitrine and cannot be deleted"):
        delete_dataset("digits")
    with pytest.raises(VitrineError, match="“digits” cannot be the name"):
        check_name("digits")
    assert listed() == {"digits": 1}


def test_another_import_of_a_name_is_its_next_version_and_changes_no_other() -> None:
    first = new_version()
    kept = [first.original(row) for row in range(4)]
    second, third = new_version(first=10), new_version()
    assert [(version.version, version.parent) for version in (first, second, third)] == [(1, None), (2, 1), (3, 2)]
    assert third.fingerprint == first.fingerprint != second.fingerprint
    assert get_dataset("pets") == third and get_dataset("pets", 1) == first
    assert [get_dataset("pets", 1).original(row) for row in range(4)] == kept
    assert listed() == {"digits": 1, "pets": 3}


def test_what_was_published_is_what_is_read_back() -> None:
    dataset = new_version()
    assert dataset == get_dataset("pets", 1)
    assert dataset.counts == {"train": {"cat": 2, "dog": 1}, "test": {"cat": 0, "dog": 1}}
    assert (dataset.images, dataset.size("train"), dataset.embedded) == (4, 3, False)
    assert dataset.originals([2, 0]) == [picture(2), picture(0)]


def test_a_deleted_dataset_is_hidden_but_runs_still_find_its_versions() -> None:
    new_version()
    second = new_version(first=10)
    delete_dataset("pets")
    assert listed() == {"digits": 1}
    with pytest.raises(VitrineError, match="There is no dataset “pets”"):
        get_dataset("pets")
    assert get_dataset("pets", 2) == second
    assert second.original(0) == picture(10)
    with pytest.raises(VitrineError, match="There is no dataset “pets”"):
        delete_dataset("pets")


def test_a_deleted_dataset_can_be_restored_with_all_its_versions() -> None:
    first, second = new_version(), new_version(first=10)
    delete_dataset("pets")
    restore_dataset("pets")
    assert get_dataset("pets") == second and get_dataset("pets", 1) == first
    restore_dataset("pets")  # nothing hidden, nothing to do
    assert listed() == {"digits": 1, "pets": 2}


def test_an_import_after_a_deletion_takes_no_old_number_and_shows_no_old_version() -> None:
    new_version()
    delete_dataset("pets")
    again = new_version(first=10)
    assert (again.version, again.parent) == (2, 1)
    assert listed() == {"digits": 1, "pets": 2}
    with pytest.raises(VitrineError) as raised:
        get_dataset("pets", 3)
    assert raised.value.params["known"] == "pets 2"


def test_an_unknown_dataset_is_named_with_those_there_are() -> None:
    new_version()
    with pytest.raises(VitrineError, match="^There is no dataset “cifar”. Choose one of: digits, pets.$"):
        get_dataset("cifar")


def test_an_unknown_version_is_named_with_those_there_are() -> None:
    new_version()
    new_version(first=10)
    with pytest.raises(VitrineError, match="^There is no dataset “pets 7”. Choose one of: pets 1, pets 2.$"):
        get_dataset("pets", 7)
    with pytest.raises(VitrineError, match="^There is no dataset “cifar 1”. Choose one of: digits, pets.$"):
        get_dataset("cifar", 1)


@pytest.mark.parametrize("name", ["..", ".", "", "originals", "../datasets/pets", "pets/1", "/etc", "Pets", "pe ts"])
def test_a_name_that_is_a_path_finds_nothing(name: str) -> None:
    new_version()
    for version in (None, 1):
        with pytest.raises(VitrineError) as raised:
            get_dataset(name, version)
        assert raised.value.code == "dataset_unknown"


@pytest.mark.parametrize("name", [".", "..", "-x", "a/b", "Pets", "katzen und hunde", "katzé", "a" * 65, "originals"])
def test_a_name_that_could_not_be_a_folder_is_refused(name: str) -> None:
    with pytest.raises(VitrineError, match="cannot be the name of a dataset"), draft(name):
        pass


@pytest.mark.parametrize("name", ["p", "0", "pets-2.1_b", "a" * 64])
def test_a_plain_name_will_do(name: str) -> None:
    assert new_version(name).name == name
    assert listed() == {"digits": 1, name: 1}


@pytest.mark.parametrize("damage", ["gone", "empty", "cut", "altered"])
def test_originals_that_are_not_what_the_manifest_says_are_not_given_away(home: Path, damage: str) -> None:
    dataset = new_version()
    (file,) = (home / "datasets/originals").iterdir()
    content = file.read_bytes()
    if damage == "gone":
        file.unlink()
    elif damage == "altered":
        file.write_bytes(content[:-1] + b"?")
    else:
        os.truncate(file, 0 if damage == "empty" else len(content) - 1)
    with pytest.raises(VitrineError, match="“pets”, version 1, are damaged"):
        dataset.original(3)


def test_a_missing_name_is_asked_for() -> None:
    with pytest.raises(VitrineError, match="The dataset needs a name. Give it one"), draft(""):
        pass
