"""Attributes of images: from the folders they lay in, and from a table."""

from pathlib import Path

import pytest

from core.data.attributes import add_attributes, attributes_of
from core.data.corrections import correct
from core.data.importing import import_zip
from core.data.versions import Dataset
from core.errors import VitrineError
from tests.data.making import pack, picture

pytestmark = pytest.mark.usefixtures("home")


def imported(tmp_path: Path, names: list[str]) -> Dataset:
    files = {name: picture(number) for number, name in enumerate(names)}
    return import_zip("pets", pack(tmp_path / "pets.zip", files), None, lambda done, total: None, lambda: False)


@pytest.fixture
def pets(tmp_path: Path) -> Dataset:
    return imported(tmp_path, [f"{name}/{number}.png" for name in ("cat", "dog") for number in range(5)])


def by_path(dataset: Dataset, attribute: str) -> dict[str, str]:
    values = attributes_of(dataset)[attribute]
    return dict(zip(dataset.manifest("path")["path"].to_pylist(), values, strict=True))


def test_folders_below_the_classes_are_attributes(tmp_path: Path) -> None:
    names = [
        f"{name}/{place}/{number}.png" for name in ("cat", "dog") for place in ("in", "out") for number in range(4)
    ]
    dataset = imported(tmp_path, names)
    assert list(attributes_of(dataset)) == ["folder 1"]
    assert by_path(dataset, "folder 1") == {name: name.split("/")[1] for name in names}


def test_images_straight_in_their_class_have_no_attribute(pets: Dataset) -> None:
    assert attributes_of(pets) == {}


def test_a_table_names_images_by_their_path_in_any_order(pets: Dataset) -> None:
    table = "light, path ,place\nday,dog/1.png,garden\n night ,cat/0.png,\nday,elsewhere.png,x\n"
    assert add_attributes(pets, table.encode()) == (2, ["light", "place"])
    light = by_path(pets, "light")
    assert (light["dog/1.png"], light["cat/0.png"], light["cat/1.png"]) == ("day", "night", "")
    assert by_path(pets, "place")["dog/1.png"] == "garden"


def test_a_file_name_will_do_where_only_one_image_has_it(tmp_path: Path) -> None:
    dataset = imported(
        tmp_path,
        [f"{name}/{letter}{number}.png" for name, letter in (("cat", "c"), ("dog", "d")) for number in range(5)],
    )
    assert add_attributes(dataset, "\N{BYTE ORDER MARK}path,light\r\nc1.png,day\r\n".encode()) == (1, ["light"])
    assert by_path(dataset, "light")["cat/c1.png"] == "day"


def test_a_file_name_of_two_images_names_neither(pets: Dataset) -> None:
    with pytest.raises(VitrineError) as caught:
        add_attributes(pets, b"path,light\n1.png,day\n")
    assert caught.value.code == "attributes_no_match"


def test_a_second_table_takes_the_place_of_the_first(pets: Dataset) -> None:
    add_attributes(pets, b"path,light\ncat/1.png,day\n")
    add_attributes(pets, b"path,place\ncat/1.png,garden\n")
    assert list(attributes_of(pets)) == ["place"]


def test_a_corrected_version_keeps_what_is_known(pets: Dataset) -> None:
    add_attributes(pets, b"path,light\ncat/1.png,day\n")
    assert by_path(correct(pets, {0}, {}), "light")["cat/1.png"] == "day"


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (b"\xff\xfe\x00", "attributes_unreadable"),
        (b'path,light\n"cat/1.png,day\n', "attributes_unreadable"),
        (b"", "attributes_no_path"),
        (b"file,light\ncat/1.png,day\n", "attributes_no_path"),
        (b"path\ncat/1.png\n", "attributes_no_path"),
        (b"path,light\n", "attributes_no_path"),
        (("path," + ",".join(map(str, range(30))) + "\ncat/1.png,1\n").encode(), "attributes_wide"),
        (b"path,light\nbird/1.png,day\n", "attributes_no_match"),
    ],
)
def test_what_is_no_table_of_its_images_is_refused_and_the_one_before_stays(
    table: bytes, code: str, pets: Dataset
) -> None:
    add_attributes(pets, b"path,light\ncat/1.png,day\n")
    with pytest.raises(VitrineError) as caught:
        add_attributes(pets, table)
    assert caught.value.code == code
    assert by_path(pets, "light")["cat/1.png"] == "day"
