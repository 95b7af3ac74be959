"""A mistake on the command line is answered by one sentence on stderr, a non-zero status, and nothing else."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from core.runs.store import Run, exists, store
from tests.commands import Answer, Command, process
from tests.conftest import DATABASE
from tests.processes import kill_workers

TRAIN = ("train", "--data", "digits", "--preset", "case-study")


def sentence(answer: Answer) -> str:
    """What the command had to say against it."""
    assert answer.status != 0
    assert answer.out == ""
    assert answer.err.startswith("Error: ") and answer.err.endswith("\n") and answer.err.count("\n") == 1
    return answer.err.removeprefix("Error: ").strip()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["evaluate", "nothing"], "There is no run “nothing”. `python -m core runs` lists them."),
        (["predict", "nothing", "scan.png"], "There is no run “nothing”."),
        (["evaluate", "latest", "--data", "nothing"], "There is no dataset “nothing”. Choose one of: digits."),
        (["stop", "latest"], "is finished: there is nothing to stop."),
        (["resume", "latest"], "is finished: only an interrupted, stopped or failed run can be resumed."),
        (["report", "latest", "/nowhere/report.html"], "“/nowhere/report.html”: No such file or directory."),
        (["report", "latest", "."], "“.”: Is a directory."),
        (["report", "latest", "/"], "“/”: Is a directory."),
        (["restore", "latest"], "There is no deleted run “latest”."),
        (["restore", "nothing"], "There is no deleted run “nothing”. Use the name or id of one that was deleted less"),
        (["export", "latest", "/dev/null/model"], "“/dev/null/model”: Not a directory."),
        (["train", "--data", "nothing", "--preset", "case-study"], "There is no dataset “nothing”. Choose one of:"),
        (["train", "--data", "digits", "--preset", "best"], "There is no preset “best”. Choose one of: article-cnn,"),
        ([*TRAIN, "--set", "lerning_rate=1"], "There is no setting “lerning_rate”. Did you mean “learning_rate”?"),
        (
            [*TRAIN, "--set", "music=1"],
            "There is no setting “music”. Choose among: start, family, depth, width, stages, cell,",
        ),
        ([*TRAIN, "--set", "epochs=0"], "epochs is “0”. It must be a whole number from 1 to 200."),
        ([*TRAIN, "--set", "epochs=ten"], "epochs is “ten”. It must be a whole number from 1 to 200."),
        ([*TRAIN, "--set", "learning_rate=2"], "learning_rate is “2”. It must be a number from 1e-05 to 1."),
        ([*TRAIN, "--set", "optimizer=lion"], "optimizer is “lion”. It must be one of: adam, adamw, sgd, muon."),
        ([*TRAIN, "--set", "epochs"], "“epochs” is not a setting. Write it as key=value, for instance epochs=5."),
        ([*TRAIN, "--seed", "1", "--set", "seed=2"], "seed is given twice. Give it once."),
        ([*TRAIN, "--set", "epochs=1", "--set", "epochs=1"], "epochs is given twice. Give it once."),
        ([*TRAIN, "--seed", "-1"], "seed is “-1”. It must be a whole number from 0 to 9,999."),
        ([*TRAIN, "--seed", "one"], "'one' is not a valid integer."),
        ([*TRAIN, "--epochs", "5"], "No such option '--epochs'."),
        (["train", "--data", "digits"], "A run starts from a preset or from a recipe's file. Give either --preset or"),
        ([*TRAIN, "--recipe", "README.md"], "Give either --preset or --recipe."),
        (["train", "--data", "digits", "--recipe", "nowhere.json"], "“nowhere.json” cannot be read: No such file"),
        (["train", "--data", "digits", "--recipe", "README.md"], "“README.md” is no recipe."),
        (["train", "--preset", "case-study"], "Missing option '--data'."),
        (["predict", "latest"], "Missing argument 'FILES...'."),
        (["preditc", "latest"], "No such command 'preditc'."),
        (["data", "import", "pets", "nowhere.zip"], "There is no file “"),
        (["data", "delete", "nothing"], "There is no dataset “nothing”. Choose one of: digits."),
        (["data", "delete", "digits"], "“digits” belongs to Vitrine and cannot be deleted."),
        (["data", "restore", "nothing"], "There is no dataset “nothing”. Choose one of: digits."),
        (["data", "restore", "/tmp"], "“/tmp” cannot be the name of a dataset."),
        (["data", "import", "digits", "README.md"], "“digits” cannot be the name of a dataset."),
    ],
    ids=lambda value: " ".join(value)[-40:] if isinstance(value, list) else "",
)
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["", "json"])
def test_a_mistake_is_one_sentence(
    trained_run: Run, vitrine: Command, arguments: list[str], expected: str, form: list[str]
) -> None:
    assert expected in sentence(vitrine(*arguments, *form))
    assert [run.id for run in store().runs()] == [trained_run.id]
    assert store().runs("import") == []


@pytest.mark.parametrize("command", ["evaluate", "predict", "export", "report", "stop", "resume", "delete"])
def test_before_the_first_run_every_command_says_so(home: Path, vitrine: Command, command: str) -> None:
    further = ["something"] if command in ("predict", "export", "report") else []
    assert sentence(vitrine(command, "latest", *further)).startswith("No run of yours has finished yet. Train one, or")
    assert "There is no run “mine”." in sentence(vitrine(command, "mine", *further))
    assert "There is no deleted run “mine”." in sentence(vitrine("restore", "mine"))
    assert not exists()


def test_before_the_first_run_the_lists_hold_what_there_is(home: Path, vitrine: Command) -> None:
    assert vitrine("runs", "--json").value == []
    assert [dataset["name"] for dataset in vitrine("data", "list", "--json").value] == ["digits"]
    assert not exists()


def test_what_a_job_fails_with_is_the_commands_only_sentence(home: Path, tmp_path: Path) -> None:
    """In a process and on an empty home: whatever a library prints while it opens the store would show here."""
    text = tmp_path / "pets.zip"
    text.write_text("not a ZIP")
    try:
        said = sentence(process(home, "data", "import", "pets", text))
    finally:
        kill_workers(home)
    assert said == f"“{text.name}” is no ZIP file, or a damaged one. Make it again."


def test_a_home_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = sentence(process(tmp_path / "file" / "home", "runs"))
    assert said.startswith(f"“{tmp_path}/file/home”: Not a directory.")


def test_a_folder_that_holds_something_is_not_exported_to(trained_run: Run, vitrine: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    assert sentence(vitrine("export", "latest", tmp_path)).startswith(f"“{tmp_path}” is not an empty folder.")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def cut(database: Path) -> None:
    os.truncate(database, database.stat().st_size // 2)


def from_the_future(database: Path) -> None:
    change(database, "UPDATE alembic_version SET version_num = 'of the year 2040'")


def change(database: Path, statement: str) -> None:
    connection = sqlite3.connect(database)
    with connection:
        connection.execute(statement)
    connection.close()


DAMAGES: dict[Callable[[Path], object], str] = {
    cut: "database disk image is malformed",
    lambda database: database.write_text("not a database"): "file is not a database",
    from_the_future: "out-of-date database schema",
}


@pytest.mark.parametrize("damage", DAMAGES, ids=["cut", "other", "newer"])
def test_a_store_that_cannot_be_read_is_said(
    trained_home: Path, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    """In a process: what a library prints beside it would show here."""
    (home := tmp_path / "home").mkdir()
    shutil.copy(trained_home / DATABASE, home)
    damage(home / DATABASE)
    said = sentence(process(home, "runs", "--json"))
    assert said.startswith(f"The store “{home}/{DATABASE}” cannot be opened: ") and DAMAGES[damage] in said


def test_what_nobody_foresaw_is_one_sentence_with_the_way_to_learn_more(
    trained_home: Path, home: Path, vitrine: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir()
    shutil.copy(trained_home / DATABASE, home)
    change(home / DATABASE, "UPDATE tags SET value = '{' WHERE key = 'vitrine.spec'")
    said = sentence(vitrine("runs"))
    assert said.startswith("Something unexpected went wrong. ") and said.endswith("(VITRINE_DEBUG=1 shows where.)")
    monkeypatch.setenv("VITRINE_DEBUG", "1")
    told = process(home, "runs")
    assert told.status != 0 and "Traceback" in told.err and "core/__main__.py" in told.err
