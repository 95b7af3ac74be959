"""Train: a recipe is kept under a name, taken up again, and handed on as a link or a file."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.training.presets import PRESETS, make_recipe
from core.training.recipe import Recipe
from core.training.recipes import from_link, load_recipe, save_recipe, saved_recipes
from tests.pages.conftest import OpenPage
from tests.pages.looking import labels, press, words
from tests.pages.sliders import changed, slider


def save(app: AppTest, name: str) -> None:
    app.text_input(key="recipe-name").set_value(name)
    press(app, "Save recipe")


def test_a_recipe_that_was_saved_can_be_chosen_again(home: Path, open_page: OpenPage) -> None:
    app = open_page("train")
    app.selectbox(key="preset").select("fast").run()
    slider(app, "epochs").set_value(5).run()
    save(app, "my best")
    assert load_recipe("my best") == make_recipe("fast", epochs=5)
    assert changed(app) == "As in “my best”"
    app.selectbox(key="preset").select("case-study").run()
    press(app, "Use")
    assert (app.selectbox(key="preset").value, slider(app, "epochs").value) == ("fast", 5)
    assert changed(app) == "As in “my best”"
    slider(app, "epochs").set_value(6).run()
    assert changed(app) == "Epochs: 5 → 6"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("../up", "“../up” cannot be the name of a recipe."), ("taken", "There is a recipe “taken” already.")],
)
def test_a_name_that_cannot_be_used_is_a_sentence(home: Path, open_page: OpenPage, name: str, sentence: str) -> None:
    save_recipe("taken", PRESETS["fast"])
    app = open_page("train")
    save(app, name)
    (error,) = app.error
    assert error.value.startswith(sentence)
    assert saved_recipes() == ["taken"] and load_recipe("taken") == PRESETS["fast"]


def test_a_deleted_recipe_can_be_brought_back(home: Path, open_page: OpenPage) -> None:
    save_recipe("mine", PRESETS["fast"])
    app = open_page("train")
    press(app, "Delete recipe")
    assert saved_recipes() == [] and "“mine” was deleted." in words(app)
    press(app, "Undo deletion")
    assert saved_recipes() == ["mine"]
    assert "was deleted" not in words(app) and "Undo deletion" not in labels(app)


def test_a_recipe_that_another_window_deleted_is_a_sentence(home: Path, open_page: OpenPage) -> None:
    save_recipe("mine", PRESETS["fast"])
    app = open_page("train")
    (home / "recipes" / "mine.json").unlink()
    press(app, "Use")
    assert [error.value for error in app.error] == ["There is no recipe “mine”. Choose one of: –."]


def test_the_link_that_is_shown_says_what_is_on_the_sliders(home: Path, open_page: OpenPage) -> None:
    app = open_page("train")
    app.selectbox(key="preset").select("fast").run()
    slider(app, "learning_rate").set_value(0.01).run()
    (link,) = [code.value for code in app.code if "://" in code.value]
    query = dict(part.split("=") for part in link.split("?")[1].split("&"))
    assert from_link(query) == (make_recipe("fast", learning_rate=0.01), [])


def opened(app: AppTest, name: str, content: bytes) -> None:
    app.file_uploader(key="recipe-file").upload(name, content, "application/json").run()
    assert not app.exception


def test_a_file_sets_the_sliders(home: Path, open_page: OpenPage) -> None:
    app = open_page("train")
    recipe = make_recipe("vit", epochs=12, cutout=0.25)
    opened(app, "mine.json", recipe.model_dump_json().encode())
    assert changed(app) == "As in “mine.json”"
    assert Recipe(preset="vit", **{n: slider(app, n).value for n in ("epochs", "cutout", "family")}) == Recipe(
        preset="vit", epochs=12, cutout=0.25, family="vit"
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"no", "“mine.json” is no recipe."),
        (json.dumps({"epochs": 0}).encode(), "epochs is “0”. It must be a whole number from 1 to 200."),
        (json.dumps({"epoch": 3}).encode(), "There is no setting “epoch”. Did you mean “epochs”?"),
    ],
)
def test_a_file_that_is_no_recipe_is_a_sentence_and_moves_nothing(
    home: Path, open_page: OpenPage, content: bytes, sentence: str
) -> None:
    app = open_page("train")
    slider(app, "epochs").set_value(7).run()
    opened(app, "mine.json", content)
    (error,) = app.error
    assert error.value.startswith(sentence)
    assert slider(app, "epochs").value == 7
