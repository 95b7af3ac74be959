"""A first visit in a real browser, where nothing was trained and no model is there: a tour by keyboard, and pages that help on."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.driving import DESKTOP, PAGES, PHONE, SCHEMES, axe, idle, sideways, visit
from tests.processes import Server


@pytest.mark.parametrize("name", PAGES)
def test_an_empty_page_is_accessible_with_the_tour_above_it(page: Page, name: str) -> None:
    for scheme, size in zip(SCHEMES, (DESKTOP, PHONE), strict=True):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size)
        visit(page, name)
        assert axe(page, dark=scheme == "dark") == [], scheme
    assert sideways(page) <= 0


def test_the_tour_is_taken_by_keyboard_and_does_not_come_again(page: Page, server: Server) -> None:
    visit(page, "concepts")
    for name in ("Data", "Train", "Evaluate", "Predict"):
        page.get_by_role("link", name="Next").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        idle(page)
    expect(page.get_by_text("Guided tour, 5 of 5")).to_be_visible()
    page.get_by_role("button", name="End the tour").focus()
    page.keyboard.press("Space")
    expect(page.get_by_text(re.compile("Guided tour, "))).to_be_hidden()
    visit(page, "concepts")
    expect(page.get_by_role("button", name="Guided tour")).to_be_visible()
    expect(page.get_by_text(re.compile("Guided tour, "))).to_be_hidden()
    assert (server.home / "toured").exists()
    page.get_by_role("button", name="Guided tour").click()
    expect(page.get_by_text("Guided tour, 1 of 5")).to_be_visible()
    page.get_by_role("button", name="Skip the tour").click()
    expect(page.get_by_text(re.compile("Guided tour, "))).to_be_hidden()
    visit(page, "business")  # where it does not lead
    page.get_by_role("link", name="Guided tour").click()
    expect(page.get_by_text("Guided tour, 1 of 5")).to_be_visible()


def test_an_empty_page_trains_a_first_model_with_one_button(page: Page) -> None:
    visit(page, "predict")
    page.get_by_role("button", name="Train a first model").click()
    page.get_by_role("link", name="Watch it train").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Train")
    expect(page.get_by_role("heading", name=re.compile("article-cnn-digits-1"))).to_be_visible()
