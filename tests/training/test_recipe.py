"""A recipe cannot be wrong silently, and everything a slider needs is on its fields."""

from typing import get_args

import pytest
from pydantic import ValidationError

from core.errors import VitrineError
from core.models import FAMILIES
from core.training.presets import PRESETS, SUMMARIES, make_recipe
from core.training.recipe import SETTINGS, Recipe, limits


def test_the_articles_recipe_is_the_article() -> None:
    recipe = make_recipe("article-cnn")
    assert (recipe.epochs, recipe.batch_size, recipe.optimizer, recipe.learning_rate) == (10, 32, "adam", 1e-3)
    assert (recipe.weight_decay, recipe.l1, recipe.dropout, recipe.train_images) == (0, 0, 0, None)


def test_the_case_study_learns_from_a_thousand_images() -> None:
    assert make_recipe("case-study").train_images == 1000


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_names_itself_and_is_described(name: str) -> None:
    assert PRESETS[name].preset == name
    assert SUMMARIES[name].endswith(".")


def test_the_recipe_knows_the_same_families_as_the_models() -> None:
    assert set(get_args(Recipe.model_fields["family"].annotation)) == set(FAMILIES)


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_carries_what_a_slider_needs(name: str) -> None:
    field = Recipe.model_fields[name]
    extra = field.json_schema_extra
    assert isinstance(extra, dict)
    assert extra["title"] and extra["help"]
    if field.annotation is not bool and (not get_args(field.annotation) or name == "train_images"):
        assert limits(name) is not None
        assert extra.get("step") or extra.get("scale") == "log" or extra.get("stops")


def test_text_values_become_numbers() -> None:
    recipe = make_recipe("article-cnn", epochs="3", learning_rate="1e-2", train_images="all")
    assert (recipe.epochs, recipe.learning_rate, recipe.train_images) == (3, 0.01, None)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("epochs", 0, "epochs is “0”. It must be a whole number from 1 to 200."),
        ("epochs", "2.5", "epochs is “2.5”. It must be a whole number from 1 to 200."),
        ("batch_size", "many", "batch_size is “many”. It must be a whole number from 4 to 4,096."),
        ("learning_rate", 5, "learning_rate is “5”. It must be a number from 1e-05 to 1."),
        ("learning_rate", "nan", "learning_rate is “nan”. It must be a number from 1e-05 to 1."),
        ("train_images", 3, "train_images is “3”. It must be a whole number from 10 to 10,000,000."),
        ("optimizer", "adan", "optimizer is “adan”. It must be one of: adam, adamw, sgd, muon."),
        ("flip", "perhaps", "flip is “perhaps”. It must be one of: true, false."),
        (
            "start",
            5,
            "start is “5”. It must be the name of a finished run, or torchvision: and the name of a published network, for instance "
            "torchvision:resnet18.",
        ),
        ("epoch", 3, "There is no setting “epoch”. Did you mean “epochs”?"),
        ("preset", "case-study", f"There is no setting “preset”. Choose among: {', '.join(SETTINGS)}."),
    ],
)
def test_a_wrong_setting_is_named_with_its_value_and_what_is_allowed(field: str, value: object, sentence: str) -> None:
    with pytest.raises(VitrineError) as error:
        make_recipe("article-cnn", **{field: value})
    assert str(error.value) == sentence


def test_an_unknown_preset_is_answered_with_the_known_ones() -> None:
    with pytest.raises(VitrineError, match=", ".join(PRESETS)):
        make_recipe("best")


def test_a_recipe_survives_json_and_cannot_be_changed() -> None:
    recipe = make_recipe("case-study", dropout=0.25)
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe
    with pytest.raises(ValidationError):
        recipe.epochs = 3


def test_only_what_takes_over_a_trained_network_may_do_without_epochs() -> None:
    assert make_recipe("transfer").epochs == 0
    assert make_recipe("fast", start="a-run", epochs="0").epochs == 0
    with pytest.raises(VitrineError, match="epochs is “-1”. It must be a whole number from 1 to 200."):
        make_recipe("transfer", epochs=-1)
