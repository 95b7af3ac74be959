"""The main job in a real browser, with the mouse alone: images in, a model trained, proved, served and priced."""

import io
import json
import re
import zipfile
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, expect

from core.data.imageset import load_split
from core.data.versions import get_dataset
from core.runs.store import Run, store
from tests.e2e.driving import DESKTOP, PAGES, PHONE, SCHEMES, axe, idle, sideways, visit
from tests.processes import Server

TRAINING = 120_000  # milliseconds that ten epochs of digits may take on a busy machine
SECTIONS = ("Mistakes", "Data errors", "Trust", "Unknown inputs", "Fairness", "Stress test", "Compare", "Claims")


def open_page(page: Page, name: str) -> None:
    """Go there as a visitor would, by the navigation."""
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    idle(page)


def photo_of_a_seven() -> bytes:
    digits = load_split(get_dataset("digits"), "test")
    file = io.BytesIO()
    seven = Image.fromarray(np.asarray(digits.pixels[int(np.flatnonzero(digits.labels == 7)[0])]))
    seven.resize((320, 320)).save(file, "JPEG", quality=95)
    return file.getvalue()


def only_run(server: Server, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("VITRINE_HOME", str(server.home))
    (run,) = store().runs()
    return run


@pytest.fixture(scope="module")
def trained(server: Server, browser: Browser) -> None:
    """One run, by a click on Train, watched until it is finished."""
    visit = browser.new_context(base_url=server.url, viewport={"width": 1280, "height": 900}).new_page()
    visit.goto("/")
    expect(visit.get_by_role("heading", name="Concepts")).to_be_visible()
    visit.get_by_role("link", name="Train a model").click()
    visit.get_by_role("button", name="Train", exact=True).click()
    expect(
        visit.get_by_text(re.compile(r"epoch \d+ of 10 · [\d,]+ images/s · \d+% of the machine's peak · about .+ left"))
    ).to_be_visible(timeout=TRAINING)
    expect(visit.get_by_text(re.compile("^Finished · 10 of 10 epochs"))).to_be_visible(timeout=TRAINING)
    visit.context.close()


@pytest.mark.usefixtures("trained")
def test_it_is_evaluated_on_images_it_never_saw(page: Page) -> None:
    page.goto("/evaluate")
    expect(page.get_by_text("of 360 held-out test images rightly")).to_be_visible()
    expect(page.get_by_test_id("stMetric").filter(has_text="Test accuracy")).to_contain_text("95% interval")
    page.get_by_role("tab", name="Mistakes").click()
    expect(page.get_by_role("heading", name=re.compile("Most often, “.” is taken for “.”"))).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("most confident mistakes"))).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("An image of class . taken for .")).first).to_be_visible()


@pytest.mark.usefixtures("trained")
def test_a_click_on_a_cell_of_the_confusion_matrix_shows_its_pictures(page: Page) -> None:
    page.goto("/evaluate?section=Mistakes")
    idle(page)
    cells = page.locator(".js-plotly-plot .scatterlayer .point")
    expect(cells).to_have_count(100)
    cells.nth(0).scroll_into_view_if_needed()
    zero = cells.nth(0).bounding_box()  # in the order of classes: zeros that were taken for zeros
    assert zero is not None
    page.mouse.click(zero["x"] + zero["width"] / 2, zero["y"] + zero["height"] / 2)
    expect(page.get_by_role("heading", name=re.compile("“0” named rightly, the surest"))).to_be_visible()
    expect(page.get_by_text(re.compile(r"^0 \d+%, is 0$")).first).to_be_visible()


@pytest.mark.usefixtures("trained")
def test_what_takes_long_shows_its_progress_and_what_it_found_by_itself(page: Page) -> None:
    page.goto("/evaluate?section=Data+errors")
    page.get_by_role("button", name="Look for wrong labels").click()
    expect(page.get_by_text(re.compile("may stand under a wrong class"))).to_be_visible(timeout=TRAINING)
    page.get_by_role("button", name="Measure again").first.click()
    stop = page.get_by_test_id("stMain").get_by_role("button", name="Stop")  # Streamlit has one of its own above
    expect(stop).to_be_visible()
    expect(stop).to_be_hidden(timeout=TRAINING)
    expect(page.get_by_text(re.compile("may stand under a wrong class"))).to_be_visible()


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_of_the_evaluation_is_accessible(page: Page, section: str) -> None:
    page.goto(f"/evaluate?section={section.replace(' ', '+')}")
    expect(page.get_by_role("tab", name=section, exact=True)).to_have_attribute("aria-selected", "true")
    idle(page)
    assert axe(page) == []


