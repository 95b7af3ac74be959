"""Recipes outside a run come back as they were, whichever version wrote them; what cannot be read is said."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import VitrineError
from core.training.presets import PRESETS, make_recipe
from core.training.recipe import SETTINGS, Recipe
from core.training.recipes import (
    changes,
    complete,
    delete_recipe,
    from_json,
    from_link,
    load_recipe,
    restore_recipe,
    save_recipe,
    saved_recipes,
    to_json,
    to_link,
)

ODD = make_recipe("fast", epochs=7, learning_rate=0.013, flip=False, train_images=123, ema=0.99, schedule="one-cycle")


@pytest.mark.parametrize("recipe", [*PRESETS.values(), ODD, make_recipe("case-study", train_images=None, l1=1e-5)])
def test_a_recipe_comes_back_from_a_file_and_from_a_link(recipe: Recipe) -> None:
    assert from_json(to_json(recipe), "x.json") == recipe
    assert from_link(to_link(recipe)) == (recipe, [])


def test_a_link_may_ask_for_no_epochs_where_a_network_is_taken_over() -> None:
    new_head = make_recipe("fast", start="a-run", epochs=0)
    assert from_link(to_link(new_head)) == (new_head, [])
    assert from_link({"epochs": "0", "start": "a-run", "preset": "fast"}) == (new_head, [])


def test_a_link_holds_the_preset_and_what_differs_from_it() -> None:
    assert to_link(make_recipe("fast", epochs=5, flip=False, train_images=200)) == {
        "preset": "fast",
        "epochs": "5",
        "train_images": "200",
        "flip": "false",
    }


def test_what_is_wrong_with_a_link_is_said_and_the_rest_is_kept() -> None:
    query = {"preset": "fast", "epochs": "0", "dropout": "0.5", "epoch": "3", "optimizer": "adan", "run": "a-run"}
    recipe, wrong = from_link(query)
    assert recipe == make_recipe("fast", dropout=0.5)
    assert [str(error) for error in wrong] == [
        "epochs is “0”. It must be a whole number from 1 to 200.",
        "There is no setting “epoch”. Did you mean “epochs”?",
        "optimizer is “adan”. It must be one of: adam, adamw, sgd, muon.",
    ]


def test_a_link_to_a_preset_that_is_not_there_keeps_its_settings() -> None:
    recipe, wrong = from_link({"preset": "best", "epochs": "5"})
    assert recipe == make_recipe("article-cnn", epochs=5)
    assert [error.code for error in wrong] == ["preset_unknown"]


def test_an_earlier_versions_recipe_gets_the_defaults_of_what_it_did_not_know() -> None:
    known = ("preset", "family", "epochs", "batch_size", "learning_rate")
    fields = {name: value for name, value in PRESETS["fast"].model_dump().items() if name in known}
    recipe = complete(fields)
    assert {name: getattr(recipe, name) for name in known} == fields
    assert all(getattr(recipe, name) == getattr(Recipe(), name) for name in SETTINGS if name not in known)


def test_a_file_that_names_no_network_changes_its_preset() -> None:
    assert from_json('{"preset": "fast", "epochs": 5}', "x.json") == make_recipe("fast", epochs=5)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "“x.json” is no recipe. A recipe is a JSON object of settings, for instance {"),
        ("[1]", "“x.json” is no recipe."),
        ("[" * 100_000, "“x.json” is no recipe."),
        (b"\xff\xfe", "“x.json” is no recipe."),
        ('{"preset": ["fast"]}', "There is no preset “['fast']”. Choose one of: article-cnn,"),
        ('{"preset": "best", "novelty": 1}', "There is no preset “best”."),
        ('{"preset": "fast", "novelty": 1}', "There is no setting “novelty”. Choose among:"),
        ('{"family": "perceptron"}', "family is “perceptron”. It must be one of: article-cnn,"),
        ('{"epochs": [1, 2]}', "epochs is “[1, 2]”. It must be a whole number from 1 to 200."),
        ('{"learning_rate": NaN}', "learning_rate is “nan”. It must be a number from 1e-05 to 1."),
        ('{"epochs": 1e400}', "epochs is “inf”."),
    ],
)
def test_a_file_that_is_no_recipe_is_a_sentence(text: str | bytes, sentence: str) -> None:
    with pytest.raises(VitrineError) as error:
        from_json(text, "x.json")
    assert str(error.value).startswith(sentence)


def test_what_differs_is_told_in_the_order_of_the_settings() -> None:
    assert list(changes(make_recipe("fast", seed=1, epochs=5), PRESETS["fast"]).items()) == [("epochs", 5), ("seed", 1)]


def test_a_recipe_is_kept_under_a_name(home: Path) -> None:
    assert saved_recipes() == []
    save_recipe("zebra", PRESETS["fast"])
    save_recipe("Äpfel 2.1", ODD)
    assert saved_recipes() == ["zebra", "Äpfel 2.1"]
    assert load_recipe("Äpfel 2.1") == ODD
    assert [path.name for path in (home / "recipes").iterdir() if path.suffix != ".json"] == []


def test_a_name_is_taken_once(home: Path) -> None:
    save_recipe("mine", ODD)
    with pytest.raises(VitrineError, match="There is a recipe “mine” already."):
        save_recipe("mine", PRESETS["fast"])
    assert load_recipe("mine") == ODD


@pytest.mark.parametrize(
    "name", ["", "../mine", "a/b", ".hidden", "_x", "ends.", "ends ", "new\nline", "x" * 61, "a\0b"]
)
def test_a_name_that_could_be_no_file_is_refused(home: Path, name: str) -> None:
    for act in (load_recipe, delete_recipe, restore_recipe, lambda name: save_recipe(name, ODD)):
        with pytest.raises(VitrineError, match="cannot be the name of a recipe"):
            act(name)


def test_a_deleted_recipe_can_be_brought_back(home: Path) -> None:
    save_recipe("mine", ODD)
    delete_recipe("mine")
    assert saved_recipes() == []
    restore_recipe("mine")
    assert load_recipe("mine") == ODD
    delete_recipe("mine")
    save_recipe("mine", PRESETS["fast"])
    with pytest.raises(VitrineError, match="already"):
        restore_recipe("mine")
    assert load_recipe("mine") == PRESETS["fast"]


@pytest.mark.parametrize("act", [load_recipe, delete_recipe, restore_recipe])
def test_a_recipe_that_is_not_there_is_answered_with_those_that_are(home: Path, act: Any) -> None:
    save_recipe("mine", ODD)
    with pytest.raises(VitrineError, match="There is no recipe “yours”. Choose one of: mine."):
        act("yours")


def test_a_damaged_recipe_is_a_sentence(home: Path) -> None:
    save_recipe("mine", ODD)
    (home / "recipes" / "mine.json").write_text(json.dumps({"preset": "fast"})[:-3])
    with pytest.raises(VitrineError, match="“mine.json” is no recipe."):
        load_recipe("mine")
