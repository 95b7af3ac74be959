"""Train: what was changed is told, can be taken back, and is kept in the address, which is a link for others."""

from pathlib import Path

from core.training.presets import PRESETS, make_recipe
from tests.pages.conftest import OpenPage
from tests.pages.looking import words
from tests.pages.sliders import addressed, changed, settings, shown, slider


def test_changes_against_a_preset_are_told_and_taken_back_one_by_one_or_all(home: Path, open_page: OpenPage) -> None:
    app = open_page("train")
    assert changed(app) == "As in “article-cnn”"
    slider(app, "epochs").set_value(5).run()
    slider(app, "flip").set_value(True).run()
    assert changed(app) == "2 changes against “article-cnn”"
    assert "Epochs: 10 → 5" in words(app) and "Mirror: off → on" in words(app)
    app.button(key="undo-epochs").click().run()
    assert changed(app) == "Mirror: off → on"
    assert slider(app, "epochs").value == 10 and slider(app, "epochs").proto.set_value
    app.button(key="undo-all").click().run()
    assert changed(app) == "As in “article-cnn”"
    assert shown(app) == settings(PRESETS["article-cnn"])


def test_the_address_holds_what_was_changed_and_nothing_in_ordinary_use(home: Path, open_page: OpenPage) -> None:
    app = open_page("train")
    assert addressed(app) == {}
    app.selectbox(key="preset").select("fast").run()
    assert addressed(app) == {"preset": "fast"}
    slider(app, "epochs").set_value(5).run()
    slider(app, "flip").set_value(False).run()
    assert addressed(app) == {"preset": "fast", "epochs": "5", "flip": "false"}
    app.selectbox(key="preset").select("article-cnn").run()
    assert addressed(app) == {}


def test_a_link_sets_the_sliders(home: Path, open_page: OpenPage) -> None:
    app = open_page("train", preset="fast", epochs="5", learning_rate="0.013", train_images="200", flip="false")
    recipe = make_recipe("fast", epochs=5, learning_rate=0.013, train_images=200, flip=False)
    assert shown(app) == settings(recipe) and not app.warning
    assert changed(app) == "4 changes against “fast”"
    assert addressed(app)["learning_rate"] == "0.013"


def test_what_is_wrong_with_a_link_is_one_sentence_and_the_rest_is_kept(home: Path, open_page: OpenPage) -> None:
    app = open_page("train", preset="fast", epochs="0", learning_rate="0.01", batchsize="3")
    assert shown(app) == settings(make_recipe("fast", learning_rate=0.01))
    assert [warning.value for warning in app.warning] == [
        "Not all of this link could be followed. epochs is “0”. It must be a whole number from 1 to 200. "
        "There is no setting “batchsize”. Did you mean “batch\\_size”?"
    ]


def test_the_sliders_are_as_they_were_left_after_a_look_at_another_page(home: Path, open_page: OpenPage) -> None:
    app = open_page("train")
    app.selectbox(key="preset").select("fast").run()
    slider(app, "epochs").set_value(5).run()
    app.switch_page("pages/data.py").run()
    app.switch_page("pages/train.py").run()
    assert shown(app) == settings(make_recipe("fast", epochs=5))
    assert changed(app) == "Epochs: 14 → 5"
