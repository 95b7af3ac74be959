"""Pages that have nothing to show say what to do, and do it with one button."""

from pathlib import Path

import pytest

from core.runs.store import store
from tests.pages.conftest import OpenPage
from tests.pages.looking import labels, newest_run, no_free_slot, picked_run, press, remember, words

NEED_A_MODEL = ["evaluate", "predict", "deploy", "business"]


@pytest.mark.parametrize("name", NEED_A_MODEL)
def test_a_first_model_is_trained_with_one_button(name: str, stored: None, open_page: OpenPage) -> None:
    app = open_page(name)
    assert app.header[0].value == "There is no model yet"
    with no_free_slot():
        press(app, "Train a first model")
        run = newest_run()
        assert (run.data, run.preset, run.state) == ("digits", "article-cnn", "queued")
        assert picked_run(app) == run.name
        assert f"“{run.name}” is still training" in [header.value for header in app.header]


def test_a_run_that_ended_early_goes_on_with_one_button(stored: None, open_page: OpenPage) -> None:
    run = remember("mine", "failed", done=1)
    app = open_page("predict")
    assert "“mine” has left no model" in [header.value for header in app.header]
    with no_free_slot():
        press(app, "Resume")
        assert store().get(run.id).active
        assert "“mine” is still training" in [header.value for header in app.header]


def test_a_run_at_work_is_only_to_be_watched(stored: None, open_page: OpenPage) -> None:
    run = remember("mine", done=1)  # finished, and its model is gone
    app = open_page("deploy")
    assert "Resume" not in labels(app) and not run.has_bundle


def test_the_other_pages_have_something_to_begin_with(home: Path, open_page: OpenPage) -> None:
    assert "Train a model" in {link.proto.label for link in open_page("concepts").get("page_link")}
    assert "1,797" in {metric.value for metric in open_page("data").metric}
    assert "Train" in labels(open_page("train"))
    assert "The curves of your first run will grow here." in words(open_page("train"))
