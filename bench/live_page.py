"""What it costs a run that somebody watches it: its speed with a page open on it, over its speed with none."""

import statistics

from playwright.sync_api import sync_playwright

from bench.figures import Bench, Figure, spread
from core import tasks
from core.runs import jobs
from core.training.presets import make_recipe
from tests.e2e.driving import launch
from tests.processes import serving

TARGET = 0.05
ROUNDS = 3
EPOCHS = 100  # of digits: half a minute or so


def measure(bench: Bench) -> list[Figure]:
    watched, alone = [], []
    with serving(bench.home) as server, sync_playwright() as playwright:
        browser = launch(playwright)
        for number in range(ROUNDS):
            alone.append(bench.train("digits", f"alone-{number}", f"epochs={EPOCHS}")["images_per_second"])
            run = tasks.train("digits", make_recipe("article-cnn", epochs=EPOCHS))
            page = browser.new_page(base_url=server.url)
            page.goto(f"/train?run={run.name}")
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
            conditions=f"article-cnn on digits, {EPOCHS} epochs; the browser runs on the same machine",
            reached=cost <= TARGET,
        )
    ]
