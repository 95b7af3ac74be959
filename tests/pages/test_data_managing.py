"""Data: versions are listed, opened and made current; datasets are divided, renamed and taken away."""

import zipfile
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.data import exports
from core.data.corrections import correct
from core.data.importing import import_zip
from core.data.renaming import rename
from core.data.versions import Dataset, get_dataset, hide_version
from core.runs.store import store
from tests.data.making import pack, two_classes
from tests.pages.conftest import OpenPage
from tests.pages.looking import labels, press, words
from tests.processes import until


@pytest.fixture
def pets(home: Path, tmp_path: Path) -> Dataset:
    file = pack(tmp_path / "pets.zip", two_classes(20))
    return import_zip("pets", file, None, lambda done, total: None, lambda: False)


@pytest.fixture
def two_versions(pets: Dataset) -> Dataset:
    return correct(pets, {0, 1}, {2: 1})


def manage(open_page: OpenPage, **query: str) -> AppTest:
    return open_page("data", data="pets", part="Manage", **query)


def handed_out(app: AppTest) -> list[str]:
    """The names of the buttons that download something."""
    downloads: list[Any] = list(app.get("download_button"))
    return [download.proto.label if hasattr(download, "proto") else download.label for download in downloads]


def toasts(app: AppTest) -> list[str]:
    return [toast.value for toast in app.toast]


@pytest.mark.usefixtures("two_versions")
def test_versions_are_listed_with_what_each_changed(open_page: OpenPage) -> None:
    table = manage(open_page).dataframe[0].value
    assert table["Version"].tolist() == [2, 1]
    assert table["What changed"].tolist() == ["2 left out, 1 under another class", "the first"]


def test_a_version_whose_ground_is_gone_is_not_called_the_first(two_versions: Dataset, open_page: OpenPage) -> None:
    hide_version(two_versions)
    correct(get_dataset("pets"), {3}, {})
    rename("pets", "animals")  # what was undone does not come along
    table = open_page("data", data="animals", part="Manage").dataframe[0].value
    assert table["What changed"].tolist() == ["unknown: what it followed is gone", "the first"]


@pytest.mark.usefixtures("two_versions")
def test_an_earlier_version_is_opened_by_its_address_and_made_current_again(open_page: OpenPage) -> None:
    app = open_page("data", data="pets", version="1")
    figures = {metric.label: metric.value for metric in app.metric}
    assert (figures["Images"], figures["Version"]) == ("40", "1")
    assert "This is version 1. Training takes version 2, the current one." in words(app)
    press(app, "Make version 1 current again")
    assert toasts(app) == ["Version 3 of “pets” is current, with the images of version 1."]
    assert {metric.label: metric.value for metric in app.metric}["Version"] == "3"
    assert get_dataset("pets").fingerprint == get_dataset("pets", 1).fingerprint
    assert "This is version" not in words(app)


@pytest.mark.usefixtures("two_versions")
def test_another_dataset_is_opened_at_its_current_version(open_page: OpenPage) -> None:
    app = open_page("data", data="pets", version="1")
    app.selectbox(key="data").select("digits").run()
    assert not app.exception and "This is version" not in words(app)
    assert {metric.label: metric.value for metric in app.metric}["Images"] == "1,797"


def test_images_are_divided_anew(pets: Dataset, open_page: OpenPage) -> None:
    app = manage(open_page)
    assert "Now 8 of 40 images are for the test, 20%." in words(app)
    press(app, "Divide")
    assert [error.value for error in app.error] == [
        "These images are divided like that already. Choose another share or seed."
    ]
    app.slider(key="divide-share-pets").set_value(0.5)
    press(app, "Divide")
    assert not app.error
    assert toasts(app) == ["“pets”, version 2: 20 images to train on, 20 for the test."]
    assert "Now 20 of 40 images are for the test, 50%." in words(app)
    app.selectbox(key="data").select("digits").run()
    assert app.slider(key="divide-share-digits").value == 0.2, "what was chosen for another dataset"


def test_a_dataset_is_renamed_or_a_sentence_says_why_not(pets: Dataset, open_page: OpenPage) -> None:
    app = manage(open_page)
    app.text_input(key="rename-pets").set_value("digits")
    press(app, "Rename")
    assert app.error[0].value.startswith("“digits” cannot be the name of a dataset.")
    assert app.text_input(key="rename-pets").value == "digits"
    app.text_input(key="rename-pets").set_value("animals")
    press(app, "Rename")
    assert not app.error
    assert app.selectbox(key="data").options == ["animals", "digits"]
    assert app.selectbox(key="data").value == "animals"


def test_a_licence_is_noted_in_ones_own_words(pets: Dataset, open_page: OpenPage) -> None:
    app = manage(open_page)
    app.text_input(key="licence-pets").set_value("our own photos")
    press(app, "Note it")
    assert not app.error
    assert "Now: our own photos." in " ".join(caption.value for caption in app.caption)
    assert get_dataset("pets").licence == "our own photos"
    press(app, "Note it")
    assert get_dataset("pets").licence == "our own photos", "a second click takes nothing back"


def test_what_comes_with_vitrine_is_neither_renamed_nor_deleted(home: Path, open_page: OpenPage) -> None:
    app = open_page("data", part="Manage")
    assert not {"Rename", "Delete “digits”"} & labels(app)
    assert "“digits” comes with Vitrine" in words(app)


def test_all_images_are_packed_by_a_job_and_handed_out(pets: Dataset, open_page: OpenPage) -> None:
    app = manage(open_page)
    press(app, "Pack 40 images")
    (job,) = store().runs("export")
    until(job.id, lambda run: not run.active)
    assert store().get(job.id).state == "finished", job.log.read_text()
    app.run()
    assert not app.exception
    file = exports.place(pets)
    assert any(label.startswith("Download pets-1.zip (") for label in handed_out(app))
    with zipfile.ZipFile(file) as archive:
        assert len(archive.namelist()) == 40
    assert str(file) in words(app).replace("\\", "")
    assert "Pack 40 images" not in labels(app)
