"""Versions: what each changed, an earlier one made current, images divided anew, another name. What runs refer to stays."""

import errno
import os
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

from core.data import feedback
from core.data.corrections import correct
from core.data.imageset import load_split
from core.data.importing import import_zip
from core.data.licence import note_licence
from core.data.looks import Looks, looks_at, remember_look
from core.data.renaming import rename
from core.data.revisions import Change, change_of, divide, history, make_current
from core.data.versions import (
    HIDDEN,
    Dataset,
    delete_dataset,
    get_dataset,
    list_datasets,
    name_now,
    restore_dataset,
    root,
)
from core.errors import VitrineError
from tests.data.making import pack, picture, two_classes

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def pets(tmp_path: Path) -> Dataset:
    file = pack(tmp_path / "pets.zip", two_classes(20))
    return import_zip("pets", file, None, lambda done, total: None, lambda: False)


def listed() -> list[str]:
    return [dataset.name for dataset in list_datasets()]


def pictures(dataset: Dataset) -> dict[str, bytes]:
    """The pixels of every image by its file."""
    digests = dataset.manifest("sha256")["sha256"].to_pylist()
    splits = [load_split(dataset, split, 32) for split in ("train", "test")]
    return {
        digests[row]: picture.tobytes()
        for images in splits
        for row, picture in zip(images.rows, images.pixels, strict=True)
    }


def test_each_version_says_what_it_changed(pets: Dataset) -> None:
    correct(pets, {0, 1}, {2: 1})
    divided = divide(get_dataset("pets"), 0.5, 1)
    changes = [change_of(version) for version in history("pets")]
    assert [version.version for version in history("pets")] == [3, 2, 1]
    assert changes[1:] == [Change(added=0, removed=2, relabelled=1, moved=0), None]
    assert changes[0] is not None and changes[0].moved > 0 and changes[0].removed == 0
    assert divided.parent == 2


def test_dividing_holds_the_same_share_of_every_class_out_and_keeps_pictures_with_their_labels(pets: Dataset) -> None:
    divided = divide(pets, 0.4, 7)
    assert divided.counts == {"train": {"cat": 12, "dog": 12}, "test": {"cat": 8, "dog": 8}}
    assert pictures(divided) == pictures(pets)
    table = divided.manifest("split").to_pydict()["split"]
    assert table == ["train"] * 24 + ["test"] * 16
    assert divide(pets, 0.4, 7).fingerprint == divided.fingerprint
    assert divide(pets, 0.4, 8).fingerprint != divided.fingerprint
    assert sorted(load_split(divided, "test", 32).labels.tolist()) == [0] * 8 + [1] * 8


@pytest.mark.parametrize(
    ("share", "seed", "said"),
    [
        (0.0, 0, "The share for the test is 0. It must be a number from 0.05 to 0.5."),
        (0.9, 0, "The share for the test is 0.9. It must be a number from 0.05 to 0.5."),
        (0.2, -1, "The seed is -1. It must be a whole number of at least 0."),
        (0.2, 0, "These images are divided like that already. Choose another share or seed."),
    ],
)
def test_what_cannot_be_divided_is_said_and_makes_no_version(share: float, seed: int, said: str, pets: Dataset) -> None:
    with pytest.raises(VitrineError) as error:
        divide(pets, share, seed)
    assert str(error.value) == said
    assert len(history("pets")) == 1


def test_the_digits_are_divided_in_a_copy() -> None:
    digits = get_dataset("digits")
    divided = divide(digits, 0.5, 0)
    assert divided.name == "digits-corrected" and divided.images == digits.images
    assert get_dataset("digits").fingerprint == digits.fingerprint
    assert np.array_equal(np.sort(divided.manifest("sha256")["sha256"]), np.sort(digits.manifest("sha256")["sha256"]))


def test_an_earlier_version_becomes_current_as_a_new_one(pets: Dataset) -> None:
    correct(pets, {0, 1}, {})
    again = make_current(get_dataset("pets", 1))
    assert (again.version, again.fingerprint) == (3, pets.fingerprint)
    assert get_dataset("pets") == again and len(history("pets")) == 3
    assert pictures(again) == pictures(pets)
    with pytest.raises(VitrineError, match="Version 3 of “pets” is the current one already"):
        make_current(again)


