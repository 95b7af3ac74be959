"""Train: names and photos of one's own classes, one button, and the way to Predict; or an earlier model under a dataset."""

import io
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.data.imageset import load_split
from core.data.versions import get_dataset
from core.runs.store import store
from tests.pages.conftest import OpenPage
from tests.pages.looking import button, labels, newest_run, no_free_slot, picked_run, press, remember, words
from tests.processes import until

PATIENCE = 120.0
LEARN = "Learn these classes"


@pytest.fixture
def used(trained_home: Path, home: Path) -> Path:
    """A home of the test's own, with a network that was trained on digits."""
    shutil.copytree(trained_home, home)
    return home


@pytest.fixture
def waiting_room(used: Path) -> Iterator[None]:
    """The one slot is taken: runs start a process, and wait."""
    with no_free_slot():
        yield


def own_classes(open_page: OpenPage) -> AppTest:
    app = open_page("train")
    app.segmented_control(key="from").select("own").run()
    assert not app.exception
    return app


def files(label: int, count: int) -> list[tuple[str, bytes, str]]:
    images = load_split(get_dataset("digits"), "train")
    found = []
    for row in np.flatnonzero(images.labels == label)[:count]:
        file = io.BytesIO()
        Image.fromarray(np.asarray(images.pixels[row])).save(file, "PNG")
        found.append((f"{row}.png", file.getvalue(), "image/png"))
    return found


def give(app: AppTest, row: int, name: str, photos: list[tuple[str, bytes, str]]) -> None:
    app.text_input(key=f"own-name-{row}").set_value(name)
    app.file_uploader(key=f"own-photos-{row}").set_value(photos)
    app.run()


def test_photos_become_a_model_and_the_way_to_predict_is_shown(used: Path, open_page: OpenPage) -> None:
    app = own_classes(open_page)
    assert "stored in this installation as a dataset" in words(app)
    give(app, 0, "one", files(1, 10))
    give(app, 1, "zero", [*files(0, 10), ("broken.png", b"no image", "image/png")])
    press(app, LEARN)
    deadline = time.monotonic() + PATIENCE
    while not app.success:
        assert time.monotonic() < deadline and not app.error, [error.value for error in app.error]
        time.sleep(0.3)
        app.run()
        assert not app.exception
    run = newest_run()
    assert (run.name, run.state) == ("transfer-my-one-zero-1", "finished")
    assert picked_run(app) == run.name
    assert [warning.value for warning in app.warning] == ["1 photo could not be read and was left out."]
    right = round(4 * (run.val_accuracy or 0))
    assert app.success[0].value == f"Learnt: it names {right} of 4 photos rightly that it had not seen."
    assert not any(run.name in option for option in app.selectbox(key="own-base").options), "it sees as its source does"
    assert [link.proto.page for link in app.main.get("page_link")].count("predict") == 2
    assert "Its last layer was learnt from 12 images; 4 others measured it." in words(app)
    assert app.dataframe[0].value["epochs"][0] == "–"


def test_a_mistake_is_a_sentence_and_leaves_what_was_given(used: Path, open_page: OpenPage) -> None:
    app = own_classes(open_page)
    press(app, LEARN)
    assert [error.value for error in app.error] == [
        "There are fewer than two classes. Name at least two, and give photos of each."
    ]
    give(app, 0, "", files(1, 5))
    press(app, LEARN)
    assert [error.value for error in app.error] == [
        "Class 1 has photos and no name. Give it the name that the model is to answer."
    ]
    give(app, 0, "one", files(1, 5))
    give(app, 1, "one", files(0, 5))
    press(app, LEARN)
    assert [error.value for error in app.error] == ["Two classes are named “one”. Give each a name of its own."]
    give(app, 1, "zero", files(0, 4))
    press(app, LEARN)
    assert [error.value for error in app.error] == [
        "The class “zero” needs 5 different photos at least, and 20 are better; it has 4 that can be read. Add some."
    ]
    assert len(app.file_uploader(key="own-photos-0").value) == 5
    assert not list(used.glob("uploads/*"))


def test_classes_are_added_and_removed(used: Path, open_page: OpenPage) -> None:
    app = own_classes(open_page)
    assert "Remove class 1" not in labels(app), "two are the fewest"
    press(app, "Add a class")
    give(app, 0, "one", [])
    give(app, 1, "two", [])
    give(app, 2, "three", [])
    press(app, "Remove class 2")
    assert [field.value for field in app.text_input] == ["one", "three"]
    press(app, "Add a class")
    assert [field.value for field in app.text_input] == ["one", "three", ""]


def test_an_import_that_waits_says_so(waiting_room: None, open_page: OpenPage) -> None:
    app = own_classes(open_page)
    give(app, 0, "one", files(1, 5))
    give(app, 1, "zero", files(0, 5))
    press(app, LEARN)
    assert app.progress[0].text == "Waiting for its turn"
    (job,) = store().runs("import")
    assert job.spec["then"]["start"] == newest_run().id
    press(app, "Stop")
    until(job.id, lambda run: not run.active)
    app.run()
    assert [box.value for box in app.info] == ["It was stopped, and nothing was learnt."]


def test_without_a_trained_model_published_ones_are_offered_with_their_size(home: Path, open_page: OpenPage) -> None:
    options = own_classes(open_page).selectbox(key="own-base").options
    assert options[0] == "ResNet-18: trained on ImageNet, 45 MB to download"
    assert len(options) == 6
    (home / "weights" / "resnet18-f37072fd.pth").write_bytes(b"")
    options = own_classes(open_page).selectbox(key="own-base").options
    assert options[0] == "ResNet-18: trained on ImageNet, its weights are here"


def test_a_dataset_can_be_learnt_on_an_earlier_model(waiting_room: None, open_page: OpenPage) -> None:
    source = newest_run()
    remember("unborn", "failed")
    app = open_page("train")
    app.selectbox(key="preset").select("transfer").run()
    base = app.selectbox(key="recipe-start")
    assert base.value == source.id and not any("unborn" in option for option in base.options)
    press(app, "Train")
    run = newest_run()
    assert run.name == "transfer-digits-1"
    assert (run.recipe["start"], run.recipe["family"], run.recipe["epochs"]) == (source.id, "case-study", 0)


def test_training_again_starts_from_the_same_model(waiting_room: None, open_page: OpenPage) -> None:
    app = open_page("train")
    app.selectbox(key="preset").select("transfer").run()
    app.selectbox(key="recipe-start").select("torchvision:vit-b-16").run()
    press(app, "Train")
    press(app, "Stop")
    deadline = time.monotonic() + PATIENCE
    while newest_run().active:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    app.selectbox(key="preset").select("mlp").run()
    app.segmented_control(key="from").select("own").run()
    press(app, "Train again with one change")
    assert app.selectbox(key="recipe-start").value == "torchvision:vit-b-16"
    assert not button(app, "Train").disabled
