"""Images added to a dataset, and a dataset packed for others: nothing that was there changes, nothing comes twice."""

import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from core import paths
from core.data import exports
from core.data.adding import add_zip
from core.data.corrections import correct, newest
from core.data.exporting import export_zip
from core.data.imageset import load_split
from core.data.importing import import_zip
from core.data.versions import Dataset, get_dataset
from core.errors import VitrineError
from tests.data.making import pack, picture, some, two_classes

pytestmark = pytest.mark.usefixtures("home")


def imported(folder: Path, name: str, files: dict[str, bytes]) -> Dataset:
    return import_zip(name, pack(folder / f"{name}.zip", files), None, lambda done, total: None, lambda: False)


def added(dataset: Dataset, folder: Path, files: dict[str, bytes]) -> Dataset:
    return add_zip(dataset, pack(folder / "more.zip", files), lambda done, total: None, lambda: False)


@pytest.fixture
def pets(tmp_path: Path) -> Dataset:
    return imported(tmp_path, "pets", two_classes(10))


def test_added_images_are_for_training_and_the_test_stays(pets: Dataset, tmp_path: Path) -> None:
    more = added(pets, tmp_path, some("cat", 5, first=50))
    assert (more.name, more.version, more.images) == ("pets", 2, 25)
    assert more.counts["test"] == pets.counts["test"] and more.counts["train"]["cat"] == 13
    train = np.array(load_split(more, "train", 32).pixels)
    before, after = (load_split(one, "test", 32) for one in (pets, more))
    assert np.array_equal(before.pixels, after.pixels) and np.array_equal(before.labels, after.labels)
    shutil.rmtree(more.cache)
    assert np.array_equal(load_split(more, "train", 32).pixels, train), "the cache has other pixels than the files"
    assert pets.fingerprint == get_dataset("pets", 1).fingerprint


def test_a_new_class_comes_last_and_a_fifth_of_it_is_held_out(pets: Dataset, tmp_path: Path) -> None:
    more = added(pets, tmp_path, some("ant", 10, first=50))
    assert more.classes == ("cat", "dog", "ant")
    assert (more.counts["train"]["ant"], more.counts["test"]["ant"]) == (8, 2)
    splits = more.manifest("split")["split"].to_pylist()
    assert splits == sorted(splits, reverse=True), "images of a split stand together"


def test_folders_of_splits_are_obeyed(pets: Dataset, tmp_path: Path) -> None:
    files = some("train/cat", 3, first=50) | some("train/dog", 3, first=60) | some("test/dog", 2, first=70)
    more = added(pets, tmp_path, files)
    assert more.counts == {"train": {"cat": 11, "dog": 11}, "test": {"cat": 2, "dog": 4}}


def test_what_is_there_already_is_left_out_and_named(pets: Dataset, tmp_path: Path) -> None:
    more = added(pets, tmp_path, some("cat", 10) | some("cat", 3, first=50) | {"cat/notes.txt": b"no image"})
    assert more.images == pets.images + 3
    codes = [file["code"] for file in more.skipped]
    assert sorted(codes) == ["image_there_already"] * 10 + ["not_an_image"]


def test_nothing_new_makes_no_version(pets: Dataset, tmp_path: Path) -> None:
    with pytest.raises(VitrineError) as error:
        added(pets, tmp_path, some("cat", 10))
    assert str(error.value).startswith("None of the 10 images is new: “pets” has them all")
    assert get_dataset("pets").version == 1


def test_a_new_class_that_is_too_small_makes_no_version(pets: Dataset, tmp_path: Path) -> None:
    with pytest.raises(VitrineError, match="The class “ant” needs more images"):
        added(pets, tmp_path, some("ant", 1, first=50))
    assert get_dataset("pets").version == 1


def test_what_was_changed_meanwhile_is_not_dropped(pets: Dataset, tmp_path: Path) -> None:
    file = pack(tmp_path / "more.zip", some("cat", 3, first=50))
    corrected: list[Dataset] = []

    def correct_meanwhile(done: float, total: float) -> None:
        if not corrected:
            corrected.append(correct(pets, {0}, {}))

    with pytest.raises(VitrineError, match="“pets” got another version while this was being made"):
        add_zip(pets, file, correct_meanwhile, lambda: False)
    assert get_dataset("pets") == corrected[0]
    assert add_zip(corrected[0], file, lambda done, total: None, lambda: False).version == 3


def test_what_comes_with_vitrine_is_added_to_in_a_copy(tmp_path: Path) -> None:
    more = added(get_dataset("digits"), tmp_path, some("7", 3, first=50))
    assert (more.name, more.images) == ("digits-corrected", 1800)
    assert len(load_split(more, "train", 32)) == 1440
    again = added(newest(get_dataset("digits")), tmp_path, some("7", 2, first=60))
    assert (again.name, again.images) == ("digits-corrected", 1802)


def test_an_export_has_the_original_files_and_comes_back_as_the_same_dataset(pets: Dataset, tmp_path: Path) -> None:
    more = added(pets, tmp_path, some("cat", 5, first=50))
    file = tmp_path / "export.zip"
    told: list[float] = []
    assert export_zip(more, file, lambda done, total: told.append(done / total)) == 25
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        assert len(set(names)) == 25 and {name.split("/")[0] for name in names} == {"train", "test"}
        assert {archive.read(name) for name in names} == set(more.originals(range(25)))
    back = import_zip("back", file, None, lambda done, total: None, lambda: False)
    assert back.fingerprint == more.fingerprint
    assert told[-1] == 1.0


def test_files_of_one_name_in_a_class_do_not_overwrite_each_other(tmp_path: Path) -> None:
    pets = imported(tmp_path, "pets", two_classes(5))
    more = added(pets, tmp_path, {"cat/0.png": picture(70), "cat/1.png": picture(71)})
    file = tmp_path / "export.zip"
    export_zip(more, file, lambda done, total: None)
    with zipfile.ZipFile(file) as archive:
        assert len(set(archive.namelist())) == 12


def test_an_export_that_another_process_sweeps_stops_nobody(home: Path) -> None:
    folder = paths.folder("exports")
    old = folder / "pets-1.zip"
    old.touch()
    os.utime(old, (0, 0))
    (folder / "gone.zip").symlink_to(home / "nowhere")  # as one that was removed since the folder was read
    exports.sweep()
    assert not old.exists()


def test_an_export_that_is_stopped_leaves_no_file(pets: Dataset, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    with pytest.raises(VitrineError, match="stopped"):
        export_zip(pets, folder / "pets.zip", lambda done, total: None, lambda: True)
    assert not list(folder.iterdir())
