"""The guided tour: five pages for a first visit, skipped or taken once, and again when asked for."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import OpenPage
from tests.pages.looking import press, words

STEPS = ["concepts", "data", "train", "evaluate", "predict"]

pytestmark = pytest.mark.usefixtures("first_visit")


def step(app: AppTest) -> str | None:
    """Where the tour stands, if it is on the page."""
    return next((caption.value for caption in app.caption if caption.value.startswith("Guided tour")), None)


def walk(app: AppTest, label: str, name: str) -> None:
    """Follow a link of the tour."""
    assert links(app)[label] == ("" if name == "concepts" else name)
    app.switch_page(f"pages/{name}.py").run()
    assert not app.exception


def links(app: AppTest) -> dict[str, str]:
    """Where the links on the page lead, by their labels."""
    return {link.proto.label.strip("*"): link.proto.page for link in app.get("page_link")}


def test_it_walks_through_five_pages_and_does_not_come_again(home: Path, open_page: OpenPage) -> None:
    app = open_page()
    for number, name in enumerate(STEPS[1:], start=2):
        walk(app, "Next", name)
        assert step(app) == f"Guided tour, {number} of 5"
    press(app, "End the tour")
    assert step(app) is None
    assert step(open_page()) is None, "another visit, the same home"


def test_it_is_skipped_for_good_with_one_click(home: Path, open_page: OpenPage) -> None:
    app = open_page()
    assert "**Welcome.**" in words(app)
    press(app, "Skip the tour")
    assert step(app) is None and step(open_page("data")) is None


def test_it_goes_back(home: Path, open_page: OpenPage) -> None:
    app = open_page("train")
    walk(app, "Back", "data")
    assert step(app) == "Guided tour, 2 of 5"
    assert "Back" not in links(open_page())


def test_who_walks_by_himself_finds_the_words_of_the_page(home: Path, open_page: OpenPage) -> None:
    assert step(open_page("predict")) == "Guided tour, 5 of 5"
    assert step(open_page("business")) is None


def test_the_sidebar_starts_it_again(home: Path, open_page: OpenPage) -> None:
    app = open_page("train")
    press(app, "Skip the tour")
    press(app, "Guided tour")
    assert step(app) == "Guided tour, 3 of 5"
    press(app, "Skip the tour")
    app = open_page("business")
    link = next(link.proto for link in app.get("page_link") if link.proto.label == "Guided tour")
    assert (link.page, link.query_string) == ("", "tour=again")
    app = open_page("concepts", tour="again")
    assert step(app) == "Guided tour, 1 of 5"
    assert "tour" not in app.query_params, "a link that is passed on does not begin it"
    walk(app, "Next", "data")
    assert step(app) == "Guided tour, 2 of 5"


def test_a_home_that_cannot_be_written_stops_nobody(
    home: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page()
    monkeypatch.setattr("ui.tour._mark", lambda: home / "nowhere" / "toured")
    press(app, "Skip the tour")
    assert step(app) is None
