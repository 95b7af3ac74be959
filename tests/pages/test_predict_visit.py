"""Photos outlive a look at another page, in memory and within bounds, until they are removed."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.runs.store import Run
from tests.data.making import picture
from tests.pages.conftest import OpenPage
from tests.pages.looking import press, words


def upload(app: AppTest, *names: str) -> None:
    for number, name in enumerate(names):
        app.file_uploader(key="photos").upload(name, picture(number, (20, 20)))
    app.run()
    assert not app.exception


def there_and_back(app: AppTest) -> None:
    for name in ("deploy", "predict"):
        app.switch_page(f"pages/{name}.py").run()
        assert not app.exception and app.title[0].value == name.capitalize()


def shown(app: AppTest) -> list[str]:
    return list(app.dataframe[0].value["file"])


def test_photos_and_verdicts_are_there_after_a_look_at_another_page(
    own_run: Run, home: Path, open_page: OpenPage
) -> None:
    app = open_page("predict")
    upload(app, "a.png", "b.png")
    judged, before = app.session_state["judged"].copy(), {path for path in home.rglob("*") if path.is_file()}
    there_and_back(app)
    assert shown(app) == ["a.png", "b.png"] and "And 2 files that were given before" in words(app)
    assert app.session_state["judged"] == judged, "they were judged again"
    assert {path for path in home.rglob("*") if path.is_file()} == before
    upload(app, "c.png")
    there_and_back(app)
    assert shown(app) == ["a.png", "b.png", "c.png"]
    press(app, "Remove")
    assert not app.dataframe and "given before" not in words(app)
    there_and_back(app)
    assert not app.dataframe


def test_photos_are_there_after_another_way_to_give_them_was_looked_at(trained_run: Run, open_page: OpenPage) -> None:
    app = open_page("predict")
    upload(app, "a.png", "b.png")
    app.segmented_control(key="photos-from").set_value("camera").run()
    app.segmented_control(key="photos-from").set_value("folder").run()
    assert shown(app) == ["a.png", "b.png"]


def test_no_more_is_kept_than_fits_and_that_is_said(
    trained_run: Run, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page("predict")
    upload(app, "a.png", "b.png", "c.png")
    monkeypatch.setattr("ui.visit.MOST", len(picture(1, (20, 20))) + len(picture(2, (20, 20))))
    there_and_back(app)
    assert shown(app) == ["b.png", "c.png"]
    assert "1 file was let go when you left" in words(app)
    assert {name for _mark, name in app.session_state["judged"]} == {
        file.file_id for file in app.session_state["files-earlier"]
    }
