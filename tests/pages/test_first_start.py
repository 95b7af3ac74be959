"""The very first start: nothing was trained here, and the models that come with Vitrine make every page work."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.data.lookup import images_for
from core.data.versions import get_dataset
from core.evaluation.predictions import StoredPredictions, evaluate_on
from core.evaluation.stress import ADVERSARIAL, Stress
from core.evaluation.studies import keep
from core.runs.library import get_run
from core.runs.store import Run, exists, store
from core.training.recipes import complete
from tests.bundling import bundle_model_of, import_scans
from tests.pages.conftest import OpenPage
from tests.pages.looking import (
    addresses,
    addresses_of,
    button,
    captions,
    labels,
    newest_run,
    no_free_slot,
    picked_run,
    press,
    remember,
    spec,
    words,
)

PAGES = ["concepts", "data", "train", "evaluate", "predict", "deploy", "business"]
MODEL = "digits-cnn"


@pytest.fixture
def digits_cnn(first_start: Path) -> Run:
    return get_run(f"bundled-{MODEL}")


def figures(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


@pytest.mark.parametrize("name", PAGES)
def test_every_page_works_and_makes_no_store(name: str, first_start: Path, open_page: OpenPage) -> None:
    for run in ({}, {"run": MODEL}):
        app = open_page(name, **run)
        assert app.title[0].value == name.capitalize()
        assert not app.error and "There is no model yet" not in words(app)
    assert not exists()


def test_it_is_plain_that_a_model_comes_with_vitrine(digits_cnn: Run, open_page: OpenPage) -> None:
    app = open_page("train", run=MODEL)
    assert picked_run(app) == MODEL
    assert ":material/inventory_2: comes with Vitrine" in app.sidebar.caption[0].value
    assert app.dataframe[0].value.set_index("name").loc[MODEL, "state"] == "comes with Vitrine"
    epochs = digits_cnn.recipe["epochs"]
    assert spec(app, "echarts_chart")["xAxis"]["max"] == epochs
    assert "Train again with one change" in labels(app)
    assert not {"Delete", "Stop", "Resume"} & labels(app)


def test_its_recipe_is_trained_again_with_a_change(digits_cnn: Run, open_page: OpenPage) -> None:
    app = open_page("train", run=MODEL)
    press(app, "Train again with one change")
    app.select_slider(key="recipe-epochs").set_value(5).run()
    with no_free_slot():
        press(app, "Train")
        assert complete(newest_run().recipe) == complete({**digits_cnn.recipe, "epochs": 5})
        assert newest_run().data == "digits"


def test_evaluate_shows_its_figures_and_the_pictures_of_its_mistakes(digits_cnn: Run, open_page: OpenPage) -> None:
    told = json.loads((digits_cnn.folder / "run.json").read_text())["test"]
    predictions = StoredPredictions.load(digits_cnn.predictions)
    app = open_page("evaluate", run=MODEL, section="Mistakes")
    assert f"named {round(told['accuracy'] * len(predictions))} of {len(predictions)} held-out" in words(app)
    wrong = predictions.rows[predictions.mistakes(24)].tolist()
    side = digits_cnn.recipe["image_side"]
    assert addresses(app) == addresses_of(get_dataset("digits"), wrong, 192, side)


def test_ones_own_run_comes_first_even_while_none_has_finished(first_start: Path, open_page: OpenPage) -> None:
    run = remember("mine", "failed", done=1)
    app = open_page("concepts")
    assert picked_run(app) == "mine"
    assert app.sidebar.selectbox(key="run").options[0] == "mine" and MODEL in app.sidebar.selectbox(key="run").options
    store().delete(run.id)
    app.run()
    assert picked_run(app) in {"cifar10-accurate", MODEL}


def test_it_can_be_compared_with_but_is_not_unasked(digits_cnn: Run, open_page: OpenPage) -> None:
    remember("mine", done=2)
    app = open_page("train")
    choice = next(box for box in app.selectbox if box.label == "Compare with")
    assert choice.options == ["no other run", MODEL] and choice.value is None
    choice.select(digits_cnn).run()
    assert not app.exception
    names = [line["name"] for line in spec(app, "echarts_chart")["series"]]
    assert f"validation, {MODEL}" in names


@pytest.fixture(scope="module")
def models(trained_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bundled models, of which one learnt from images that are not here, under the name of a public dataset."""
    folder = tmp_path_factory.mktemp("models")
    source = Path(shutil.copytree(trained_home, tmp_path_factory.mktemp("source") / "home"))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("VITRINE_HOME", str(source))
        import_scans("cifar10", source / "scans.zip")
    bundle_model_of("cifar10", source, folder)
    return folder


