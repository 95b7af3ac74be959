"""Photos that people corrected the model by wait, are forgotten, or go among the training images of a new version."""

import errno
import hashlib
from functools import partial
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from core import paths
from core.data import feedback
from core.data.adding import add_photos
from core.data.drafts import draft
from core.data.imageset import load_split
from core.data.importing import Photo, read_file
from core.data.versions import Dataset, get_dataset
from core.errors import VitrineError
from tests.data.making import picture

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def pets() -> Dataset:
    """Cats and dogs in turn, the last two of eight for testing."""
    with draft("pets") as made:
        for number in range(8):
            made.add(picture(number), f"{number}.png", "test" if number > 5 else "train", number % 2, 12, 12)
        return made.publish(["cat", "dog"], "drawn", "none")


def test_a_photo_waits_until_it_is_forgotten(pets: Dataset) -> None:
    kept = feedback.keep("pets", picture(20), "rex.png", "dog", said="cat")
    assert feedback.kept("pets") == [kept]
    assert feedback.photo("pets", kept.digest) == picture(20)
    assert feedback.kept("birds") == []
    feedback.forget("pets", kept.digest)
    assert feedback.kept("pets") == []
    assert not list((paths.folder("feedback") / "pets").iterdir())


def test_a_photo_that_is_kept_twice_has_the_later_label(pets: Dataset) -> None:
    feedback.keep("pets", picture(20), "rex.png", "cat", said="cat")
    feedback.keep("pets", picture(20), "rex.png", "dog", said="cat")
    assert [one.label for one in feedback.kept("pets")] == ["dog"]


def test_a_photo_whose_note_was_damaged_is_passed_over(pets: Dataset) -> None:
    kept = feedback.keep("pets", picture(20), "rex.png", "dog", said="cat")
    other = feedback.keep("pets", picture(21), "tom.png", "cat", said="dog")
    (paths.folder("feedback") / "pets" / f"{kept.digest}.json").write_text("{}")
    assert feedback.kept("pets") == [other]


def test_those_that_wait_become_training_images_of_a_new_version(pets: Dataset) -> None:
    load_split(pets, "train", 24)
    feedback.keep("pets", picture(20), "rex.png", "dog", said="cat")
    feedback.keep("pets", picture(21), "tweety.png", "bird", said="cat")  # of a class that the dataset has not
    made = feedback.take_in(pets, "pets")
    assert (made.name, made.version, made.parent) == ("pets", 2, 1)
    assert made.counts == {"train": {"cat": 3, "dog": 4}, "test": {"cat": 1, "dog": 1}}
    assert [one.label for one in feedback.kept("pets")] == ["bird"]
    assert get_dataset("pets", 1).counts["train"] == {"cat": 3, "dog": 3}
    before, after = load_split(pets, "test", 24), load_split(made, "test", 24)
    np.testing.assert_array_equal(before.pixels, after.pixels)


def test_a_second_version_has_the_photos_of_the_first_too(pets: Dataset) -> None:
    for number in (20, 21):
        feedback.keep("pets", picture(number), f"{number}.png", "dog", said="cat")
        made = feedback.take_in(pets, "pets")  # the run learnt from the first version, whatever came since
    assert (made.version, made.parent) == (3, 2)
    assert made.counts["train"]["dog"] == pets.counts["train"]["dog"] + 2


def test_nothing_of_a_photo_stays_when_it_cannot_be_kept(pets: Dataset) -> None:
    folder = paths.folder("feedback") / "pets"
    digest = hashlib.sha256(picture(20)).hexdigest()
    (folder / f"{digest}.json" / "in the way").mkdir(parents=True)
    with pytest.raises(OSError, match="irectory"):
        feedback.keep("pets", picture(20), "rex.png", "dog", said="cat")
    assert [path.name for path in folder.iterdir()] == [f"{digest}.json"]


def test_a_test_image_that_was_corrected_does_not_go_to_training(pets: Dataset) -> None:
    feedback.keep("pets", picture(7), "test.png", "cat", said="dog")
    with pytest.raises(VitrineError, match="None of the 1 images is new"):
        feedback.take_in(pets, "pets")
    feedback.keep("pets", picture(20), "rex.png", "dog", said="cat")
    made = feedback.take_in(pets, "pets")
    assert (made.size("train"), made.copies) == (pets.size("train") + 1, 0)
    assert [file["code"] for file in made.skipped] == ["image_there_already"]


def test_the_pixels_of_an_added_photo_are_those_of_its_file(pets: Dataset) -> None:
    for side in (24, 32):
        load_split(pets, "train", side)
    made = add_photos(pets, [Photo("rex.png", "dog", lambda: picture(20))])
    assert [file.name for file in made.cache.iterdir()] == ["32.npy"], "other sides are made when they are needed"
    copied = np.array(load_split(made, "train", 32).pixels)
    (made.cache / "32.npy").unlink()
    np.testing.assert_array_equal(copied, load_split(made, "train", 32).pixels)  # made anew from the files


def test_what_comes_with_vitrine_gets_a_copy_of_its_own() -> None:
    made = add_photos(get_dataset("digits"), [Photo("seven.png", "7", lambda: picture(20))])
    assert (made.name, made.images) == ("digits-corrected", get_dataset("digits").images + 1)
    assert load_split(made, "train").labels[-1] == 7


def test_a_photo_that_cannot_be_read_is_left_out_and_named(pets: Dataset, tmp_path: Path) -> None:
    letter = Photo("letter.png", "cat", lambda: b"no picture")
    gone = Photo("gone.png", "cat", partial(read_file, tmp_path / "gone.photo"))
    made = add_photos(pets, [letter, Photo("rex.png", "dog", lambda: picture(20)), gone])
    assert made.images == pets.images + 1
    assert [file["path"] for file in made.skipped] == ["letter.png", "gone.png"]
    with pytest.raises(VitrineError, match="could not be read"):
        add_photos(made, [letter])
    with pytest.raises(VitrineError, match="no photos"):
        add_photos(pets, [])
    assert get_dataset("pets").version == 2


def test_a_full_disk_is_a_sentence_and_makes_no_version(pets: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("core.data.adding.write_cache", full)
    load_split(pets, "train", 32)
    with pytest.raises(VitrineError, match="The disk is full"):
        add_photos(pets, [Photo("rex.png", "dog", lambda: picture(20))])
    assert get_dataset("pets").version == 1
    assert not list(paths.folder("datasets").glob(".draft-*"))
