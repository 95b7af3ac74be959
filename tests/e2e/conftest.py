"""A server on an empty home for each file of tests, and a page of a browser for each test."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.driving import PATIENCE, Observed, launch
from tests.processes import Server, kill_workers, serving

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home: Path = tmp_path_factory.mktemp("served") / "home"
    try:
        with serving(home) as running:
            yield running
    finally:
        kill_workers(home)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = launch(playwright)
        yield running
        running.close()


@pytest.fixture
def observed(server: Server) -> Observed:
    """What the page of this test did that it must not do; its end asks for it."""
    return Observed(host=urlsplit(server.url).netloc)


@pytest.fixture
def page(browser: Browser, server: Server, observed: Observed) -> Iterator[Page]:
    """A fresh visit. The test fails at its end if the page spoke to another host or printed an error."""
    context = browser.new_context(
        base_url=server.url, viewport={"width": 1280, "height": 900}, locale="en-GB", accept_downloads=True
    )
    context.set_default_timeout(PATIENCE)
    visit = context.new_page()
    observed.watch(visit)
    yield visit
    context.close()
    assert observed.foreign_requests == []
    assert observed.console_errors == []