@pytest.fixture
def foreign(models: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setenv("VITRINE_BUNDLED", str(models))
    before = {path: path.read_bytes() for path in models.rglob("*") if path.is_file()}
    yield get_run("bundled-foreign")
    assert {path: path.read_bytes() for path in models.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("name", PAGES)
def test_every_page_works_without_the_images_that_the_model_learnt_from(
    name: str, foreign: Run, open_page: OpenPage
) -> None:
    app = open_page(name)
    assert not app.error and "There is no model yet" not in words(app)
    assert not exists()


def test_where_pictures_are_missing_their_download_is_offered(foreign: Run, open_page: OpenPage) -> None:
    app = open_page("evaluate", section="Mistakes")
    stored = StoredPredictions.load(foreign.predictions)
    assert f"named {stored.correct} of {len(stored)} held-out" in words(app)
    assert "The pictures are those of “cifar10”, which does not come with Vitrine." in words(app)
    assert not app.image
    with no_free_slot():
        press(app, "Download cifar10")
        (job,) = store().runs("download")
        assert (job.name, job.state) == ("cifar10", "queued")
        app.run()
        assert button(app, "Download cifar10").disabled


def test_curves_stand_without_the_pictures_whose_download_is_offered(first_start: Path, open_page: OpenPage) -> None:
    app = open_page("train", run="cifar10-accurate")
    assert "The pictures are those of “cifar10”, which does not come with Vitrine." in words(app)
    assert "Download cifar10" in labels(app) and "After epoch" not in [slider.label for slider in app.select_slider]
    assert "failed before it" not in words(app), "nothing has failed"


def test_training_it_again_says_that_its_images_are_missing(foreign: Run, open_page: OpenPage) -> None:
    app = open_page("train")
    press(app, "Train again with one change")
    assert app.toast[0].value == (
        "The sliders are set as in “foreign”, but “cifar10” is not here: the Data page can get it."
    )
    assert app.selectbox(key="data").value == "digits"


def test_the_pictures_of_its_own_images_are_shown_whatever_they_are_called(
    foreign: Run, tmp_path: Path, open_page: OpenPage
) -> None:
    mine = import_scans("mine", tmp_path / "mine.zip")
    predictions = StoredPredictions.load(foreign.predictions)
    app = open_page("evaluate", section="Mistakes")
    wrong = predictions.rows[predictions.mistakes(24)].tolist()
    assert wrong
    assert addresses(app) == addresses_of(mine, wrong, 192)
    assert f"named {predictions.correct} of {len(predictions)} held-out" in words(app)


def test_of_another_copy_both_figures_and_pictures_are_shown_and_it_is_said(
    foreign: Run, tmp_path: Path, open_page: OpenPage
) -> None:
    copy = import_scans("cifar10", tmp_path / "copy.zip", first=40)
    predictions = evaluate_on(copy, foreign)
    assert images_for(foreign) == copy
    app = open_page("evaluate", section="Mistakes")
    wrong = predictions.mistakes(24)
    assert len(wrong)
    assert f"named {predictions.correct} of {len(predictions)} held-out" in words(app)
    assert addresses(app) == addresses_of(copy, predictions.rows[wrong].tolist(), 192)
    assert [caption.rsplit(" is ")[1] for caption in captions(app)] == [
        predictions.classes[label] for label in np.asarray(predictions.labels)[wrong]
    ]
    assert "figures and pictures on this page are of cifar10, version 1, test split" in words(app)


def test_a_stress_test_that_comes_with_the_model_needs_no_images(
    foreign: Run, tmp_path: Path, open_page: OpenPage
) -> None:
    app = open_page("evaluate", section="Stress test")
    assert button(app, "Download cifar10")
    keep(foreign, "stress", Stress(200, 180, {"blur": [175, 160, 120, 80, 45], ADVERSARIAL: [20] * 5}))
    app.run()
    assert "Most harmful in daily use\\: blur, 32 points on average" in words(app)
    assert not app.image and "Measure again" not in [button.label for button in app.button]
