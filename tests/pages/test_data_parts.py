"""Data: every image can be reached, what preprocessing does is shown on one, and quality is measured on all."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.data.duplicates import DuplicatePair, Duplicates, keep_duplicates, kept_duplicates
from core.data.importing import import_zip
from core.data.versions import Dataset, get_dataset
from core.runs.store import store
from tests.data.making import pack, picture, some, two_classes
from tests.pages.conftest import OpenPage
from tests.pages.looking import addresses, addresses_of, button, captions, labels, press, words
from tests.processes import until

PATIENCE = 60.0


def import_pets(folder: Path, files: Mapping[str, bytes], test: Mapping[str, bytes] | None = None) -> Dataset:
    train = pack(folder / "pets.zip", files)
    held_out = pack(folder / "test.zip", test) if test else None
    return import_zip("pets", train, held_out, lambda done, total: None, lambda: False)


def turn(app: AppTest, page: int) -> None:
    pages: Any = app.get("pagination")[0]
    pages.set_value(page).run()
    assert not app.exception


def rows_of(dataset: Dataset, split: str, name: str) -> list[int]:
    table = dataset.manifest("split", "label")
    label = dataset.classes.index(name)
    return np.flatnonzero((table["split"].to_numpy() == split) & (table["label"].to_numpy() == label)).tolist()


def test_pages_lead_to_every_image_of_a_class_and_split(home: Path, open_page: OpenPage) -> None:
    digits = get_dataset("digits")
    app = open_page("data", part="Images")
    assert "1 to 48 of 1,797 images" in words(app)
    app.segmented_control(key="browse-split").select("train").run()
    app.selectbox(key="browse-class-digits-1").select(7).run()
    rows = rows_of(digits, "train", "7")
    seen: list[str] = []
    for page in range(1, -(-len(rows) // 48) + 1):
        turn(app, page)
        seen += addresses(app)
    assert set(seen) == set(addresses_of(digits, rows, 96, 8)), "an 8 × 8 scan is shown as it is"
    assert f"of {len(rows)} images" in words(app)


def test_only_the_images_of_the_page_are_read(home: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    originals = Dataset.originals

    def watched(dataset: Dataset, rows: Sequence[int]) -> list[bytes]:
        read.extend(rows)
        return originals(dataset, rows)

    app = open_page("data", part="Images")
    monkeypatch.setattr(Dataset, "originals", watched)
    st.cache_data.clear()
    app.run()
    assert len(read) == 48


def test_a_class_without_test_images_says_that_there_is_none(home: Path, tmp_path: Path, open_page: OpenPage) -> None:
    import_pets(tmp_path, two_classes(6), some("dog", 3, first=50))
    app = open_page("data", data="pets", part="Images")
    app.segmented_control(key="browse-split").select("test").run()
    app.selectbox(key="browse-class-pets-1").select(0).run()
    assert "There is no such image." in words(app) and not addresses(app)


def test_one_image_is_shown_as_it_came_resized_normalised_and_augmented(
    home: Path, tmp_path: Path, open_page: OpenPage
) -> None:
    import_pets(
        tmp_path,
        {f"{name}/{n}.png": picture(n + 50 * (name == "dog"), (90, 60)) for name in ("cat", "dog") for n in range(5)},
    )
    app = open_page("data", data="pets", part="Preprocessing")

    def drawn() -> bool:
        app.run()
        assert not app.exception and not app.error
        return len(app.image) == 4

    deadline = time.monotonic() + PATIENCE
    while not drawn():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    raw, resized, normal, augmented = captions(app)
    assert raw == "**As it came**: 90 × 60 pixels, PNG, 0 to 255"
    assert resized == "**Resized**: the middle, 32 × 32 pixels, 0 to 255"
    assert normal.startswith("**Normalised**: −") and "drawn black" in normal
    assert augmented.startswith("The image, and how 6 epochs would see it.")
    before = addresses(app)
    press(app, "Another image")
    assert not set(before) & set(addresses(app)[:3])
    app.select_slider(key="prepared-side").set_value(16).run()
    assert captions(app)[1] == "**Resized**: the middle, 16 × 16 pixels, 0 to 255"


def test_sizes_and_colours_are_told_as_findings(home: Path, tmp_path: Path, open_page: OpenPage) -> None:
    app = open_page("data", part="Quality")
    assert "Every image came with 8 × 8 pixels" in words(app) and "All training images are grey" in words(app)
    import_pets(
        tmp_path, two_classes(6) | {"dog/large.png": picture(99, (60, 70)), "cat/large.png": picture(98, (60, 70))}
    )
    app = open_page("data", data="pets", part="Quality")
    assert "Images came with 12 to 60 pixels on their shorter side; half of them with 12 or more" in words(app)
    table = app.dataframe[0].value
    assert table["Channel"].tolist() == ["red", "green", "blue"] and table["Mean"].between(0.4, 0.6).all()


def test_duplicates_are_searched_without_a_run_and_left_out_of_training(
    home: Path, tmp_path: Path, open_page: OpenPage
) -> None:
    shared = {"cat/shared.png": picture(200, (40, 40))}
    pets = import_pets(tmp_path, two_classes(6) | shared, some("cat", 2, first=50) | some("dog", 2, first=60) | shared)
    app = open_page("data", data="pets", part="Quality")
    assert "test files that training has too: 1." in words(app)
    press(app, "Look for duplicates")
    (job,) = store().runs("duplicates")
    assert (job.data, job.data_version) == ("pets", 1)
    until(job.id, lambda run: not run.active)
    assert store().get(job.id).state == "finished", job.log.read_text()
    found = kept_duplicates(pets)
    assert found is not None and len(found.leaked) == len(found.copies) == 1
    app.run()
    assert "1 test picture is among the training pictures too, or nearly" in words(app)
    assert "Look for duplicates" not in labels(app)
    assert captions(app) == [r"training\: cat", r"test\: cat"]
    press(app, "Make a version without the training pictures that the test has too (1)")
    made = get_dataset("pets")
    assert (made.version, made.images, made.copies) == (2, pets.images - 1, 0)
    assert made.size("test") == pets.size("test")


@pytest.mark.parametrize("choice", ["leave it out", "is cat"])
def test_a_file_under_two_classes_is_set_right_under_quality(
    home: Path, tmp_path: Path, open_page: OpenPage, choice: str
) -> None:
    import_pets(tmp_path, some("cat", 9) | some("dog", 9, first=8), some("cat", 2, first=50) | some("dog", 2, first=60))
    app = open_page("data", data="pets")
    assert app.warning[0].value.startswith("Files that stand under more than one class, byte by byte: 1.")
    app = open_page("data", data="pets", part="Quality")
    assert "1 file stands under more than one class" in words(app)
    assert button(app, "Make a new version of pets").disabled
    (dog,) = [box for box in app.selectbox if "is cat" in box.options]
    dog.select_index(dog.options.index(choice)).run()
    press(app, "Make a new version of pets")
    assert (get_dataset("pets").version, get_dataset("pets").images) == (2, 21 if choice == "leave it out" else 22)
    assert "under more than one class" not in words(app) and not app.exception


def test_pairs_that_stand_under_two_classes_are_shown_first(home: Path, open_page: OpenPage) -> None:
    digits = get_dataset("digits")
    labels_of = digits.manifest("label")["label"].to_numpy()
    first, *others = range(20)
    same = next(row for row in others if labels_of[row] == labels_of[first])
    other = next(row for row in others if labels_of[row] != labels_of[first])
    pairs = [DuplicatePair(first, same, "near", 0.99), DuplicatePair(first, other, "mirrored", 0.98)]
    keep_duplicates(digits, Duplicates(digits.images, pairs, [], [], 2, 0, 0))
    app = open_page("data", data="digits", part="Quality")
    assert "1 pair stands under two classes: look at it first." in words(app)
    kinds = [
        text
        for text in captions(app) + [one.value for one in app.caption]
        if "mirrored" in text or "nearly the same" in text
    ]
    assert kinds == ["mirrored, under two classes", "nearly the same"]


def test_a_copy_made_of_what_comes_with_vitrine_is_looked_at(home: Path, open_page: OpenPage) -> None:
    digits = get_dataset("digits")
    rows = digits.size("train"), digits.size("train") - 1  # a test image, and one to learn from
    pair = DuplicatePair(rows[1], rows[0], "near", 0.99)
    keep_duplicates(digits, Duplicates(digits.images, [pair], [rows[0]], [rows[1]], 0, 0, 0))
    app = open_page("data", data="digits", part="Quality")
    press(app, "Make a version without the training pictures that the test has too (1)")
    assert app.selectbox(key="data").value == "digits-corrected"
    assert "1 test picture is among" not in words(app) and "Look for duplicates" in labels(app)


def test_what_was_found_by_a_model_that_comes_with_vitrine_need_not_be_searched(
    first_start: Path, open_page: OpenPage
) -> None:
    app = open_page("data", part="Quality")
    assert "Look for duplicates" not in labels(app)
