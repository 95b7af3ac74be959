"""A table of labels makes a dataset of a ZIP, of whatever size, and has nothing to do with the labelling tray."""

import json
from pathlib import Path

import numpy as np
import pytest

from core.data.imageset import load_split
from core.data.labelling import Tray
from core.data.tables import label_zip
from core.data.versions import get_dataset
from core.errors import VitrineError
from tests.commands import Command
from tests.data.making import pack, picture, two_classes

pytestmark = pytest.mark.usefixtures("home")


def table(folder: Path, text: str) -> Path:
    file = folder / "labels.csv"
    file.write_text(text, encoding="utf-8")
    return file


def numbered(count: int, first: int = 0) -> dict[str, bytes]:
    return {f"holiday/{number}.png": picture(number) for number in range(first, first + count)}


def quiet(done: int, total: int) -> None:
    pass


def never() -> bool:
    return False


def test_a_table_labels_the_photos_of_a_zip(tmp_path: Path, vitrine: Command) -> None:
    photos = pack(tmp_path / "photos.zip", numbered(8) | {"holiday/broken.png": b"no image"})
    rows = [f"{number}.png,{('cat', 'dog')[number % 2]}" for number in range(7)]
    labels = table(tmp_path, "\n".join(["file,label", *rows, "holiday/broken.png,dog", "gone.png,cat"]))
    answer = vitrine("data", "label", "pets", photos, "--from", labels, "--json")
    assert answer.status == 0, answer.err
    said = json.loads(answer.out)
    assert (said["name"], said["images"], said["classes"], said["refused"]) == ("pets", 7, ["cat", "dog"], 1)
    more = pack(tmp_path / "more.zip", numbered(1) | numbered(1, first=30) | {"holiday/broken.png": b"no image"})
    labels = table(tmp_path, "file,label\n30.png,dog\n0.png,cat\nbroken.png,cat")
    answer = vitrine("data", "label", "pets", more, "--from", labels, "--json")
    assert answer.status == 0, answer.err
    said = json.loads(answer.out)
    assert [said[key] for key in ("version", "images", "known", "refused")] == [2, 8, 1, 1]
    assert not Tray().photos(), "what waits in the tray has nothing to do with it"
    np.testing.assert_array_equal(load_split(get_dataset("pets"), "train").labels[-1:], [1])


def test_any_number_of_photos_with_names_of_any_length_get_their_labels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.data.labelling.MOST", 3)
    ends = "/".join(["of-the-same-name"] * 13) + "/photo"  # and no suffix
    files = {f"{number}/{ends}": picture(number) for number in range(8)}
    rows = [f"{name},{('cat', 'dog')[place % 2]}" for place, name in enumerate(files)]
    photos = pack(tmp_path / "photos.zip", files)
    made = label_zip("pets", photos, table(tmp_path, "\n".join(["file,label", *rows])), quiet, never)
    assert made.dataset.counts == {"train": {"cat": 3, "dog": 3}, "test": {"cat": 1, "dog": 1}}
    told = made.dataset.manifest("path", "label").to_pydict()
    assert dict(zip(told["path"], told["label"], strict=True)) == {
        f"{('cat', 'dog')[place % 2]}/{name}": place % 2 for place, name in enumerate(files)
    }


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "labels_unreadable"),
        ("path,class\n1.png,cat", "labels_unreadable"),
        ("file,label\n7.png,cat", "labels_no_match"),
        ("file,label\n1.png,cat", "classes_few"),
        ("file,label\n" + "\n".join(f"{n}.png,c{n % 2}/" for n in range(6)), "class_name"),
        ("file,label\n1.png,cat\n2.png,dog\n3.png,cat\n4.png,dog", "class_too_small"),
    ],
    ids=str,
)
def test_a_table_that_labels_nothing_is_a_sentence(text: str, code: str, tmp_path: Path) -> None:
    photos = pack(tmp_path / "photos.zip", numbered(6))
    with pytest.raises(VitrineError) as caught:
        label_zip("pets", photos, table(tmp_path, text), quiet, never)
    assert caught.value.code == code


def test_a_label_that_the_dataset_does_not_know_is_refused(tmp_path: Path) -> None:
    photos = pack(tmp_path / "photos.zip", two_classes())
    with pytest.raises(VitrineError, match="There is no class “cow”"):
        label_zip("digits", photos, table(tmp_path, "file,label\ncat/1.png,cow"), quiet, never)
