"""Predict, further on: what is kept of a photo and what is not, what it resembles, and why the verdict is what it is."""

import io
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.bundle.predictor import Predictor
from core.data import feedback
from core.data.imageset import load_split
from core.data.versions import Dataset, get_dataset
from core.evaluation.neighbours import embed
from core.evaluation.predictions import evaluate_run
from core.evaluation.studies import keep
from core.runs.store import Run
from tests.data.making import picture
from tests.pages.conftest import OpenPage
from tests.pages.looking import captions, words


@pytest.fixture
def page(own_run: Run, open_page: OpenPage) -> AppTest:
    """Predict with one photo on it."""
    app = open_page("predict")
    app.file_uploader(key="photos").upload("rex.png", picture(1, (60, 40)))
    app.run()
    assert not app.exception
    return app


def press(app: AppTest, label: str) -> AppTest:
    (button,) = [button for button in app.button if button.label == label]
    button.click().run()
    assert not app.exception
    return app


def say(app: AppTest, label: str) -> AppTest:
    (choice,) = [box for box in app.selectbox if box.label == "What does it show?"]
    choice.select(label).run()
    return press(app, "Keep it for the next training")


def files(home: Path) -> set[Path]:
    return {path for path in home.rglob("*") if path.is_file() and path.name != "vitrine.db-wal"}


def test_nothing_is_written_of_a_photo_that_nobody_said_to_keep(own_run: Run, home: Path, open_page: OpenPage) -> None:
    app = open_page("predict")
    before = files(home)
    app.file_uploader(key="photos").upload("rex.png", picture(1, (60, 40)))
    app.run()
    assert app.header and files(home) == before
    assert feedback.kept("digits") == []


def test_a_photo_is_kept_with_what_it_shows_and_can_be_removed(page: AppTest) -> None:
    app = say(page, "7")
    (kept,) = feedback.kept("digits")
    assert (kept.name, kept.label) == ("rex.png", "7")
    assert app.header[0].value == "None of the things I know" and kept.said == "", "so it named no wrong class"
    image = Image.open(io.BytesIO(feedback.photo("digits", kept.digest)))
    assert image.size == (32, 32)  # of what was drawn on paper the drawing is kept, and not the paper
    assert [one.label for one in app.expander] == ["1 photo is kept for the next training"]
    app.session_state["kept-digits"] = True  # opened
    app.run()
    press(app, "Remove")
    assert feedback.kept("digits") == [] and not app.expander


def test_one_that_is_kept_says_so_and_can_be_kept_as_another_class(page: AppTest) -> None:
    assert "Until now the photo is in memory only." in words(page)
    app = say(page, "7")
    assert "It is kept as “7” already." in words(app) and "in memory only" not in words(app)
    say(app, "3")
    assert [one.label for one in feedback.kept("digits")] == ["3"]


def test_what_it_named_is_no_correction(own_run: Run, open_page: OpenPage) -> None:
    app = open_page("predict")
    images = load_split(get_dataset("digits"), "test")
    row = int(evaluate_run(own_run).confidence.argmax())
    app.file_uploader(key="photos").upload(
        "scan.png", get_dataset("digits").originals([int(images.rows[row])])[0]
    ).run()
    (choice,) = [box for box in app.selectbox if box.label == "What does it show?"]
    named = app.header[0].value.partition(",")[0]
    assert len(choice.options) == 9 and named not in choice.options


def test_those_that_are_kept_become_a_version_to_train_on(page: AppTest) -> None:
    app = say(page, "7")
    app.session_state["kept-digits"] = True  # opened
    app.run()
    press(app, "Make a new version of the dataset with them")
    made = get_dataset("digits-corrected")
    assert made.counts["train"]["7"] == get_dataset("digits").counts["train"]["7"] + 1
    assert [box.value for box in app.success] == ["They are part of digits-corrected, version 1 now."]
    assert [link.proto.page for link in app.main.get("page_link") if link.proto.label == "Train on it"] == ["train"]
    assert not app.expander


def test_a_photo_is_set_beside_the_training_images_that_it_resembles(own_run: Run, page: AppTest) -> None:
    digits: Dataset = get_dataset("digits")
    images = load_split(digits, "train", 32)
    found = embed(Predictor.open(own_run.bundle), images, lambda done, total: None, lambda: False)
    assert found is not None
    keep(own_run, "neighbours", found, digits)
    page.session_state["further"] = "What it resembles"
    page.run()
    assert not page.exception
    likeness = [float(caption.rpartition(" · ")[2]) for caption in captions(page)[1:]]
    assert len(likeness) == 6 and likeness == sorted(likeness, reverse=True) and likeness[0] <= 1
    assert f"Of {len(images):,} training images" in words(page)


def test_the_map_says_whether_it_explains_anything(page: AppTest) -> None:
    said = words(page)
    assert any(
        text in said
        for text in (
            "Without the bright places",
            "This map does not move the verdict",
            "This map hardly moves the verdict",
            "This map misleads",
            "This map proves little",
        )
    )


@pytest.mark.parametrize(("size", "said"), [((300, 60), True), ((60, 300), True), ((90, 60), False)])
def test_of_a_long_photo_it_is_said_what_the_model_does_not_see(
    size: tuple[int, int], said: bool, first_start: Path, open_page: OpenPage
) -> None:
    app = open_page("predict", run="cifar10-accurate")
    app.file_uploader(key="photos").upload("view.png", picture(1, size))
    app.run()
    assert ("The model sees the square in the middle alone." in words(app)) == said
