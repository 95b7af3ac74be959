"""The router: seven pages in pipeline order, and the run that all of them speak of."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.runs.store import Run, State, store
from tests.pages.conftest import OpenPage

PAGES = ["concepts", "data", "train", "evaluate", "predict", "deploy", "business"]


@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens_on_an_empty_store(name: str, home: Path, open_page: OpenPage) -> None:
    assert open_page(name).title[0].value == name.capitalize()


@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens_on_a_finished_run(name: str, trained_run: Run, open_page: OpenPage) -> None:
    app = open_page(name)
    assert app.title[0].value == name.capitalize()
    assert app.sidebar.selectbox[0].value == trained_run.name


def test_without_a_run_there_is_nothing_to_pick(home: Path, open_page: OpenPage) -> None:
    assert not open_page("concepts").sidebar.selectbox


@pytest.fixture
def three_runs(home: Path) -> list[Run]:
    """Oldest first: one finished, one finished later, one that failed after both."""
    recipe = {"family": "article-cnn", "epochs": 3, "image_side": 32, "validation_share": 0.1}
    states: list[tuple[str, State]] = [("first", "finished"), ("second", "finished"), ("third", "failed")]
    runs = []
    for name, state in states:
        run = store().create("train", name, {"data": "digits", "data_version": 1, "recipe": recipe})
        store().set_state(run.id, state)
        runs.append(run)
    return runs


def picked(app: AppTest) -> str:
    return str(app.sidebar.selectbox(key="run").value)


def test_the_newest_finished_run_is_picked_at_first(three_runs: list[Run], open_page: OpenPage) -> None:
    app = open_page("concepts")
    assert app.sidebar.selectbox(key="run").options == ["third", "second", "first"]
    assert picked(app) == "second"


def test_the_address_names_the_run(three_runs: list[Run], open_page: OpenPage) -> None:
    assert picked(open_page("concepts", run="first")) == "first"


def test_an_address_of_a_run_that_is_gone_falls_back(three_runs: list[Run], open_page: OpenPage) -> None:
    assert picked(open_page("concepts", run="nobody")) == "second"


def test_the_picked_run_stays_from_page_to_page(three_runs: list[Run], open_page: OpenPage) -> None:
    app = open_page("concepts")
    app.sidebar.selectbox(key="run").select("third").run()
    app.switch_page("pages/deploy.py").run()
    assert picked(app) == "third"
    assert app.header[0].value == "“third” has left no model"


def test_when_the_picked_run_is_deleted_another_takes_its_place(three_runs: list[Run], open_page: OpenPage) -> None:
    app = open_page("concepts", run="first")
    store().delete(three_runs[0].id)
    app.run()
    assert not app.exception and picked(app) == "second"


def test_two_runs_of_one_name_can_be_told_apart(home: Path, open_page: OpenPage) -> None:
    for _time in range(2):
        run = store().create("train", "same", {"data": "digits", "data_version": 1, "recipe": {}})
        store().set_state(run.id, "finished")
    options = open_page("business").sidebar.selectbox(key="run").options
    assert len(set(options)) == 2 and all(option.startswith("same · ") for option in options)
