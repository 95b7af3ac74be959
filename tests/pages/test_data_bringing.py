"""Data: images come as a ZIP, as a whole folder, or class by class from files and the camera; as a new dataset or more for one."""

import io
import time
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.data.importing import import_zip
from core.data.versions import Dataset, get_dataset, list_datasets
from core.runs.store import Run, store
from tests.data.making import pack, picture, some, two_classes
from tests.pages.conftest import OpenPage
from tests.pages.looking import button, held, press, words

PATIENCE = 60.0
KEY = "data"  # of the boxes of classes on this page


@pytest.fixture
def pets(home: Path, tmp_path: Path) -> Dataset:
    file = pack(tmp_path / "pets.zip", two_classes(10))
    return import_zip("pets", file, None, lambda done, total: None, lambda: False)


def bring(open_page: OpenPage, way: str, target: str = "new", **query: str) -> AppTest:
    app = open_page("data", **query)
    app.segmented_control(key="import-target").select(target)
    app.segmented_control(key="import-way").select(way).run()
    assert not app.exception
    return app


def until_done(app: AppTest) -> Run:
    deadline = time.monotonic() + PATIENCE
    while (run := store().runs("import")[0]).active:
        assert time.monotonic() < deadline, run.log.read_text()
        time.sleep(0.05)
    app.run()
    assert not app.exception
    return run


def give(app: AppTest, row: int, name: str, files: dict[str, bytes]) -> None:
    app.text_input(key=f"{KEY}-name-{row}").set_value(name)
    photos = app.file_uploader(key=f"{KEY}-photos-{row}")
    for path, data in files.items():
        photos.upload(path.split("/")[-1], data, "image/png")
    app.run()
    assert not app.exception


def test_a_whole_folder_becomes_a_dataset(home: Path, open_page: OpenPage) -> None:
    app = bring(open_page, "folder")
    assert button(app, "Import").disabled
    app.text_input(key="import-name-0").set_value("pets")
    folder = app.file_uploader(key="import-folder-0")
    for path, data in two_classes(6, "photos/").items():
        folder.upload(path, data, "image/png")
    app.run()
    assert "12 images, of: cat, dog" in words(app)
    press(app, "Import")
    assert until_done(app).state == "finished"
    assert get_dataset("pets").skipped == ()
    assert get_dataset("pets").counts == {"train": {"cat": 5, "dog": 5}, "test": {"cat": 1, "dog": 1}}
    assert app.selectbox(key="data").value == "pets"


def test_a_folder_without_classes_is_a_sentence(home: Path, open_page: OpenPage) -> None:
    app = bring(open_page, "folder")
    app.text_input(key="import-name-0").set_value("pets")
    app.file_uploader(key="import-folder-0").upload("photos/1.png", picture(), "image/png")
    app.file_uploader(key="import-folder-0").upload("2.png", picture(1), "image/png")
    app.run()
    press(app, "Import")
    assert not store().runs("import") or until_done(app).state == "failed"
    assert [dataset.name for dataset in list_datasets()] == ["digits"]
    assert app.error


def test_classes_come_one_by_one_from_files_and_the_camera(home: Path, open_page: OpenPage) -> None:
    app = bring(open_page, "classes")
    app.text_input(key="import-name-0").set_value("pets")
    give(app, 0, "cat", some("cat", 4))
    give(app, 1, "dog", {})
    app.toggle(key=f"{KEY}-camera").set_value(True).run()
    app.segmented_control(key=f"{KEY}-target-0-1").select(1).run()
    for number in range(4):
        app.camera_input(key=f"{KEY}-shot-{number}").upload(f"{number}.jpg", picture(50 + number, form="JPEG")).run()
        assert not app.exception
    assert "4 photos from the camera" in words(app)
    press(app, "Remove the last")
    assert "3 photos from the camera" in words(app)
    assert not list(home.glob("uploads/*")), "nothing is kept before somebody asks for it"
    press(app, "Import")
    assert until_done(app).state == "finished"
    pets = get_dataset("pets")
    assert pets.counts == {"train": {"cat": 3, "dog": 2}, "test": {"cat": 1, "dog": 1}}
    assert {picture(50 + number, form="JPEG") for number in range(3)} < set(pets.originals(list(range(7))))
    assert "from the camera" not in words(app), "the photos are forgotten once they are imported"
    assert not list((home / "uploads").iterdir())


