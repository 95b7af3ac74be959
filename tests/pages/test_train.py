"""Train: a run is shown in each of its states, with what one can do about it, and beside the run before it."""

import signal
from collections.abc import Iterator

import psutil
import pytest
from streamlit.testing.v1 import AppTest

from core.runs import jobs
from core.runs.store import Run, store
from core.training.presets import make_recipe
from tests.pages.conftest import OpenPage
from tests.pages.looking import (
    click_row,
    held,
    labels,
    newest_run,
    no_free_slot,
    picked_run,
    popovers,
    press,
    remember,
    spec,
    words,
)
from tests.processes import until
from ui.formats import percent

AGAIN = "Train again with one change"


def where(app: AppTest) -> str:
    """The line on the bar that says where the run is."""
    return app.progress[0].text


def actions(app: AppTest) -> set[str]:
    """The buttons, but for those of the form."""
    return labels(app) - {"Save recipe", "Other images"}


def process(run_id: str) -> psutil.Process:
    """The process of a job: its command line holds the job's id."""
    found = [p for p in psutil.process_iter(["cmdline"]) if run_id in (p.info["cmdline"] or [])]
    assert len(found) == 1
    return found[0]


@pytest.fixture
def waiting_room(stored: None) -> Iterator[None]:
    """An empty store whose one slot is taken: runs start a process, and wait."""
    with no_free_slot():
        yield


@pytest.fixture
def at_work(stored: None) -> Iterator[Run]:
    """A run in its second epoch."""
    run = remember("at-work", "running", done=1)
    store().set_progress(
        run.id,
        {"done": 0.4, "phase": "training", "images_per_second": 1234.5, "eta_seconds": 42.0, "machine_share": 0.31},
    )
    with held(run):
        yield run


def test_a_queued_run_says_how_many_are_before_it(waiting_room: None, at_work: Run, open_page: OpenPage) -> None:
    app = open_page("train")
    press(app, "Train")
    assert where(app) == "Waiting for its turn, 1 run ahead of it"
    press(app, "Train")
    assert where(app) == "Waiting for its turn, 2 runs ahead of it"
    assert "Stop" in labels(app)
    assert not labels(app) & {"Resume", "Delete", AGAIN}


def test_a_queued_run_before_which_there_is_nothing_is_starting(waiting_room: None, open_page: OpenPage) -> None:
    app = open_page("train")
    press(app, "Train")
    assert where(app) == "Starting"


def test_a_running_run_says_how_far_and_how_fast_it_is(at_work: Run, open_page: OpenPage) -> None:
    app = open_page("train")
    assert where(app) == "Training · epoch 2 of 3 · 1,234 images/s · 31% of the machine's peak · about 42 s left"
    assert app.progress[0].value == 40
    assert "Stop" in labels(app)
    assert not labels(app) & {"Resume", "Delete", AGAIN}


def test_a_finished_run_shows_its_curves_and_what_it_took(trained_run: Run, open_page: OpenPage) -> None:
    app = open_page("train")
    assert where(app).startswith("Finished · 1 of 1 epochs · trained in ")
    assert app.progress[0].value == 100
    measured = store().history(trained_run.id, "val_accuracy")["val_accuracy"]
    assert f"**Validation accuracy is {percent(measured[-1][1])}, its best**" in words(app).splitlines()
    assert actions(app) == {"Train", AGAIN, "Delete"}
    row = app.dataframe[0].value.iloc[0]
    assert (row["name"], row["state"], row["epochs"]) == (trained_run.name, "finished", "1/1")
    assert row["val_accuracy"] == trained_run.val_accuracy


def test_a_run_can_be_stopped_from_the_page(waiting_room: None, open_page: OpenPage) -> None:
    app = open_page("train")
    press(app, "Train")
    press(app, "Stop")
    until(newest_run().id, lambda run: run.state == "stopped")
    app.run()
    assert where(app) == "Stopped · 0 of 10 epochs"
    assert actions(app) == {"Train", "Resume", AGAIN, "Delete"}