@pytest.mark.usefixtures("trained")
def test_photos_get_a_verdict_and_what_is_no_image_a_sentence(page: Page) -> None:
    files: list[FilePayload] = [
        {"name": "seven.jpg", "mimeType": "image/jpeg", "buffer": photo_of_a_seven()},
        {"name": "letter.png", "mimeType": "image/png", "buffer": b"Dear all, this is no picture."},
    ]
    page.goto("/predict")
    page.locator("input[type=file]").set_input_files(files)
    expect(page.get_by_role("heading", name=re.compile("^7"))).to_be_visible()
    expect(page.get_by_text("letter.png: This is no image that can be read here.")).to_be_visible()
    expect(page.get_by_text(re.compile(r"1 photo, from bytes to verdict in \d+ ms"))).to_be_visible()


@pytest.mark.usefixtures("trained")
def test_the_camera_takes_a_photo_that_gets_a_verdict(page: Page) -> None:
    page.context.grant_permissions(["camera"])
    visit(page, "predict")
    page.get_by_text("Camera", exact=True).click()
    page.wait_for_function("document.querySelector('video')?.videoWidth > 0")  # before that there is nothing to take
    page.get_by_role("button", name="Take Photo").click()
    expect(page.get_by_text(re.compile("1 photo, from bytes to verdict in"))).to_be_visible()
    expect(page.get_by_text(re.compile(r"camera · \d+ × \d+"))).to_be_visible()


