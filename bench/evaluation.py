"""How quick the Evaluate page is on ten thousand test images, and beside a thousand runs; how quick a bundle judges them."""

import os
import statistics
import subprocess
import sys
import time

from playwright.sync_api import Browser, Page, sync_playwright

from bench.figures import Bench, Figure, spread
from tests.e2e.driving import idle, launch
from tests.processes import ROOT, serving

MODEL = "cifar10-accurate"  # comes with Vitrine, and has 10,000 stored predictions
SECTIONS = (
    "Overview",
    "Mistakes",
    "Data errors",
    "Trust",
    "Unknown inputs",
    "Fairness",
    "Stress test",
    "Compare",
    "Claims",
)
PAGE_TARGET, RUNS, ROUNDS = 1.0, 1000, 5
JUDGING = {"article-cnn": 2.0, "accurate": 60.0}
IMAGES = 10_000

# A program, because the store belongs to whoever opened it first in a process: runs as the store would have them after years.
FILL = """
import sys
from core.runs.store import store
from core.training.presets import PRESETS, make_recipe
names = [name for name in PRESETS if name != "transfer"]
for number in range(int(sys.argv[1])):
    recipe = make_recipe(names[number % len(names)], epochs=1 + number % 40)
    spec = {"data": "digits", "data_version": 1, "recipe": recipe.model_dump(mode="json")}
    run = store().create("train", f"run-{number}", spec)
    store().set_result(run.id, {"val_accuracy": 0.5 + number % 400 / 1000, "seconds": 10.0 + number, "epochs": recipe.epochs})
    store().set_state(run.id, "finished")
"""
JUDGE = """
import sys, time
import numpy as np, torch
from core.bundle.export import seal
from core.bundle.format import Metadata
from core.bundle.predictor import Predictor
from core.data.imageset import ImageSet
from core.models import build
from core.training.batches import to_input
from core.training.presets import make_recipe
from pathlib import Path
recipe = make_recipe(sys.argv[1])
pixels = np.random.default_rng(0).integers(0, 256, (int(sys.argv[3]), 32, 32, 3), dtype=np.uint8)
model = build(recipe.family, recipe.shape(10), 0.0).eval()
facts = Metadata(tuple("0123456789"), 32, {"name": "none", "version": 1, "fingerprint": ""}, recipe.model_dump(mode="json"))
some = ImageSet(pixels[:200], np.arange(200) % 10, facts.classes, np.arange(200))
seal(model, to_input, facts, some, some, Path(sys.argv[2]) / "bundle")
predictor = Predictor.open(Path(sys.argv[2]) / "bundle")
predictor.run(pixels[:500])
since = time.perf_counter()
predictor.run(pixels, ("probabilities", "knownness"))
print(time.perf_counter() - since)
"""


def measure(bench: Bench) -> list[Figure]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        with serving(bench.home) as server:
            figures = [_sections(server.url, browser)]
        crowded = bench.home / "crowded"
        _program(crowded, FILL, str(RUNS))
        with serving(crowded) as server:
            figures.append(_compare(server.url, browser))
        browser.close()
    return figures + [_judging(bench, preset, target) for preset, target in JUDGING.items()]


def _sections(url: str, browser: Browser) -> Figure:
    """Each section in turn, the page at rest before and after: what a visitor waits for."""
    page = _opened(browser, f"{url}/evaluate?run={MODEL}")
    found = {}
    for name in SECTIONS:
        seconds = []
        for _ in range(ROUNDS):
            page.get_by_role("tab", name="Overview" if name != "Overview" else "Trust", exact=True).click()
            _rest(page)
            since = time.perf_counter()
            page.get_by_role("tab", name=name, exact=True).click()
            _rest(page)
            seconds.append(time.perf_counter() - since)
        found[name] = statistics.median(seconds)
    page.close()
    slowest = max(found, key=lambda name: found[name])
    return Figure(
        name="a section of the Evaluate page, click → at rest",
        target=f"under {PAGE_TARGET:g} s",
        measured=f"slowest: {slowest}, {found[slowest]:.2f} s ({', '.join(f'{name} {one:.2f}' for name, one in found.items())})",
        sample=f"{ROUNDS} clicks each, medians",
        conditions=f"{MODEL}, 10,000 stored predictions, warm server, images not at hand",
        reached=found[slowest] < PAGE_TARGET,
    )


def _compare(url: str, browser: Browser) -> Figure:
    page = _opened(browser, f"{url}/evaluate?run=digits-cnn")
    seconds = []
    for _ in range(ROUNDS):
        page.get_by_role("tab", name="Overview", exact=True).click()
        _rest(page)
        since = time.perf_counter()
        page.get_by_role("tab", name="Compare", exact=True).click()
        _rest(page)
        seconds.append(time.perf_counter() - since)
    page.close()
    return Figure(
        name=f"the comparison with {RUNS:,} runs in the store, click → at rest",
        target=f"under {PAGE_TARGET:g} s",
        measured=f"{spread(seconds)} s",
        sample=f"{ROUNDS} clicks; median (range)",
        conditions="all of them finished, in the table and on the chart",
        reached=statistics.median(seconds) < PAGE_TARGET,
    )


def _judging(bench: Bench, preset: str, target: float) -> Figure:
    seconds = float(_program(bench.home / "judging", JUDGE, preset, str(bench.home / "judging"), str(IMAGES)))
    return Figure(
        name=f"{IMAGES:,} images of 32 × 32 judged by a bundle of {preset}",
        target=f"at most {target:g} s",
        measured=f"{seconds:.2f} s ({IMAGES / seconds:,.0f} images/s)",
        sample="1 pass after a warm one",
        conditions="single precision, random pixels and weights",
        reached=seconds <= target,
    )


def _program(home: os.PathLike[str], text: str, *arguments: str) -> str:
    os.makedirs(home, exist_ok=True)
    environment = {**os.environ, "VITRINE_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", text, *arguments], cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout


def _opened(browser: Browser, url: str) -> Page:
    page = browser.new_page()
    page.goto(url)
    page.get_by_role("heading", name="Evaluate").wait_for()
    _rest(page)
    return page


def _rest(page: Page) -> None:
    page.wait_for_timeout(50)
    idle(page)
