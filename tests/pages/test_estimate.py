"""Train: what a run will cost stands under its button, and what to be warned of a click below."""

import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.data.versions import get_dataset
from core.runs.run import Run
from core.runs.store import store
from core.training.presets import PRESETS
from core.training.recipe import Recipe
from core.training.speeds import try_out
from tests.pages.conftest import OpenPage
from tests.pages.looking import held, newest_run, press, remember, words

PATIENCE = 60.0


def shown(app: AppTest) -> str:
    """The line beside the button."""
    labels = [str(popover.proto.popover.label) for popover in app.get("popover")]
    (label,) = [label for label in labels if label.startswith(("Roughly", "About"))]
    return label


def slider(app: AppTest, name: str) -> Any:
    return app.get_by_key(f"recipe-{name}")


@pytest.fixture
def used(trained_home: Path, home: Path) -> Run:
    """A finished run in a home of the test's own, on a machine that did nothing else."""
    shutil.copytree(trained_home, home)
    (run,) = store().runs()
    store().set_result(run.id, run.result | {"undisturbed": 1.0})
    return store().get(run.id)


def test_at_first_it_is_a_guess_and_soon_a_measurement(home: Path, open_page: OpenPage) -> None:
    app = open_page("train", data="digits")
    assert shown(app).startswith("Roughly ") and shown(app).endswith(" · measuring")
    assert "Guessed from the number of operations. A trial is about to tell more." in words(app)
    deadline = time.monotonic() + PATIENCE
    while not shown(app).startswith("About "):  # as the browser does: AppTest does not tick
        assert time.monotonic() < deadline
        time.sleep(0.2)
        app.run()
    assert not app.exception
    assert "Measured on this machine by a trial of a second" in words(app)
    assert "282,250" in words(app) and "% of what this machine can do" in words(app)


def test_what_was_measured_is_there_at_once(home: Path, open_page: OpenPage) -> None:
    try_out(PRESETS["article-cnn"], get_dataset("digits"))
    assert shown(open_page("train", data="digits")).startswith("About ")


def test_a_run_that_did_the_same_work_says_how_long_it_takes(used: Run, open_page: OpenPage) -> None:
    app = open_page("train", data="digits")
    press(app, "Train again with one change")
    assert Recipe(**used.recipe).batch_size == slider(app, "batch_size").value
    assert shown(app).startswith("About ")
    assert "Known from runs that did the same work on this machine." in words(app)


def test_a_run_at_work_is_not_disturbed_by_a_trial(used: Run, open_page: OpenPage) -> None:
    with held(remember("at-work", "running", done=1)):
        app = open_page("train", data="digits")
    assert shown(app).startswith("Roughly ") and "measuring" not in shown(app)
    assert "Another run is at work: this one waits for it, or shares the machine with it." in words(app)


def test_warnings_are_counted_and_a_click_below(home: Path, open_page: OpenPage) -> None:
    app = open_page("train", data="digits")
    slider(app, "learning_rate").set_value(0.1)
    slider(app, "flip").set_value(True).run()
    assert shown(app).endswith(" · 2 warnings")
    assert "Small trials of this network with adam stopped learning at a rate of 0.05. Choose about 0.01" in words(app)
    assert "Turn Mirror off." in words(app)


def test_the_run_remembers_what_was_expected_of_it(used: Run, open_page: OpenPage) -> None:
    app = open_page("train", data="digits")
    press(app, "Train")
    assert newest_run().spec["expected_seconds"] > 0
