"""Images are left out or put under another class in a new version; the one before stays as it was."""

import numpy as np
import pytest

from core import paths
from core.data.corrections import correct
from core.data.drafts import draft
from core.data.imageset import load_split
from core.data.versions import Dataset, delete_dataset, get_dataset, hide_version, restore_dataset
from core.errors import VitrineError
from tests.data.making import picture

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def pets() -> Dataset:
    """Cats and dogs in turn, the last two of ten for testing."""
    with draft("pets") as made:
        for number in range(10):
            made.add(picture(number), f"{number}.png", "test" if number > 7 else "train", number % 2, 12, 12)
        return made.publish(["cat", "dog"], "drawn", "none")


def test_the_new_version_lacks_what_was_left_out_and_has_the_rest_as_it_came(pets: Dataset) -> None:
    before = [pets.original(row) for row in range(10)]
    load_split(pets, "train", 32)
    made = correct(pets, {0, 9}, {})
    assert (made.name, made.version, made.parent, made.images) == ("pets", 2, 1, 8)
    assert [made.original(row) for row in range(8)] == before[1:9]
    assert made.counts == {"train": {"cat": 3, "dog": 4}, "test": {"cat": 1, "dog": 0}}
    assert get_dataset("pets") == made and get_dataset("pets", 1) == pets
    assert pets.images == 10


def test_an_image_is_under_the_class_that_it_was_said_to_show(pets: Dataset) -> None:
    made = correct(pets, {0}, {2: 1})
    labels = load_split(made, "train").labels.tolist()
    assert labels == [1, 1, 1, 0, 1, 0, 1]  # rows 1 to 7, of which 2 is a dog now
    assert made.fingerprint != pets.fingerprint
    assert made.source == "pets, version 1: 1 left out, 1 under another class"


def test_pixels_that_were_made_are_taken_over(pets: Dataset) -> None:
    pixels = np.concatenate([load_split(pets, split, 24).pixels for split in ("train", "test")])
    made = correct(pets, {3}, {})
    assert (made.cache / "24.npy").exists()
    found = np.concatenate([load_split(made, split, 24).pixels for split in ("train", "test")])
    np.testing.assert_array_equal(found, np.delete(pixels, 3, axis=0))


def test_no_original_is_copied(pets: Dataset) -> None:
    def packs() -> int:
        return sum(file.stat().st_size for file in (paths.home() / "datasets" / "originals").iterdir())

    size = packs()
    correct(pets, {3}, {})
    assert packs() == size


def test_what_comes_with_vitrine_gets_a_corrected_copy_of_another_name() -> None:
    digits = get_dataset("digits")
    made = correct(digits, {5}, {6: 3})
    assert (made.name, made.version, made.images) == ("digits-corrected", 1, 1796)
    assert made.original(5) == digits.original(6)
    assert made.manifest("label")["label"].to_pylist()[5] == 3
    assert get_dataset("digits") == digits


def test_undone_the_version_before_is_the_newest_again_and_no_number_is_used_twice(pets: Dataset) -> None:
    hide_version(correct(pets, {0}, {}))
    assert get_dataset("pets") == pets
    delete_dataset("pets")
    restore_dataset("pets")
    assert get_dataset("pets") == pets
    assert correct(pets, {1}, {}).version == 3


@pytest.mark.parametrize(
    ("left_out", "code"), [({0, 2, 4}, "class_too_small"), ({8, 9}, "test_empty")], ids=["training", "test"]
)
def test_what_would_leave_too_little_is_refused_and_nothing_is_made(
    left_out: set[int], code: str, pets: Dataset
) -> None:
    with pytest.raises(VitrineError) as caught:
        correct(pets, left_out, {})
    assert caught.value.code == code
    assert get_dataset("pets") == pets
