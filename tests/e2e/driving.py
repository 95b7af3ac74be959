"""Driving a browser through the dashboard: start it, wait until the page is at rest, look at it with axe."""

import re
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Request, ViewportSize, expect

from scripts import browser

PATIENCE = 30_000  # milliseconds
PAGES = ("concepts", "data", "train", "evaluate", "predict", "deploy", "business")
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
AT_REST = '[data-testid="stApp"][data-test-connection-state="CONNECTED"][data-test-script-state="notRunning"]'
QUIET = (
    "--no-sandbox",  # root in a container has no user namespace to put the browser in
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-device-for-media-stream",  # a camera, for pages that are allowed one
)
# Opened at /data, Streamlit's own script first looks for its server below that address, and is told 404.
STREAMLITS_PROBE = re.compile(r"/\w+/_stcore/(health|host-config)$")

# Streamlit writes white on the primary colour, and the primary colour on the ground: on dark ground no colour reaches 4.5:1
# for both (streamlit/streamlit#12801). White on it does; what is written in it reaches 3.6:1.
IN_THE_PRIMARY_COLOUR = (
    '[data-testid="stSliderThumbValue"]',
    '[role="radio"][aria-checked="true"]',
)


@dataclass
class Observed:
    """What a page must not do: speak to another host, or print an error. A test that provokes one clears it."""

    host: str
    foreign_requests: list[str] = field(default_factory=list)
    console_errors: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("request", self._on_request)
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.console_errors.append(str(error)))

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.netloc != self.host:
            self.foreign_requests.append(request.url)

    def _on_console(self, message: ConsoleMessage) -> None:
        where = message.location["url"]
        if message.type == "error" and not STREAMLITS_PROBE.search(where):
            self.console_errors.append(f"{message.text} ({where})")


def launch(playwright: Playwright) -> Browser:
    """The browser of this machine, without a window."""
    return playwright.chromium.launch(executable_path=browser.find(), args=list(QUIET))


def idle(page: Page) -> None:
    """Wait until the page is connected, its script has run, and parts that load late are there.

    The script may not have begun yet: assert on an outcome next.
    """
    page.wait_for_selector(AT_REST, state="attached", timeout=PATIENCE)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=PATIENCE)


def visit(page: Page, name: str) -> None:
    """Open a page by its address, and wait until all of it is there."""
    page.goto("/" if name == "concepts" else f"/{name}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    idle(page)
    page.wait_for_load_state("networkidle")


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    main = page.get_by_test_id("stMain")
    return int(main.evaluate("element => element.scrollWidth - element.clientWidth"))


def axe(page: Page, *, dark: bool = False) -> list[str]:
    """Breaches of accessibility (WCAG 2.1, A and AA): rule, what it means, where and why, one line each."""
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
    context = {"exclude": [[place] for place in IN_THE_PRIMARY_COLOUR]} if dark else None
    return [_line(breach) for breach in Axe().run(page, context=context, options=options).response["violations"]]


def _line(breach: dict[str, Any]) -> str:
    places = "; ".join(
        f"{node['html'][:160]} {' '.join(node['failureSummary'].split())}" for node in breach["nodes"][:3]
    )
    return f"{breach['id']}: {breach['help']} ({len(breach['nodes'])}): {places}"
