"""Train: the recipe on the sliders is the recipe that is submitted, whatever they were set to before."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.data.importing import import_zip
from core.models import FAMILIES
from core.runs import launcher
from core.training.presets import PRESETS, SUMMARIES, make_recipe
from core.training.recipe import SETTINGS, Recipe, limits
from tests.data.making import pack, two_classes
from tests.pages.conftest import OpenPage
from tests.pages.looking import button, newest_run, no_free_slot, picked_run, press, remember, spec, words
from tests.pages.sliders import ALWAYS, BODY, changed, present, settings, shown, slider, told_to_move
from ui.recipe_form import SHAPE

AGAIN = "Train again with one change"
NUMBERS = [name for name in (*ALWAYS, "depth", "width") if limits(name) and name != "train_images"]


def rules(name: str) -> dict[str, Any]:
    """What a setting says of its slider."""
    extra = Recipe.model_fields[name].json_schema_extra
    assert isinstance(extra, dict)
    return extra


@pytest.fixture
def used(trained_home: Path, home: Path) -> None:
    """A home of the test's own, where somebody has trained already."""
    shutil.copytree(trained_home, home)


@pytest.fixture
def waiting_room(used: None) -> Iterator[None]:
    """The one slot is taken: runs start a process, and wait."""
    with no_free_slot():
        yield


def test_a_newcomer_finds_a_recipe_and_the_place_where_the_curves_will_grow(home: Path, open_page: OpenPage) -> None:
    app = open_page("train")
    assert not button(app, "Train").disabled
    assert "The curves of your first run will grow here." in words(app)
    assert not app.progress and not app.dataframe
    assert not list(home.glob("*.db")), "looking made a store"


def test_a_preset_sets_every_slider_and_says_what_it_is(home: Path, open_page: OpenPage) -> None:
    app = open_page("train")
    assert app.selectbox(key="preset").options == list(PRESETS)
    assert shown(app) == settings(PRESETS[str(app.selectbox(key="preset").value)])
    for preset in reversed(PRESETS):
        slider(app, "epochs").set_value(77).run()
        app.selectbox(key="preset").select(preset).run()
        assert not app.exception
        assert shown(app) == settings(PRESETS[preset])
        assert SUMMARIES[preset] in words(app)
        assert told_to_move(app)


def _number(text: Any) -> float:
    return float(str(text).replace(",", ""))


def test_every_slider_goes_as_far_as_the_core_allows(home: Path, open_page: OpenPage) -> None:
    app = open_page("train")
    slider(app, "family").select("rnn").run()
    ends = {}
    for name in NUMBERS:
        widget = slider(app, name)
        low, high = (widget.min, widget.max) if "step" in rules(name) else (widget.options[0], widget.options[-1])
        ends[name] = (_number(low), _number(high))
    assert ends == {name: limits(name) for name in NUMBERS}


def test_training_images_go_from_two_a_class_to_all(home: Path, open_page: OpenPage) -> None:
    options = slider(open_page("train"), "train_images").options
    assert (options[0], options[-1]) == ("20", "all")


def test_every_number_of_images_of_a_small_dataset_is_a_recipe(home: Path, tmp_path: Path, open_page: OpenPage) -> None:
    import_zip("two", pack(tmp_path / "two.zip", two_classes(9)), None, lambda done, total: None, lambda: False)
    app = open_page("train", data="two")
    widget = slider(app, "train_images")
    assert len(widget.options) > 1
    for option in widget.options[:-1]:
        widget.set_value(int(_number(option))).run()
        assert not app.exception


def test_a_dataset_that_has_fewer_images_than_were_chosen_is_taken_whole(
    home: Path, tmp_path: Path, open_page: OpenPage
) -> None:
    import_zip("two", pack(tmp_path / "two.zip", two_classes()), None, lambda done, total: None, lambda: False)
    app = open_page("train", data="digits")
    slider(app, "train_images").set_value(500).run()
    app.selectbox(key="data").select("two").run()
    assert not app.exception
    assert slider(app, "train_images").value is None


