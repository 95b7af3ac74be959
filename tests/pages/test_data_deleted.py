"""Data: a dataset that was deleted can be brought back, and is called deleted only while it is."""

from pathlib import Path

from core.data.importing import import_zip
from core.data.versions import delete_dataset
from tests.data.making import pack, two_classes
from tests.pages.conftest import OpenPage
from tests.pages.looking import labels, press, words


def import_pets(folder: Path, count: int = 6) -> None:
    """A dataset of cats and dogs, so many of each; another number makes another version."""
    import_zip("pets", pack(folder / "pets.zip", two_classes(count)), None, lambda done, total: None, lambda: False)


def test_a_deleted_dataset_can_be_brought_back(home: Path, tmp_path: Path, open_page: OpenPage) -> None:
    import_pets(tmp_path)
    app = open_page("data", data="pets", part="Manage")
    press(app, "Delete “pets”")
    assert (app.selectbox(key="data").options, app.selectbox(key="data").value) == (["digits"], "digits")
    assert [toast.value for toast in app.toast] == ["“pets” was deleted. Undo stands at the top."]
    assert "“pets” was deleted." in words(app)
    press(app, "Undo")
    assert (app.selectbox(key="data").options, app.selectbox(key="data").value) == (["digits", "pets"], "pets")
    assert "was deleted" not in words(app) and "Undo" not in labels(app)


def test_a_dataset_that_was_made_anew_is_not_called_deleted(home: Path, tmp_path: Path, open_page: OpenPage) -> None:
    import_pets(tmp_path)
    app = open_page("data", data="pets", part="Manage")
    press(app, "Delete “pets”")
    import_pets(tmp_path, 8)
    app.run()
    assert app.selectbox(key="data").options == ["digits", "pets"]
    assert "was deleted" not in words(app) and "Undo" not in labels(app)


def test_a_dataset_that_another_window_deleted_can_still_be_deleted(
    home: Path, tmp_path: Path, open_page: OpenPage
) -> None:
    import_pets(tmp_path)
    app = open_page("data", data="pets", part="Manage")
    delete_dataset("pets")
    press(app, "Delete “pets”")
    assert "“pets” was deleted." in words(app)
