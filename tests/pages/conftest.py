"""The dashboard without a browser: its pages, opened by the name of their file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.runs.store import store
from tests.processes import ROOT

OpenPage = Callable[..., AppTest]


class _PathWithoutPages(type(Path())):  # type: ignore[misc]
    def exists(self, **options: Any) -> bool:
        return self.name != "pages" and super().exists(**options)


@pytest.fixture(autouse=True)
def _pages_belong_to_the_router(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest takes a folder named ``pages`` for Streamlit's old kind of app, and would skip the router."""
    monkeypatch.setattr("streamlit.runtime.pages_manager.Path", _PathWithoutPages)


@pytest.fixture(autouse=True)
def _the_tour_was_taken(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its words stand on five pages; tests of the tour itself are marked so."""
    if "first_visit" not in request.fixturenames:
        monkeypatch.setattr("ui.tour._mark", lambda: ROOT)


@pytest.fixture
def first_visit() -> None:
    """Nobody has taken the tour in this test's home."""


@pytest.fixture
def open_page() -> OpenPage:
    """A function that opens a page by the name of its file and says what is on it; no exception may be among it."""

    def opened(name: str = "concepts", **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
        for key, value in query.items():
            app.query_params[key] = value
        app.switch_page(
            f"pages/{name}.py"
        ).run()  # before the first run a page is known by its file's name, as its address is
        assert not app.exception and app.title[0].value == name.capitalize()
        return app

    return opened


@pytest.fixture
def stored(home: Path) -> None:
    """An empty store, the test's own."""
    store()
