"""How quick and how small the web process is: its start, its reruns while a run trains, its memory, the Evaluate page."""

import io
import statistics
import time
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import psutil
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, sync_playwright

from bench.figures import Bench, Figure, SkippedError, percentile, spread
from bench.rerun import Session
from tests.e2e.driving import idle, launch
from tests.processes import ROOT, Server, serving, start_server, stop_server

PAGES = ("/", "/data", "/train", "/evaluate", "/predict", "/deploy", "/business")
START_TARGET, RERUN_TARGET, MEMORY_TARGET, EVALUATE_TARGET = 1.5, 0.100, 400, 1.0
START_ROUNDS, RERUNS, OPENINGS = 5, 50, 5


def measure(bench: Bench) -> list[Figure]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        figures = [_start(bench, browser)]
        run = bench.trained("digits", "digits-0")
        with serving(bench.home) as server:
            figures += [_evaluate(bench, server, browser), _memory(server, browser), _reruns(bench, server)]
        browser.close()
    assert run["state"] == "finished"
    return figures


def _start(bench: Bench, browser: Browser) -> Figure:
    bare = bench.one_line_app
    ours, theirs = [], []
    for number in range(START_ROUNDS):
        theirs.append(_seconds_to_heading(browser, bare / "home", "app.py", bare))
        ours.append(_seconds_to_heading(browser, bench.home / f"start-{number}", "server.py", ROOT))
    ratio = statistics.median(ours) / statistics.median(theirs)
    return Figure(
        name="process start → heading visible, over a one-line Streamlit app",
        target=f"at most {START_TARGET}×",
        measured=f"{ratio:.2f}× ({spread(ours)} s over {spread(theirs)} s)",
        sample=f"{START_ROUNDS} rounds in turn; medians",
        conditions="first page, empty home, browser already open",
        reached=ratio <= START_TARGET,
    )


def _seconds_to_heading(browser: Browser, home: Path, script: str, folder: Path) -> float:
    context = browser.new_context()
    page = context.new_page()
    started = time.perf_counter()
    server = start_server(home, script, folder)
    try:
        while not _answers(server):
            time.sleep(0.01)
        page.goto(server.url)
        page.locator("h1").first.wait_for()
        return time.perf_counter() - started
    finally:
        context.close()
        stop_server(server)


def _answers(server: Server) -> bool:
    assert server.process.poll() is None, server.log.read_text()
    try:
        with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False


def _evaluate(bench: Bench, server: Server, browser: Browser) -> Figure:
    try:
        run = bench.trained(bench.cifar_dataset, "article-0")
    except SkippedError:
        run = bench.trained("digits", "digits-0")
    page = browser.new_page(base_url=server.url)
    page.goto(f"/?run={run['name']}")
    idle(page)
    seconds = []
    for _ in range(OPENINGS):
        page.get_by_role("link", name="Concepts").first.click()
        page.get_by_role("heading", name="Concepts").wait_for()
        idle(page)
        since = time.perf_counter()
        page.get_by_role("link", name="Evaluate").first.click()
        page.get_by_role("heading", name="Evaluate").wait_for()
        idle(page)
        seconds.append(time.perf_counter() - since)
    page.close()
    images = bench.vitrine("evaluate", run["run_id"])["n"]
    return Figure(
        name="the Evaluate page opens",
        target=f"under {EVALUATE_TARGET:g} s, for 10,000 images",
        measured=f"{spread(seconds)} s",
        sample=f"{OPENINGS} openings; median (range)",
        conditions=f"{images:,} stored predictions; click on the link → page at rest",
        reached=statistics.median(seconds) < EVALUATE_TARGET if images >= 10_000 else None,
    )


def _memory(server: Server, browser: Browser) -> Figure:
    page = browser.new_page(base_url=server.url)
    for path in PAGES:
        page.goto(path)
        _settle(page)
    page.goto("/predict")
    _settle(page)
    photo = FilePayload(name="photo.png", mimeType="image/png", buffer=_photo())
    page.locator('input[type="file"]').first.set_input_files(photo)
    page.get_by_text("from bytes to verdict").first.wait_for()
    _settle(page)
    page.close()
    megabytes = psutil.Process(server.process.pid).memory_info().rss / 1e6
    return Figure(
        name="web process after visiting every page and predicting",
        target=f"at most {MEMORY_TARGET} MB",
        measured=f"{megabytes:.0f} MB",
        sample="1 visit",
        conditions=f"resident memory, {len(PAGES)} pages, 1 photo; without the decoders' processes",
        reached=megabytes <= MEMORY_TARGET,
    )


def _reruns(bench: Bench, server: Server) -> Figure:
    training = bench.vitrine("train", "--data", "digits", "--preset", "article-cnn", "--set", "epochs=200", "--detach")
    seconds: list[float] = []
    try:
        _wait_until_training(bench, training["run_id"])
        with Session(server.url) as session:
            session.rerun("train")  # the first one imports the page's modules
            while len(seconds) < RERUNS:
                seconds.append(session.rerun("train"))
                time.sleep(0.1)
        still = next(run for run in bench.vitrine("runs") if run["run_id"] == training["run_id"])
    finally:
        bench.run("stop", training["run_id"])
    assert still["state"] == "running", f"the run was {still['state']} before {RERUNS} reruns were over"
    p95 = percentile(seconds, 0.95)
    return Figure(
        name="rerun of a page while a run trains, p95",
        target=f"at most {1000 * RERUN_TARGET:.0f} ms",
        measured=f"{1000 * p95:.0f} ms (median {1000 * statistics.median(seconds):.0f} ms)",
        sample=f"{RERUNS} reruns",
        conditions="Train page with the run's curves; from the request to its last message, over its WebSocket",
        reached=p95 <= RERUN_TARGET,
    )


def _wait_until_training(bench: Bench, run_id: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        run = next(run for run in bench.vitrine("runs") if run["run_id"] == run_id)
        if run["epoch"] >= 1:
            return
        time.sleep(0.5)
    raise AssertionError(f"The run did not begin to train: {run}")


def _settle(page: Page) -> None:
    page.locator("h1").first.wait_for()
    page.wait_for_timeout(500)
    idle(page)


def _photo() -> bytes:
    buffer = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()