@pytest.mark.usefixtures("trained")
def test_what_is_erased_and_what_a_slider_does_move_the_verdict(page: Page) -> None:
    page.goto("/predict")
    seven: FilePayload = {"name": "seven.jpg", "mimeType": "image/jpeg", "buffer": photo_of_a_seven()}
    page.locator("input[type=file]").set_input_files(seven)
    expect(page.get_by_text(re.compile("“7” (falls|goes|stays)"))).to_be_visible()
    canvas = page.get_by_label("Paint over what the photo is to lose")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2
    page.mouse.move(middle, box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(middle, box["y"] + 0.8 * box["height"], steps=5)
    page.mouse.up()
    expect(page.get_by_text(re.compile("“7” goes from .* The verdict now:"))).to_be_visible()
    idle(page)
    assert axe(page) == []
    page.get_by_role("tab", name="What if?").click()
    picture = page.get_by_alt_text("The photo after what the sliders do to it")
    expect(picture).to_be_visible()
    before = picture.get_attribute("src")
    page.get_by_label("Blur").press("End")
    expect(picture).not_to_have_attribute("src", str(before))
    idle(page)
    assert axe(page) == []
    page.get_by_role("button", name="As it was").click()
    expect(picture).to_have_attribute("src", str(before))


@pytest.mark.usefixtures("trained")
def test_a_digit_that_is_drawn_gets_a_verdict(page: Page) -> None:
    page.goto("/predict")
    page.get_by_role("radio", name="Draw").click()
    canvas = page.get_by_label("Draw here")
    box = canvas.bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2
    page.mouse.move(middle, box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(middle, box["y"] + 0.8 * box["height"], steps=5)
    page.mouse.up()
    expect(page.get_by_text(re.compile(r"drawing · 280 × 280 · PNG"))).to_be_visible()
    expect(page.get_by_role("tab", name="Why?")).to_be_visible()
    idle(page)
    assert axe(page) == []
    page.get_by_role("link", name="Deploy").click()
    expect(page.get_by_role("heading", name="Deploy")).to_be_visible()
    page.get_by_role("link", name="Predict").click()
    expect(page.get_by_role("tab", name="Why?")).to_be_visible()
    page.get_by_role("button", name="Clear").first.click()
    expect(page.get_by_role("tab", name="Why?")).to_be_hidden()


@pytest.mark.usefixtures("trained")
def test_the_bundle_that_is_downloaded_is_the_one_that_was_sealed(
    page: Page, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.goto("/deploy")
    with page.expect_download() as coming:
        page.get_by_role("button", name="Download the bundle").click()
    run = only_run(server, monkeypatch)
    assert coming.value.suggested_filename == f"{run.name}.zip"
    with zipfile.ZipFile(coming.value.path()) as bundle:
        sealed = {path.name: path.read_bytes() for path in run.bundle.iterdir()}
        assert {name: bundle.read(name) for name in sealed} == sealed


@pytest.mark.usefixtures("trained")
def test_the_call_that_the_page_shows_works_as_it_stands(page: Page, tmp_path: Path) -> None:
    page.goto("/deploy")
    shown = page.get_by_test_id("stCode").filter(has_text="curl -F").inner_text()
    url = re.search(r"http://\S+", shown)
    assert url is not None
    answer = httpx.post(url[0], files=[("files", ("seven.jpg", photo_of_a_seven()))], timeout=30)
    (prediction,) = json.loads(answer.raise_for_status().text)["predictions"]
    assert (prediction["file"], prediction["label"]) == ("seven.jpg", "7")


@pytest.mark.usefixtures("trained")
def test_a_price_on_its_mistakes_moves_the_threshold_and_stays_in_the_address(page: Page) -> None:
    page.goto("/business")
    saved = page.get_by_test_id("stMetric").filter(has_text="Saved a month")
    before = saved.inner_text()
    cost = page.get_by_role("spinbutton", name="Cost of a mistake")
    cost.fill("40")
    cost.press("Enter")
    expect(saved).not_to_have_text(before)
    expect(page).to_have_url(re.compile("mistake=40"))


@pytest.mark.usefixtures("trained")
def test_the_first_page_shows_where_the_run_stands(page: Page) -> None:
    page.goto("/")
    for line in ("10 of 10 epochs", "right on validation images", "Sealed bundle"):
        expect(page.get_by_text(line).first).to_be_visible()
    diagram = page.get_by_role("img", name=re.compile("Flow chart: Data input: digits"))
    expect(diagram).to_be_visible()
    assert diagram.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") > 100


@pytest.mark.usefixtures("trained")
def test_training_again_with_one_change_draws_both_and_outlives_the_tab(
    page: Page, browser: Browser, server: Server
) -> None:
    page.goto("/train")
    page.get_by_role("button", name="Train again with one change").click()
    expect(page.get_by_text("The sliders are set as in “article-cnn-digits-1”.")).to_be_visible()
    idle(page)
    page.get_by_role("slider", name="Epochs").press("ArrowRight")
    page.wait_for_timeout(500)  # a slider waits a moment for more key strokes before it tells the server
    idle(page)
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_role("heading", name=re.compile("article-cnn-digits-2"))).to_be_visible()
    address = page.url
    page.close()

    again = browser.new_context(base_url=server.url, viewport={"width": 1280, "height": 900}).new_page()
    again.goto(address)
    expect(again.get_by_text(re.compile("^Finished · 12 of 12 epochs"))).to_be_visible(timeout=TRAINING)
    expect(again.get_by_role("combobox", name="Compare with")).to_have_value("article-cnn-digits-1")
    again.context.close()


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_accessible_and_fits_a_phone_on_light_and_dark_ground(page: Page, name: str) -> None:
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(DESKTOP)
        visit(page, name)
        assert axe(page, dark=scheme == "dark") == [], scheme
        page.set_viewport_size(PHONE)
        idle(page)
        assert axe(page, dark=scheme == "dark") == [], f"{scheme}, on a phone"
    assert sideways(page) <= 0


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize("name", ["concepts", "data"])
def test_every_topic_is_accessible(page: Page, name: str) -> None:
    for scheme, size in zip(SCHEMES, (DESKTOP, PHONE), strict=True):  # every page was seen in all four ways by now
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size)
        visit(page, name)
        topics = page.get_by_test_id("stMain").get_by_role("tab")
        for number in range(topics.count()):
            topics.nth(number).click()
            expect(topics.nth(number)).to_have_attribute("aria-selected", "true")
            # The script has begun when there is something to see, and only then can one wait for its end.
            expect(page.get_by_role("tabpanel").filter(visible=True).first).not_to_be_empty()
            idle(page)
            page.wait_for_load_state("networkidle")
            assert axe(page, dark=scheme == "dark") == [], f"{scheme}: {topics.nth(number).inner_text()}"
            assert sideways(page) <= 0
