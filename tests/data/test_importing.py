"""ZIP files as people make them become versions: nothing is lost that can be read, and what cannot be is named."""

import json
import shutil
import subprocess
import sys
import unicodedata
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from core.data.imageset import load_split
from core.data.importing import import_zip, natural
from core.data.versions import Dataset, get_dataset
from core.errors import VitrineError
from tests.data.making import pack, picture, some, two_classes
from tests.processes import ROOT

pytestmark = pytest.mark.usefixtures("home")


def run_import(train: Path, test: Path | None = None, name: str = "pets") -> Dataset:
    return import_zip(name, train, test, lambda done, total: None, lambda: False)


@pytest.mark.parametrize("prefix", ["", "pets/", "Desktop/my pets/", "train/", "./", "pets/train/"])
def test_folders_around_the_classes_do_not_matter(tmp_path: Path, prefix: str) -> None:
    made = run_import(pack(tmp_path / "pets.zip", two_classes(prefix=prefix)))
    assert made.classes == ("cat", "dog")
    assert made.counts == {"train": {"cat": 5, "dog": 5}, "test": {"cat": 1, "dog": 1}}
    assert made.skipped == ()


def test_what_operating_systems_leave_behind_is_no_image(tmp_path: Path) -> None:
    clutter = (
        "__MACOSX/pets/cat/._0.png",
        ".DS_Store",
        "cat/.DS_Store",
        "cat/Thumbs.db",
        "dog/desktop.ini",
        ".git/config",
    )
    files = two_classes() | dict.fromkeys(clutter, b"clutter")
    made = run_import(pack(tmp_path / "pets.zip", files, folders=("__MACOSX", "cat", "dog", ".hidden")))
    assert made.classes == ("cat", "dog")
    assert made.images == 12
    assert made.skipped == ()


def test_formats_modes_and_sizes_may_be_mixed(tmp_path: Path) -> None:
    files = {
        "cat/a.jpg": picture(1, (300, 200), "JPEG"),
        "cat/b.png": picture(2, (5, 9), mode="RGBA"),
        "cat/c.webp": picture(3, (40, 40), "WEBP"),
        "dog/d.gif": picture(4, form="GIF", mode="P"),
        "dog/e.bmp": picture(5, form="BMP", mode="L"),
        "dog/f.tif": picture(6, form="TIFF", mode="CMYK"),
        "dog/no-suffix": picture(7, form="AVIF"),
    }
    made = run_import(pack(tmp_path / "pets.zip", files))
    assert made.images == 7
    assert made.skipped == ()
    sizes = {row["path"]: (row["width"], row["height"]) for row in made.manifest().to_pylist()}
    assert sizes["cat/a.jpg"] == (300, 200)
    assert sizes["cat/b.png"] == (5, 9)


def test_names_in_any_script_arrive_as_they_were(tmp_path: Path) -> None:
    made = run_import(pack(tmp_path / "花.zip", some("猫", 3) | some("été", 3, first=3)))
    assert set(made.classes) == {"猫", "été"}
    assert get_dataset("pets").classes == made.classes


def test_names_that_macos_wrote_are_read_as_utf_8(tmp_path: Path) -> None:
    """Its archiver writes decomposed UTF-8 and does not say so."""
    label = unicodedata.normalize("NFD", "été")
    stand_in = "x" * len(label.encode())
    file = pack(tmp_path / "mac.zip", some(stand_in, 3) | some("dog", 3, first=3))
    file.write_bytes(file.read_bytes().replace(stand_in.encode(), label.encode()))
    assert run_import(file).classes == ("dog", "été")


def test_folders_inside_a_class_belong_to_it(tmp_path: Path) -> None:
    files = {
        f"cat/{year}/{name[4:]}": data for year in (2023, 2024) for name, data in some("cat", 3, first=year).items()
    }
    made = run_import(pack(tmp_path / "pets.zip", files | some("dog", 5), folders=("dog/none yet",)))
    assert made.classes == ("cat", "dog")
    assert made.counts["train"]["cat"] + made.counts["test"]["cat"] == 6


def test_train_and_test_folders_say_the_split(tmp_path: Path) -> None:
    files = two_classes(4, "top/Train/") | {f"top/test/{name}": data for name, data in some("cat", 2, first=50).items()}
    made = run_import(pack(tmp_path / "pets.zip", files))
    assert made.counts == {"train": {"cat": 4, "dog": 4}, "test": {"cat": 2, "dog": 0}}


def test_validation_images_train_beside_a_test_and_test_where_there_is_none(tmp_path: Path) -> None:
    train = two_classes(4, "train/")
    val = {f"val/{name}": data for name, data in some("cat", 2, first=50).items()}
    test = {f"test/{name}": data for name, data in some("dog", 3, first=60).items()}
    with_test = run_import(pack(tmp_path / "all.zip", train | val | test))
    assert with_test.counts == {"train": {"cat": 6, "dog": 4}, "test": {"cat": 0, "dog": 3}}
    without = run_import(pack(tmp_path / "two.zip", train | val))
    assert without.counts == {"train": {"cat": 4, "dog": 4}, "test": {"cat": 2, "dog": 0}}


def test_a_second_zip_holds_the_test_images(tmp_path: Path) -> None:
    train = pack(tmp_path / "train.zip", two_classes(4))
    test = pack(tmp_path / "test.zip", two_classes(2, "test/"))
    made = run_import(train, test)
    assert made.counts == {"train": {"cat": 4, "dog": 4}, "test": {"cat": 2, "dog": 2}}