def test_a_run_whose_process_was_killed_says_so_and_can_be_resumed(waiting_room: None, open_page: OpenPage) -> None:
    app = open_page("train")
    press(app, "Train")
    worker = process(newest_run().id)
    worker.send_signal(signal.SIGKILL)
    worker.wait(10)
    app.run()
    assert not app.exception
    assert where(app) == "Interrupted · 0 of 10 epochs"
    assert [warning.value for warning in app.warning] == [
        "Its process is gone: a restart, or it was killed. Resume goes on after the last finished epoch."
    ]
    press(app, "Resume")
    assert newest_run().state == "queued" and process(newest_run().id).is_running()
    assert not app.warning and "Stop" in labels(app)


def test_a_failed_run_shows_why_and_its_log_is_a_click_away(stored: None, open_page: OpenPage) -> None:
    recipe = make_recipe("case-study", epochs=1).model_dump(mode="json")
    run = jobs.submit("train", "doomed", {"data": "gone", "data_version": 1, "recipe": recipe})
    failed = until(run.id, lambda run: not run.active)
    app = open_page("train")
    assert where(app) == "Failed · 0 of 1 epochs"
    assert [error.value for error in app.error] == ["There is no dataset “gone 1”. Choose one of: digits."]
    (popover,) = popovers(app, "Log")
    assert popover.code[0].value == failed.log.read_text().rstrip("\n")
    assert "Traceback" in popover.code[0].value
    assert actions(app) == {"Train", "Resume", AGAIN, "Delete"}


def series(app: AppTest) -> list[str]:
    """The names of the lines in the chart of accuracy; what is shaded is no line."""
    return [line["name"] for line in spec(app, "echarts_chart")["series"] if "stack" not in line]


def test_the_run_that_was_trained_again_lies_behind_until_one_chooses_otherwise(
    stored: None, open_page: OpenPage
) -> None:
    first = remember("first", done=3)
    second = remember("second", done=2, again=first.id)
    app = open_page("train", run="second")
    assert series(app) == ["training", "validation", "validation, first"]
    compare = app.selectbox(key=f"compare-{second.id}")
    assert compare.options == ["no other run", "first"]
    compare.select_index(0).run()
    assert not app.exception and series(app) == ["training", "validation"]
    app.sidebar.selectbox(key="run").select("first").run()
    assert series(app) == ["training", "validation"], "it was no change of another"
    app.selectbox(key=f"compare-{first.id}").select_index(1).run()
    assert series(app) == ["training", "validation", "validation, second"]


def marked(app: AppTest) -> str:
    """The name in the marked row of the table of all runs."""
    (row,) = app.session_state["runs-table"]["selection"]["rows"]
    return str(app.dataframe[0].value["name"][row])


def test_a_click_on_a_row_brings_its_run_into_focus_and_the_picker_still_works(
    waiting_room: None, open_page: OpenPage
) -> None:
    for name in ("first", "second", "third"):
        remember(name, done=1)
    app = open_page("train")
    assert picked_run(app) == marked(app) == "third"
    click_row(app, 2)
    assert picked_run(app) == marked(app) == "first"
    app.sidebar.selectbox(key="run").select("second").run()
    assert picked_run(app) == marked(app) == "second"
    click_row(app, 2)
    press(app, "Train")
    assert picked_run(app) == marked(app) == newest_run().name


def test_a_deleted_run_can_be_brought_back(stored: None, open_page: OpenPage) -> None:
    remember("kept", done=1)
    remember("lost", done=2)
    app = open_page("train")
    assert picked_run(app) == "lost"
    press(app, "Delete")
    assert [run.name for run in store().runs()] == ["kept"]
    assert picked_run(app) == "kept"
    assert "“lost” was deleted." in words(app)
    press(app, "Undo")
    assert [run.name for run in store().runs()] == ["lost", "kept"]
    assert list(app.dataframe[0].value["name"]) == ["lost", "kept"]
    assert "was deleted" not in words(app)


def test_a_run_that_another_window_brought_back_is_not_called_deleted(stored: None, open_page: OpenPage) -> None:
    lost = remember("lost", done=1)
    app = open_page("train")
    press(app, "Delete")
    jobs.restore(lost.id)
    app.run()
    assert not app.exception
    assert "was deleted" not in words(app) and "Undo" not in labels(app)


def test_when_the_only_run_is_deleted_the_page_begins_anew(stored: None, open_page: OpenPage) -> None:
    remember("only", done=1)
    app = open_page("train")
    press(app, "Delete")
    assert "The curves of your first run will grow here." in words(app)
    press(app, "Undo")
    assert picked_run(app) == "only"
