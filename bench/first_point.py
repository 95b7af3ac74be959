"""How long a person waits at the Train page: from the click to the first line of the curve, and to the finished model."""

import os
import re
import statistics
import time
from unittest import mock

from playwright.sync_api import Page, sync_playwright

from bench.figures import Bench, Figure, spread
from tests.e2e.driving import idle, launch
from tests.processes import serving

POINT_TARGET, FINISHED_TARGET = 6.0, 25.0
ROUNDS = 3
READING = 3  # seconds that a person looks at the page before the click
# Something coloured in a chart above its legend: a curve. Axes, grid and labels are grey.
CURVE_IS_DRAWN = """() => [...document.querySelectorAll('canvas')].some(canvas => {
    const high = canvas.height - Math.ceil(56 * canvas.height / canvas.clientHeight);
    if (!(high > 0)) return false;
    const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, high).data;
    for (let i = 0; i < data.length; i += 4)
        if (data[i + 3] > 60 && Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]) > 60)
            return true;
    return false;
})"""


def measure(bench: Bench) -> list[Figure]:
    points, finished = [], []
    nothing = bench.home / "no-models"
    nothing.mkdir(exist_ok=True)
    for number in range(ROUNDS):
        # A home of its own: without runs before it, the first coloured line is the new run's.
        alone = mock.patch.dict(os.environ, {"VITRINE_BUNDLED": str(nothing)})
        with alone, serving(bench.home / f"first-point-{number}") as server, sync_playwright() as playwright:
            browser = launch(playwright)
            page = browser.new_page(base_url=server.url, viewport={"width": 1280, "height": 1000})
            point, end = _train(page)
            points.append(point)
            finished.append(end)
            browser.close()
    conditions = (
        f"digits, article-cnn as it is offered, in the browser; first run of an empty home, {READING} s after the page"
    )
    sample = f"{ROUNDS} runs; median (range)"
    return [
        Figure(
            name="click on Train → first line of the curve",
            target=f"at most {POINT_TARGET:g} s",
            measured=f"{spread(points)} s",
            sample=sample,
            conditions=conditions,
            reached=statistics.median(points) <= POINT_TARGET,
        ),
        Figure(
            name="click on Train → finished, with bundle",
            target=f"at most {FINISHED_TARGET:g} s",
            measured=f"{spread(finished)} s",
            sample=sample,
            conditions=conditions,
            reached=statistics.median(finished) <= FINISHED_TARGET,
        ),
    ]


def _train(page: Page) -> tuple[float, float]:
    """Seconds from the click to the first line, and to the word that it is finished."""
    page.goto("/train?data=digits")
    idle(page)
    button = page.get_by_role("button", name=re.compile(r"Train$"))
    button.wait_for()
    assert not page.evaluate(CURVE_IS_DRAWN)
    page.wait_for_timeout(1000 * READING)
    clicked = time.perf_counter()
    button.click()
    page.wait_for_function(CURVE_IS_DRAWN, timeout=60_000, polling=50)
    first = time.perf_counter() - clicked
    # Said once the state is "finished", which the worker sets after the bundle is sealed and has judged the test images.
    page.get_by_text(re.compile(r"^Finished · ")).first.wait_for(timeout=120_000)
    return first, time.perf_counter() - clicked