def test_a_photo_that_the_camera_took_before_it_was_ready_is_not_kept(home: Path, open_page: OpenPage) -> None:
    app = bring(open_page, "classes")
    app.toggle(key=f"{KEY}-camera").set_value(True).run()
    black = io.BytesIO()
    Image.new("RGB", (64, 48)).save(black, "JPEG")
    camera = app.camera_input(key=f"{KEY}-shot-0")
    camera.upload("black.jpg", black.getvalue()).run()
    assert "from the camera" not in words(app)
    assert [toast.value for toast in app.toast] == [
        "That photo shows nothing: the camera was not ready. Take it again."
    ]
    another = app.camera_input(key=f"{KEY}-shot-1")
    another.upload("cat.jpg", picture(1, form="JPEG")).run()
    assert "1 photo from the camera" in words(app)


def test_more_images_are_added_to_the_dataset_that_is_looked_at(pets: Dataset, open_page: OpenPage) -> None:
    app = bring(open_page, "classes", "more", data="pets")
    give(app, 0, "cat", some("cat", 5, first=50) | some("cat", 2))
    press(app, "Add")
    assert until_done(app).state == "finished"
    more = get_dataset("pets")
    assert (more.version, more.counts["train"]["cat"], more.counts["test"]) == (2, 13, pets.counts["test"])
    assert {metric.label: metric.value for metric in app.metric}["Version"] == "2"
    assert "2 files were left out" in [expander.label for expander in app.expander]


def test_a_zip_is_added_too(pets: Dataset, tmp_path: Path, open_page: OpenPage) -> None:
    app = bring(open_page, "zip", "more", data="pets")
    more = pack(tmp_path / "more.zip", some("ant", 5, first=50)).read_bytes()
    app.file_uploader(key="import-zip-0").upload("more.zip", more).run()
    press(app, "Add")
    assert until_done(app).state == "finished"
    assert get_dataset("pets").classes == ("cat", "dog", "ant")


def test_what_is_wrong_with_classes_is_a_sentence_and_the_photos_stay(home: Path, open_page: OpenPage) -> None:
    app = bring(open_page, "classes")
    app.text_input(key="import-name-0").set_value("pets")
    give(app, 0, "cat", some("cat", 4))
    press(app, "Import")
    assert app.error[0].value == "There are fewer than two classes. Name at least two, and give photos of each."
    give(app, 1, "Cat", some("cat", 4, first=10))
    press(app, "Import")
    assert app.error[0].value == "Two classes are named “Cat”. Give each a name of its own."
    app.text_input(key=f"{KEY}-name-1").set_value("dog").run()
    press(app, "Import")
    assert until_done(app).state == "finished"
    assert get_dataset("pets").images == 8


def test_copies_of_one_photo_and_what_is_none_are_no_class_and_the_photos_stay(home: Path, open_page: OpenPage) -> None:
    app = bring(open_page, "classes")
    app.text_input(key="import-name-0").set_value("pets")
    give(app, 0, "cat", some("cat", 3))
    give(app, 1, "dog", {f"{number}.png": picture(90) for number in range(4)} | {"torn.png": picture(91)[:40]})
    press(app, "Import")
    assert app.error[0].value.startswith(
        "The class “dog” needs 3 different photos at least, and 20 are better; it has 1 that can be read."
    )
    give(app, 1, "dog", some("dog", 3, first=10))
    press(app, "Import")
    assert until_done(app).state == "finished"


def test_the_time_that_an_import_still_takes_is_told_in_hours_if_it_is_hours(stored: None, open_page: OpenPage) -> None:
    job = store().create("import", "pets", {"data": "pets"})
    store().set_state(job.id, "running")
    store().set_progress(job.id, {"done": 0.25, "eta_seconds": 3700.0})
    with held(job):
        app = open_page("data")
    assert [bar.text for bar in app.get("progress")] == ["Importing “pets” · 25% · about 1 h 2 min left"]
