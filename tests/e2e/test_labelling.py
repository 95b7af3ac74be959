"""Labelling in a real browser: keys at full speed, nothing lost at a reload, everything reachable without a mouse."""

import json
import re
import time

import pytest
from playwright.sync_api import Locator, Page, expect

from core.data.labelling import Target, Tray
from tests.data.making import picture
from tests.e2e.driving import PATIENCE, axe, idle
from tests.processes import Server

PHOTOS = 40
CLASSES = tuple("abcdefghijkl")  # the last two have letters for keys


@pytest.fixture
def tray(server: Server, monkeypatch: pytest.MonkeyPatch) -> Tray:
    monkeypatch.setenv("VITRINE_HOME", str(server.home))
    tray = Tray()
    tray.clear()
    tray.add([(f"{number}.png", lambda number=number: picture(number, (40, 30))) for number in range(PHOTOS)])  # type: ignore[misc]
    tray.aim(Target("letters", CLASSES))
    return tray


def surface(page: Page) -> Locator:
    """The surface, with the first photo on it and the keyboard in it."""
    page.goto("/data?part=Label")
    found = page.get_by_role("application")
    expect(found.locator(".photo img")).to_be_visible()
    found.focus()
    return found


def until_said(tray: Tray, labels: list[str]) -> list[str]:
    """Wait until these labels are in the tray, in that order; the photos that have them."""
    deadline = time.monotonic() + PATIENCE / 1000
    while list(tray.standing().labels.values()) != labels:
        assert time.monotonic() < deadline, tray.standing().labels
        time.sleep(0.05)
    return list(tray.standing().labels)


def test_a_key_labels_the_photo_that_is_shown_and_can_be_taken_back(page: Page, tray: Tray) -> None:
    found = surface(page)
    digests = []
    for key in ("x", "s", "1", "0", "b"):
        digests.append(str(found.get_attribute("data-photo")))
        page.keyboard.press(key)
    expect(found.locator(".live")).to_contain_text("Saved: l. Photo 5, 5.png")
    expect(found.locator(".count")).to_contain_text("4 of 40")
    assert until_said(tray, ["a", "j", "l"]) == digests[2:]
    assert tray.standing().left_out == {digests[0]} and tray.standing().skipped == [digests[1]]
    for _back in range(3):
        page.keyboard.press("ArrowLeft")
    assert found.get_attribute("data-photo") == digests[2]
    page.keyboard.press("2")
    assert until_said(tray, ["b"]) == digests[2:3]
    expect(found.locator(".last")).to_have_text("Last: b")
    assert axe(page) == []


def test_a_reload_in_the_middle_loses_no_label(page: Page, tray: Tray) -> None:
    surface(page)
    for place in range(12):
        page.keyboard.press("123"[place % 3])
    found = surface(page)
    expect(found.locator(".count")).to_have_text("12 of 40")
    until_said(tray, ["a", "b", "c"] * 4)
    expect(found.locator(".last")).to_have_text("Last: c")  # the page has heard of it too
    page.keyboard.press("Backspace")
    until_said(tray, (["a", "b", "c"] * 4)[:-1])


def test_the_mouse_and_a_focused_button_do_the_same_and_typing_elsewhere_labels_nothing(page: Page, tray: Tray) -> None:
    found = surface(page)
    found.get_by_role("button", name="c", exact=False).filter(has_text=re.compile("3c$")).click()
    until_said(tray, ["c"])
    page.keyboard.press("1")  # the mouse left the focus on the surface
    until_said(tray, ["c", "a"])
    found.locator(".classes button").nth(4).press("Enter")
    until_said(tray, ["c", "a", "e"])
    page.get_by_text("Classes: a, b, c").click()
    page.get_by_label("Name of the dataset").press_sequentially("12x")
    idle(page)
    assert tray.standing().done == 3 and not tray.standing().skipped
    assert json.loads(page.evaluate("sessionStorage.getItem('vitrine-labels')")) == []