def test_what_the_sliders_say_is_submitted_and_comes_into_focus(waiting_room: None, open_page: OpenPage) -> None:
    app = open_page("train")
    changes = {
        "epochs": 3,
        "batch_size": 100,
        "learning_rate": 0.02,
        "dropout": 0.25,
        "train_images": 200,
        "family": "rnn",
        "depth": 3,
        "width": 48,
        "cell": "gru",
        "image_side": 48,
        "optimizer": "sgd",
        "schedule": "triangular",
        "warmup": 0.1,
        "weight_decay": 0.001,
        "l1": 1e-5,
        "label_smoothing": 0.1,
        "clip_norm": 1.0,
        "flip": True,
        "translate": 0.125,
        "rotate": 15.0,
        "crop": 0.5,
        "colour": 0.2,
        "noise": 0.05,
        "cutout": 0.25,
        "mixup": 0.2,
        "patience": 5,
        "ema": 0.99,
        "class_weights": "balanced",
        "validation_share": 0.2,
        "seed": 7,
        "precision": "fp32",
    }
    assert set(changes) == {*ALWAYS, *BODY, *FAMILIES["rnn"].settings}
    slider(app, "family").select("rnn").run()
    for name, value in changes.items():
        slider(app, name).set_value(value)
    press(app, "Train")
    run = newest_run()
    assert Recipe(**run.recipe) == make_recipe("article-cnn", **changes)
    assert (run.data, run.data_version, run.state) == ("digits", 1, "queued")
    assert picked_run(app) == run.name == "rnn-digits-1"
    assert launcher.waiting() == [run.id]


def test_a_wrong_setting_of_the_machine_is_a_sentence(
    used: None, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VITRINE_SLOTS", "two")
    app = open_page("train")
    press(app, "Train")
    assert [error.value for error in app.error] == ["VITRINE_SLOTS is “two”. It must be a whole number of at least 1."]


def test_train_again_with_one_change_changes_one_thing(waiting_room: None, open_page: OpenPage) -> None:
    recipe = make_recipe(
        "case-study", epochs=3, batch_size=48, learning_rate=0.003, train_images=150, optimizer="sgd", image_side=48
    )
    remember("model", done=3, recipe=recipe)
    app = open_page("train")
    press(app, AGAIN)
    assert app.selectbox(key="preset").value == "case-study"
    assert shown(app) == settings(recipe) and told_to_move(app)
    assert changed(app) == "As in “model”"
    slider(app, "learning_rate").set_value(0.05).run()
    assert changed(app) == "Learning rate: 0.003 → 0.05"
    assert slider(app, "learning_rate").label == "Learning rate :gray-badge[was 0.003]"
    press(app, "Train")
    run = newest_run()
    assert run.name == "case-study-digits-1"
    assert run.recipe == {**recipe.model_dump(mode="json"), "learning_rate": 0.05}
    assert "validation, model" in [line["name"] for line in spec(app, "echarts_chart")["series"]]


def test_train_again_is_on_the_same_dataset(used: None, tmp_path: Path, open_page: OpenPage) -> None:
    remember("model", done=1)
    import_zip("two", pack(tmp_path / "two.zip", two_classes()), None, lambda done, total: None, lambda: False)
    app = open_page("train", data="two")
    press(app, AGAIN)
    assert app.selectbox(key="data").value == "digits"


def test_a_recipe_is_never_half_of_an_earlier_run(used: None, open_page: OpenPage) -> None:
    remember("model", recipe=make_recipe("case-study", epochs=3, batch_size=48))
    app = open_page("train")
    press(app, AGAIN)
    app.switch_page("pages/data.py").run()
    app.switch_page("pages/train.py").run()
    preset = app.selectbox(key="preset").value
    base = PRESETS["article-cnn"] if preset == "article-cnn" else make_recipe("case-study", epochs=3, batch_size=48)
    assert shown(app) == settings(base)


def test_a_preset_takes_back_what_an_earlier_run_had_set(used: None, open_page: OpenPage) -> None:
    remember("model", recipe=make_recipe("case-study", epochs=3, batch_size=48))
    app = open_page("train")
    press(app, AGAIN)
    for preset in ("article-cnn", "case-study"):
        app.selectbox(key="preset").select(preset).run()
        assert shown(app) == settings(PRESETS[preset])


def test_every_setting_has_its_place_in_the_form() -> None:
    assert {*ALWAYS, *BODY, *SHAPE, "start"} == set(SETTINGS)


def test_a_setting_that_the_family_does_not_have_is_not_shown(home: Path, open_page: OpenPage) -> None:
    app = open_page("train")
    for family in FAMILIES:
        slider(app, "family").select(family).run()
        assert not app.exception
        assert set(present(app)) == {*ALWAYS, *BODY, *FAMILIES[family].settings}
