"""How soon the Concepts page shows something, and how soon a slider of it does; seen from inside the browser."""

import statistics

from playwright.sync_api import Browser, Page, sync_playwright

from bench.figures import Bench, Figure, percentile, spread
from tests.e2e.driving import idle, launch
from tests.processes import serving, start_server, stop_server, wait_until_ready

VISITS, MOVES = 10, 20
FIRST_TARGET, SLIDER_TARGET = 1.2, 0.150
# Topic, lesson, slider, and what moves with it: the part that changes first.
SLIDERS = (
    ("How it learns", "A neuron", "neuron-w1", ".st-key-neuron-chart"),
    ("How it learns", "Gradient descent", "descent-rate", ".st-key-descent-loss"),
    ("How it learns", "Gradient descent", "descent-momentum", ".st-key-descent-map"),
    ("How it learns", "Back-propagation", "net-x1", ""),
    ("How it learns", "Over-fitting", "overfitting-dropout", ".st-key-overfitting-plane"),
    ("How it learns", "Over-fitting", "overfitting-l2", ".st-key-overfitting-plane"),
)
# From the beginning of the navigation to the frame after the first heading was there.
FIRST = """
new MutationObserver((changes, observer) => {
  if (!document.querySelector("h1")) return;
  observer.disconnect();
  requestAnimationFrame(() => requestAnimationFrame(() => { window.first = performance.now() / 1000; }));
}).observe(document, { subtree: true, childList: true });
"""
# From letting go of a slider to the frame in which a chart is painted anew, or something in the page changes.
MOVED = """
window.let_go = null; window.moved = null; window.chart = "";
const seen = () => {
  if (window.let_go === null || window.moved !== null) return;
  const since = window.let_go;
  window.let_go = null;
  requestAnimationFrame(() => { window.moved = (performance.now() - since) / 1000; });
};
for (const name of ["fill", "stroke", "fillRect"]) {
  const painted = CanvasRenderingContext2D.prototype[name];
  CanvasRenderingContext2D.prototype[name] = function (...given) {
    if (window.chart && this.canvas.closest(window.chart)) seen();
    return painted.apply(this, given);
  };
}
document.addEventListener("pointerup", () => { window.moved = null; window.let_go = performance.now(); }, true);
new MutationObserver((changes) => {
  if (!window.chart && changes.some((change) => change.target.parentElement?.closest("[data-testid=stImage]"))) seen();
}).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
"""


def measure(bench: Bench) -> list[Figure]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        with serving(bench.home) as server:
            figures = [_first(bench, server.url, browser), _sliders(server.url, browser)]
        browser.close()
    return figures


def _first(bench: Bench, url: str, browser: Browser) -> Figure:
    bare = bench.one_line_app
    one_line = start_server(bare / "home", "app.py", bare)
    try:
        wait_until_ready(one_line, "/_stcore/health")
        _visit(browser, url), _visit(browser, one_line.url)
        ours, theirs = zip(*((_visit(browser, url), _visit(browser, one_line.url)) for _ in range(VISITS)), strict=True)
    finally:
        stop_server(one_line)
    return Figure(
        name="the Concepts page, first content on the screen",
        target=f"at most {FIRST_TARGET:g} s",
        measured=f"{spread(ours, '{:.2f}')} s; a one-line Streamlit app {spread(theirs, '{:.2f}')} s",
        sample=f"{VISITS} visits in turn; median (range)",
        conditions="a new visitor's browser, nothing cached; warm server",
        reached=statistics.median(ours) <= FIRST_TARGET,
    )


def _visit(browser: Browser, url: str) -> float:
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(FIRST)
    page.goto(url)
    page.wait_for_function("window.first")
    idle(page)
    seconds = float(page.evaluate("window.first"))
    context.close()
    return seconds


def _sliders(url: str, browser: Browser) -> Figure:
    found = {}
    for topic, lesson, slider, chart in SLIDERS:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.add_init_script(MOVED)
        page.goto(f"{url}/?topic={topic}&lesson={lesson}".replace(" ", "+"))
        idle(page)
        page.evaluate("chart => { window.chart = chart; }", chart)
        found[slider] = [_move(page, slider, 0.2 + 0.07 * (7 * move % 10)) for move in range(MOVES)]
        page.close()
    slowest = max(found, key=lambda name: statistics.median(found[name]))
    each = ", ".join(f"{name} {1000 * statistics.median(times):.0f}" for name, times in found.items())
    return Figure(
        name="a slider of the lessons, let go → seen",
        target=f"at most {1000 * SLIDER_TARGET:.0f} ms",
        measured=f"slowest: {1000 * statistics.median(found[slowest]):.0f} ms, p95 {1000 * percentile(found[slowest], 0.95):.0f} ms ({each})",
        sample=f"{MOVES} moves each; medians",
        conditions="warm server, browser on the same machine",
        reached=statistics.median(found[slowest]) <= SLIDER_TARGET,
    )


def _move(page: Page, slider: str, share: float) -> float:
    """Drag the slider's thumb to a share of its track; seconds until something is seen of it."""
    place = page.locator(f".st-key-{slider}")
    place.scroll_into_view_if_needed()
    value = place.get_by_test_id("stSliderThumbValue").bounding_box()  # it stands above the thumb
    track = place.locator("[data-rac][data-orientation] [data-rac]").first.bounding_box()
    assert value is not None and track is not None
    left, right, middle = track["x"] + 1, track["x"] + track["width"] - 1, track["y"] + track["height"] / 2
    page.mouse.move(min(max(value["x"] + value["width"] / 2, left), right), middle)
    page.mouse.down()
    page.mouse.move(left + share * (right - left), middle, steps=3)
    page.mouse.up()
    page.wait_for_function("window.moved !== null")
    seconds = float(page.evaluate("window.moved"))
    idle(page)
    return seconds
