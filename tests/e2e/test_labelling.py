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
    found = page.get_by_role("application")
    expect(found.locator(".photo img")).to_be_visible()
    found.focus()
    return found


def said(tray: Tray, count: int) -> dict[str, str]:
    """The labels in the tray, once there are so many."""
    deadline = time.monotonic() + PATIENCE / 1000
    while len(tray.standing().labels) != count:
        assert time.monotonic() < deadline, tray.standing().labels
        time.sleep(0.05)
    return tray.standing().labels


def test_a_key_labels_the_photo_that_is_shown_and_is_saved_within_a_second(page: Page, tray: Tray) -> None:
    page.goto("/data?tab=label")
    found = surface(page)
    digests = []
    for key in ("1", "0", "b", "x", "s"):
        digests.append(str(found.get_attribute("data-photo")))
        page.keyboard.press(key)
    expect(found.locator(".live")).to_contain_text("Saved: skipped. Photo 5, 5.png")
    expect(found.locator(".count")).to_contain_text("4 of 40")
    assert said(tray, 3) == {digests[0]: "a", digests[1]: "j", digests[2]: "l"}
    assert tray.standing().left_out == {digests[3]} and tray.standing().skipped == [digests[4]]
    for _back in range(3):
        page.keyboard.press("ArrowLeft")
    assert found.get_attribute("data-photo") == digests[2]
    page.keyboard.press("2")
    assert said(tray, 3)[digests[2]] == "b"
    expect(found.locator(".last")).to_have_text("Last: b")
    assert axe(page) == []


def test_a_reload_in_the_middle_loses_no_label(page: Page, tray: Tray) -> None:
    page.goto("/data?tab=label")
    surface(page)
    for place in range(12):
        page.keyboard.press("123"[place % 3])
    page.reload()
    assert list(said(tray, 12).values()) == ["a", "b", "c"] * 4
    found = surface(page)
    expect(found.locator(".count")).to_have_text("12 of 40")
    page.keyboard.press("Backspace")
    said(tray, 11)


def test_the_mouse_and_a_focused_button_do_the_same_and_typing_elsewhere_labels_nothing(page: Page, tray: Tray) -> None:
    page.goto("/data?tab=label")
    found = surface(page)
    found.get_by_role("button", name="c", exact=False).filter(has_text=re.compile("3c$")).click()
    said(tray, 1)
    page.keyboard.press("1")  # the mouse left the focus on the surface
    said(tray, 2)
    found.locator(".classes button").nth(4).press("Enter")
    assert list(said(tray, 3).values()) == ["c", "a", "e"]
    page.get_by_text("Classes: a, b, c").click()
    page.get_by_label("Name of the dataset").press_sequentially("12x")
    idle(page)
    assert len(said(tray, 3)) == 3 and not tray.standing().left_out
    assert json.loads(page.evaluate("sessionStorage.getItem('vitrine-labels')")) == []
