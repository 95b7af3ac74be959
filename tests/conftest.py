"""What all tests share: a home of their own, and nothing left behind by it."""

import os

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"  # read when MLflow is imported, which collecting the tests may do

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import kill_workers


@pytest.fixture(scope="session", autouse=True)
def _never_the_users_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests that name no home must not write into the one of whoever runs them."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("VITRINE_HOME", str(tmp_path_factory.mktemp("nobody")))
        yield


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty ``VITRINE_HOME``. Jobs that a test started in it end with the test."""
    folder = tmp_path / "home"
    monkeypatch.setenv("VITRINE_HOME", str(folder))
    yield folder
    if folder.exists():
        kill_workers(folder)
