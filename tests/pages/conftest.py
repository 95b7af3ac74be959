"""The dashboard without a browser: with an empty store, and with one finished run on digits."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.data.versions import get_dataset
from core.runs import jobs
from core.runs.store import Run, store
from core.training.recipe import make_recipe
from tests.processes import ROOT

RUN_NAME = "a-run"

OpenPage = Callable[..., AppTest]


class _PathWithoutPages(type(Path())):  # type: ignore[misc]
    def exists(self, **options: Any) -> bool:
        return self.name != "pages" and super().exists(**options)


@pytest.fixture(autouse=True)
def _pages_belong_to_the_router(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest takes a folder named ``pages`` for Streamlit's old kind of app, and would skip the router."""
    monkeypatch.setattr("streamlit.runtime.pages_manager.Path", _PathWithoutPages)


@pytest.fixture
def open_page() -> OpenPage:
    """A function that opens a page by the name of its file and says what is on it; no exception may be among it."""

    def opened(name: str = "concepts", **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
        for key, value in query.items():
            app.query_params[key] = value
        app.run()
        app.switch_page(f"pages/{name}.py").run()
        assert not app.exception
        return app

    return opened


@pytest.fixture(scope="session")
def trained_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ``VITRINE_HOME`` with one finished run on digits, trained by the worker. Tests only read it."""
    home = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("VITRINE_HOME", str(home))
        recipe = make_recipe("case-study", epochs=1)
        digits = get_dataset("digits")
        spec = {"data": digits.name, "data_version": digits.version, "recipe": recipe.model_dump(mode="json")}
        run = jobs.submit("train", RUN_NAME, spec)
        deadline = time.monotonic() + 120
        while store().get(run.id).active and time.monotonic() < deadline:
            time.sleep(0.1)
        assert store().get(run.id).state == "finished", run.log.read_text()
    return home


@pytest.fixture
def trained_run(trained_home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The finished run; ``VITRINE_HOME`` is its home for this test."""
    monkeypatch.setenv("VITRINE_HOME", str(trained_home))
    return store().find(RUN_NAME)