def test_a_fifth_of_every_class_is_held_out_where_no_test_was_given(tmp_path: Path) -> None:
    made = run_import(
        pack(tmp_path / "pets.zip", some("cat", 50) | some("dog", 10, first=50) | some("emu", 3, first=70))
    )
    assert made.counts["test"] == {"cat": 10, "dog": 2, "emu": 1}
    assert made.images == 63


def test_the_same_content_has_the_same_split_and_fingerprint_however_it_is_packed(tmp_path: Path) -> None:
    files = two_classes(20)
    first = run_import(pack(tmp_path / "a.zip", files))
    turned = {f"top/{name.replace('.png', ' copy.png')}": data for name, data in reversed(files.items())}
    second = run_import(pack(tmp_path / "b.zip", turned))
    assert (second.version, second.parent) == (2, 1)
    assert second.fingerprint == first.fingerprint
    other = run_import(pack(tmp_path / "c.zip", files | {"cat/0.png": picture(999)}))
    assert other.fingerprint != first.fingerprint


def test_copies_of_an_image_stay_on_one_side(tmp_path: Path) -> None:
    files = {f"cat/{number}.png": picture(number % 10) for number in range(40)} | some("dog", 5, first=90)
    rows = run_import(pack(tmp_path / "pets.zip", files)).manifest("sha256", "split").to_pylist()
    train, test = ({row["sha256"] for row in rows if row["split"] == split} for split in ("train", "test"))
    assert not train & test


def test_unreadable_images_are_left_out_counted_and_named(tmp_path: Path) -> None:
    whole = picture(1, (64, 64), "JPEG")
    files = two_classes() | {
        "cat/text.jpg": b"not an image",
        "dog/cut.jpg": whole[: len(whole) // 2],
        "dog/empty.png": b"",
        "README.txt": b"hello",
    }
    made = run_import(pack(tmp_path / "pets.zip", files))
    assert made.images == 12
    assert {file["path"]: file["code"] for file in made.skipped} == {
        "cat/text.jpg": "not_an_image",
        "dog/cut.jpg": "image_damaged",
        "dog/empty.png": "image_empty",
        "README.txt": "outside_classes",
    }
    for file in get_dataset("pets").skipped:
        assert str(VitrineError(file["code"], **file["params"])).endswith(".")


def test_a_member_whose_bytes_were_altered_is_left_out_and_named(tmp_path: Path) -> None:
    file = tmp_path / "pets.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, data in two_classes().items():
            archive.writestr(name, data)
    content, victim = bytearray(file.read_bytes()), picture(3)
    content[content.index(victim) + 60] ^= 0xFF
    file.write_bytes(content)
    made = run_import(file)
    assert [(skip["path"], skip["code"]) for skip in made.skipped] == [("cat/3.png", "zip_member_damaged")]


def test_a_file_too_large_for_an_image_is_left_out_unread(tmp_path: Path) -> None:
    file = tmp_path / "pets.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, data in two_classes().items():
            archive.writestr(name, data)
        with archive.open("cat/film.mov", "w") as member:
            for _ in range(33):
                member.write(bytes(1 << 20))
    skipped = run_import(file).skipped
    assert [(skip["code"], skip["params"]) for skip in skipped] == [("image_too_large", {"found": 33, "allowed": 32})]


def test_classes_are_in_natural_order() -> None:
    assert sorted(["10", "9", "b", "A2", "a10"], key=natural) == ["9", "10", "A2", "a10", "b"]
    assert sorted({"cat", "Cat", "1", "01"}, key=natural) == sorted(["01", "Cat", "1", "cat"], key=natural)


def test_progress_ends_at_the_number_of_files(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    file = pack(tmp_path / "pets.zip", {f"{label}/{n}.png": picture(n) for label in "ab" for n in range(300)})
    import_zip("pets", file, None, lambda done, total: told.append((done, total)), lambda: False)
    assert told[-1] == (600, 600)
    assert len(told) >= 3
    assert told == sorted(told)


def test_the_cache_of_an_import_is_what_the_originals_decode_to(tmp_path: Path) -> None:
    files = {f"{label}/{n}.jpg": picture(n + ord(label), (50, 40), "JPEG") for label in "ab" for n in range(8)}
    made = run_import(pack(tmp_path / "pets.zip", files))
    before = np.array(load_split(made, "train").pixels)
    shutil.rmtree(made.cache)
    np.testing.assert_array_equal(load_split(made, "train").pixels, before)


def test_two_imports_of_one_name_at_once_are_two_versions(tmp_path: Path, home: Path) -> None:
    file = pack(tmp_path / "pets.zip", two_classes(30))
    code = (
        "import sys; from pathlib import Path; from core.data.importing import import_zip; "
        "print(import_zip('pets', Path(sys.argv[1]), None, lambda d, t: None, lambda: False).version)"
    )

    def elsewhere(_number: int) -> int:
        done = subprocess.run([sys.executable, "-c", code, file], cwd=ROOT, capture_output=True, text=True, check=True)
        return int(done.stdout)

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(elsewhere, range(2))) == [1, 2]
    assert get_dataset("pets", 2).parent == 1
    assert get_dataset("pets", 1).fingerprint == get_dataset("pets", 2).fingerprint
    json.loads((home / "datasets" / "pets" / "2" / "info.json").read_text("utf-8"))


def test_test_images_that_training_has_too_are_counted(tmp_path: Path) -> None:
    train, test = two_classes(), some("cat", 3, first=100) | some("dog", 3, first=200)
    test["dog/copy.png"] = train["dog/6.png"]
    made = run_import(pack(tmp_path / "train.zip", train), pack(tmp_path / "test.zip", test))
    assert (made.images, made.copies) == (19, 1)
    assert run_import(pack(tmp_path / "pets.zip", train | {"cat/copy.png": train["cat/0.png"]})).copies == 0
