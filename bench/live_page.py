"""What it costs a run that somebody watches it: its speed with a page open on it, over its speed with none."""

import statistics
import time

from playwright.sync_api import sync_playwright

from bench.figures import Bench, Figure, spread
from core.runs import jobs
from tests.e2e.driving import idle, launch
from tests.processes import serving

TARGET = 0.05
ROUNDS = 3
EPOCHS, SIDE = 200, 32  # of digits, a little larger than they are: one to three minutes


def measure(bench: Bench) -> list[Figure]:
    watched: list[float] = []
    alone: list[float] = []
    with serving(bench.home) as server, sync_playwright() as playwright:
        browser = launch(playwright)
        for number in range(ROUNDS):
            alone.append(
                bench.train("digits", f"alone-{number}", f"epochs={EPOCHS}", f"image_side={SIDE}")["images_per_second"]
            )
            page = browser.new_page(base_url=server.url)
            page.goto(f"/train?data=digits&preset=article-cnn&epochs={EPOCHS}&image_side={SIDE}")
            idle(page)
            page.get_by_role("button", name="Train", exact=True).click()
            page.get_by_test_id("stMain").get_by_role("button", name="Stop", exact=True).wait_for()
            while (run := jobs.newest("train", lambda one: one.active)) is None:
                time.sleep(0.1)
            watched.append(jobs.wait(run.id).result["images_per_second"])
            page.close()
        browser.close()
    cost = 1 - statistics.median(watched) / statistics.median(alone)
    return [
        Figure(
            name="cost of a page open on a run, over the same run without",
            target=f"at most {TARGET:.0%}",
            measured=f"{cost:.1%} ({spread(watched, '{:,.0f}')} over {spread(alone, '{:,.0f}')} images/s)",
            sample=f"{ROUNDS} rounds in turn; medians (range)",
            conditions=f"article-cnn on digits of {SIDE} pixels, {EPOCHS} epochs, begun by the page's button; the browser runs on the same machine",
            reached=cost <= TARGET,
        )
    ]