def test_a_renamed_dataset_has_all_its_versions_and_runs_find_the_old_ones(pets: Dataset) -> None:
    second = correct(pets, {0}, {})
    animals = rename("pets", "animals")
    assert listed() == ["animals", "digits"]
    assert (animals.name, animals.version, animals.fingerprint) == ("animals", 2, second.fingerprint)
    assert [version.version for version in history("animals")] == [2, 1]
    assert change_of(animals) == Change(added=0, removed=1, relabelled=0, moved=0)
    assert get_dataset("pets", 1) == pets and pictures(get_dataset("pets", 1)) == pictures(get_dataset("animals", 1))


def test_a_licence_that_is_noted_holds_for_all_versions_and_can_be_taken_back(pets: Dataset) -> None:
    correct(pets, {0}, {})
    noted = note_licence("pets", "CC BY 4.0")
    assert {version.licence for version in history("pets")} == {"CC BY 4.0"} == {noted.licence}
    assert note_licence("pets", "").licence == "not stated"
    with pytest.raises(VitrineError, match="“digits” comes with Vitrine, and its licence with it"):
        note_licence("digits", "mine")


def test_a_dataset_can_have_its_old_name_back(pets: Dataset) -> None:
    rename("pets", "animals")
    back = rename("animals", "pets")
    assert listed() == ["digits", "pets"]
    assert (back.version, back.fingerprint) == (2, pets.fingerprint)
    assert pictures(back) == pictures(pets)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("pets", "digits", "dataset_name"),
        ("pets", "My Pets", "dataset_name"),
        ("pets", "pets", "name_taken"),
        ("digits", "scans", "dataset_not_renamed"),
        ("cats", "dogs", "dataset_unknown"),
    ],
)
def test_a_name_that_cannot_be_is_refused_and_nothing_changed(old: str, new: str, code: str, pets: Dataset) -> None:
    with pytest.raises(VitrineError) as error:
        rename(old, new)
    assert error.value.code == code
    assert listed() == ["digits", "pets"]


@pytest.mark.parametrize("fails", ["_copy", "rename_looks"])
def test_a_rename_on_a_full_disk_is_a_sentence_and_leaves_everything_as_it_was(
    fails: str, pets: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    correct(pets, {0}, {})
    with monkeypatch.context() as patch:
        patch.setattr(f"core.data.renaming.{fails}", _full)
        with pytest.raises(VitrineError, match="The disk is full"):
            rename("pets", "animals")
    assert listed() == ["digits", "pets"]
    assert not list(root().glob(".draft-*")) and not list((root() / "animals").iterdir())
    assert rename("pets", "animals").version == 2


def test_a_rename_that_fails_when_the_new_name_is_there_takes_it_back(
    pets: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    correct(pets, {0}, {})
    write, marks = Path.write_text, []

    def second_fails(path: Path, text: str, *args: Any, **options: Any) -> int:
        marks.append(path.name == HIDDEN)
        return _full() if sum(marks) == 2 else write(path, text, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", second_fails)
        with pytest.raises(VitrineError, match="The disk is full"):
            rename("pets", "animals")
    assert listed() == ["digits", "pets"] and get_dataset("pets").version == 2
    assert not list((root() / "animals").iterdir())


def _full(*args: Any) -> NoReturn:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_file_system_without_links_gets_copies(pets: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(source: Path, target: Path) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    assert pictures(rename("pets", "animals")) == pictures(get_dataset("pets", 1))


def test_what_hangs_on_the_old_name_finds_the_new_one(pets: Dataset) -> None:
    remember_look("pets", "a-run")
    feedback.keep("pets", picture(90), "rex.png", "dog", said="cat")
    rename("pets", "animals")
    beasts = rename("animals", "beasts")
    old = get_dataset("pets", 1)  # as a run of the old name has it
    now = name_now(old.name, old.version)
    assert now == "beasts" and looks_at(now) == Looks(1, 1)
    assert feedback.take_in(old, now).version == beasts.version + 1
    assert correct(old, {0}, {}).name == "beasts"
    assert listed() == ["beasts", "digits"], "the old name came back"


def test_deleting_after_renaming_hides_one_name_only(pets: Dataset) -> None:
    rename("pets", "animals")
    delete_dataset("animals")
    assert listed() == ["digits"]
    restore_dataset("animals")
    assert listed() == ["animals", "digits"]


def test_undoing_a_deletion_brings_no_renamed_version_back(pets: Dataset, tmp_path: Path) -> None:
    rename("pets", "animals")
    file = pack(tmp_path / "others.zip", two_classes(6))
    other = import_zip("pets", file, None, lambda done, total: None, lambda: False)
    delete_dataset("pets")
    restore_dataset("pets")
    assert [version.version for version in history("pets")] == [other.version]
