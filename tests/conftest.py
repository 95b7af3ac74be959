"""What all tests share: a home of their own, one with a finished run in it, and nothing left behind by them."""

import os

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"  # read when MLflow is imported, which collecting the tests may do

import functools
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from filelock import FileLock

import core.runs.store
from core.__main__ import main
from core.runs import locks
from core.runs.store import Run, Store, store
from tests.commands import Answer, Command, process
from tests.hostile import hostile_files
from tests.processes import kill_workers

RUN_NAME = "a-run"
DATABASE = "vitrine.db"
ANSWERED = "answered.json"  # what the command line printed when it had trained in a home


hypothesis.settings.register_profile("untimed", deadline=None)  # a busy machine fails no test
hypothesis.settings.load_profile("untimed")

# Files whose tests wait for processes of their own, the longest first: others fill the processors meanwhile, and none is left at the end.
LONGEST = ("test_main_job.py", "test_jobs.py", "test_transfer.py", "test_command_line.py", "test_first_visit.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest; the order within a file stays."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))


@pytest.fixture(scope="session", autouse=True)
def _never_the_users_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests that name no home must not write into the one of whoever runs them, and see no bundled models."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("VITRINE_HOME", str(tmp_path_factory.mktemp("nobody")))
        # Most tests speak of the user's own runs. Those of the models that come with Vitrine ask for them.
        environment.setenv("VITRINE_BUNDLED", str(tmp_path_factory.mktemp("no-models")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _an_empty_store_is_copied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A test that opens the first store of its home gets a copy of an empty one: MLflow makes it in dozens of steps, each synced.

    It is made when it is first needed. Processes that tests start make theirs as anybody's do.
    """
    opened = core.runs.store._open

    @functools.cache
    def empty() -> Path:
        def make(home: Path) -> None:
            home.mkdir()
            opened(home, None)

        return made_once(tmp_path_factory, "empty", make)

    def copied(home: Path, uri: str | None) -> Store:
        if uri is None and not (home / DATABASE).exists():
            with locks.exclusive(home / "store.lock"):
                if not (home / DATABASE).exists():
                    shutil.copy(empty() / DATABASE, home)
        return opened(home, uri)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(core.runs.store, "_open", copied)
        yield


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty ``VITRINE_HOME``. Jobs that a test started in it end with the test."""
    folder = tmp_path / "home"
    monkeypatch.setenv("VITRINE_HOME", str(folder))
    yield folder
    kill_workers(folder)


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A home of this process' own that `make` filled, for this process or for another of the same tests: then it is a copy."""
    home = factory.mktemp(name) / "home"
    if "PYTEST_XDIST_WORKER" not in os.environ:
        make(home)
        return home
    shared = factory.getbasetemp().parent / name
    with FileLock(f"{shared}.lock"):
        if not shared.exists():
            make(home)
            shutil.copytree(home, shared)
            return home
    shutil.copytree(shared, home)
    return home


@pytest.fixture(scope="session")
def trained_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ``VITRINE_HOME`` with one finished run on digits, trained by the worker. Tests only read it, or a copy."""

    def train(home: Path) -> None:
        settings = ("--data", "digits", "--preset", "case-study", "--set", "epochs=1", "--name", RUN_NAME)
        trained = process(home, "train", *settings, "--json").value
        (home / ANSWERED).write_text(json.dumps(trained))

    return made_once(tmp_path_factory, "trained", train)


@pytest.fixture
def trained_run(trained_home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The finished run; ``VITRINE_HOME`` is its home for this test."""
    monkeypatch.setenv("VITRINE_HOME", str(trained_home))
    return store().find(RUN_NAME)


@pytest.fixture
def own_run(trained_home: Path, home: Path) -> Run:
    """The finished run in a copy of its home, which the test may change."""
    shutil.copytree(trained_home, home)
    return store().find(RUN_NAME)


@pytest.fixture(scope="session")
def converted_home(trained_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the finished run and all other forms of its model, made by the worker. Tests use a copy."""

    def convert(home: Path) -> None:
        shutil.copytree(trained_home, home)
        answer = process(home, "measure", RUN_NAME, "variants", "--json")
        assert answer.status == 0, answer.err

    return made_once(tmp_path_factory, "converted", convert)


@pytest.fixture
def converted_run(converted_home: Path, home: Path) -> Run:
    """The finished run with the other forms of its model, in a home that the test may change."""
    shutil.copytree(converted_home, home)
    return store().find(RUN_NAME)


@pytest.fixture
def vitrine(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """A function that runs a command in this process, which spares it two seconds."""

    def run(*arguments: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["core", *map(str, arguments)])
        capsys.readouterr()
        status = main()
        printed = capsys.readouterr()
        return Answer(status, printed.out, printed.err)

    return run


@pytest.fixture
def first_start(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty ``VITRINE_HOME`` as a newcomer has it: with the models that come with Vitrine."""
    monkeypatch.delenv("VITRINE_BUNDLED")
    return home


@pytest.fixture(scope="session")
def hostile() -> dict[str, bytes]:
    """Hundreds of files as nobody should send them, by their names."""
    files = hostile_files()
    assert len(files) >= 500
    return files
