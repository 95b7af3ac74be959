"""A command takes files, folders and ZIPs, and each image in them is answered on its own."""

import io
import zipfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from core.errors import VitrineError
from core.serving import sources as given
from core.serving.sources import images_in, sources
from tests.data.making import picture


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two photos, one of them further down, and a text."""
    (tmp_path / "photos" / "deep").mkdir(parents=True)
    (tmp_path / "photos" / "b.png").write_bytes(picture(1, (20, 20), "PNG"))
    (tmp_path / "photos" / "deep" / "a.JPG").write_bytes(picture(2, (20, 20), "JPEG"))
    (tmp_path / "photos" / "notes.txt").write_text("no image")
    return tmp_path / "photos"


def zipped(file: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file


def test_a_folder_means_the_images_in_it_and_below_it(folder: Path) -> None:
    found = sources([folder], ExitStack())
    assert [name for name, _read in found] == [str(folder / "b.png"), str(folder / "deep" / "a.JPG")]
    assert found[0][1]() == (folder / "b.png").read_bytes()


def test_a_zip_means_the_images_in_it(folder: Path, tmp_path: Path) -> None:
    photo = picture(3, (20, 20), "PNG")
    file = zipped(tmp_path / "some.zip", {"x/1.png": photo, "notes.txt": b"", "__MACOSX/x/._1.png": b""})
    with ExitStack() as opened:
        ((name, read),) = sources([file], opened)
        assert name == f"{file}/x/1.png" and read() == photo
    with pytest.raises(VitrineError):  # the ZIP is closed
        read()


def test_a_jpeg_may_be_named_jfif(tmp_path: Path) -> None:
    photo = picture(4, (20, 20), "JPEG")
    file = zipped(tmp_path / "saved.zip", {"saved.jfif": photo})
    with ExitStack() as opened:
        ((name, read),) = sources([file], opened)
        assert name == f"{file}/saved.jfif" and read() == photo


@pytest.mark.parametrize(
    ("members", "code"), [({"notes.txt": b""}, "zip_no_images"), (None, "zip_unreadable"), ({}, "zip_no_images")]
)
def test_a_zip_without_images_says_so_in_its_place_and_the_rest_is_answered(
    folder: Path, tmp_path: Path, members: dict[str, bytes] | None, code: str
) -> None:
    file = tmp_path / "odd.zip"
    file.write_bytes(b"no zip") if members is None else zipped(file, members)
    with ExitStack() as opened:
        odd, photo = sources([file, folder / "b.png"], opened)
        with pytest.raises(VitrineError) as error:
            odd[1]()
        assert error.value.code == code and odd[0] == str(file)
        assert photo[1]()


def test_what_is_not_there_and_a_folder_without_images_say_so(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    codes = []
    for path in (tmp_path / "missing.png", tmp_path / "missing.zip", tmp_path / "empty"):
        ((_name, read),) = sources([path], ExitStack())
        with pytest.raises(VitrineError) as error:
            read()
        codes.append(error.value.code)
    assert codes == ["file_unreadable", "file_unreadable", "folder_no_images"]


def test_a_zip_of_too_many_images_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.data.archives import Archive

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(3):
            archive.writestr(f"{number}.png", b"")
    monkeypatch.setattr(given, "MOST", 2)
    with pytest.raises(VitrineError, match="There are 3 images in “many.zip”; at most 2"):
        images_in(Archive(packed, "many.zip"))
