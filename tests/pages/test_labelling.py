"""Data: photos without labels come into the tray, get their classes and suggestions, and leave it as a dataset."""

import errno
import json
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.data import labelling
from core.data.labelling import Said, Target, Tray
from core.data.versions import get_dataset
from core.runs.store import store
from core.serving.models import predictor
from core.serving.suggesting import look_on, suggest
from tests.data.making import pack, picture
from tests.pages.conftest import OpenPage
from tests.pages.looking import button, held, labels, no_free_slot, press, words
from ui.labeller import Sent, sent

PATIENCE = 60.0
FILES, FOLDER = "label-files-0", "label-folder-0"


@pytest.fixture
def used(trained_home: Path, home: Path) -> Path:
    """A home with a run that knows digits, the test's own."""
    shutil.copytree(trained_home, home)
    return home


def opened() -> AppTest:
    """The section alone, as a new visit sees it."""

    def section() -> None:
        from ui.labelling import labelling

        labelling()

    app = AppTest.from_function(section, default_timeout=60).run()
    assert not app.exception
    return app


def filled(count: int, target: Target) -> list[str]:
    tray = Tray()
    tray.add([(f"{number}.png", lambda number=number: picture(number)) for number in range(count)])  # type: ignore[misc]
    tray.aim(target)
    return list(tray.photos())


def label(told: Mapping[str, str], suggested: str = "") -> None:
    Tray().say([Said(f"{digest}-{name}", digest, "label", name, suggested) for digest, name in told.items()])


def surface(app: AppTest) -> Any:
    """What the component was told."""
    (found,) = app.get("bidi_component")
    return json.loads(found.proto.mixed.json or found.proto.json)


def test_an_empty_tray_says_what_is_kept_and_for_how_long(home: Path) -> None:
    app = opened()
    assert (
        "kept in this installation, in its labelling tray, until they go into a dataset or you empty the tray"
        in words(app)
    )
    assert not app.get("bidi_component") and "Empty the tray…" not in words(app)
    assert not list(home.glob("*.db")), "looking made a store"


def test_files_and_zips_come_in_and_what_stays_out_is_named(home: Path, tmp_path: Path) -> None:
    app = opened()
    archive = pack(tmp_path / "photos.zip", {"a/b/3.png": picture(3), "notes.txt": b"none", "a/4.png": picture(1)})
    files = [("1.png", picture(1), "image/png"), ("2.png", b"no image", "image/png")]
    app.file_uploader(key=FILES).set_value([*files, ("photos.zip", archive.read_bytes(), "application/zip")]).run()
    press(app, "Put 3 files into the tray")
    assert [box.value for box in app.success] == ["2 photos came in · 1 is here already · 1 could not be read"]
    said = words(app)
    assert "- 2\\.png: This is no image that can be read here." in said or "- 2.png: This is no image" in said
    assert "a/4.png" in said and "notes" not in said
    assert [photo.name for photo in Tray().photos().values()] == ["1.png", "a/b/3.png"]
    assert "Name at least two classes, and the photos come up here." in words(app)


def test_a_zip_without_a_photo_is_a_sentence(home: Path, tmp_path: Path) -> None:
    app = opened()
    archive = pack(tmp_path / "notes.zip", {"notes.txt": b"none"})
    app.file_uploader(key=FILES).set_value([("notes.zip", archive.read_bytes(), "application/zip")]).run()
    press(app, "Put 1 file into the tray")
    assert [error.value.startswith("There is no image in “notes.zip”") for error in app.error] == [True]


def test_the_classes_are_chosen_once_for_all_visits(home: Path) -> None:
    filled(3, Target())
    app = opened()
    app.text_input(key="label-name").set_value("pets").run()
    app.text_input(key="label-classes").set_value("cat,  dog , cat,").run()
    assert not app.exception
    assert Tray().target == Target("pets", ("cat", "dog"))
    assert [one["name"] for one in surface(app)["classes"]] == ["cat", "dog"]
    other = opened()
    assert (other.text_input(key="label-name").value, other.text_input(key="label-classes").value) == (
        "pets",
        "cat, dog",
    )
    Tray().aim(Target("birds", ("owl", "jay")))
    app.run()
    assert app.text_input(key="label-classes").value == "owl, jay", "another visit has changed them"
    assert Tray().target.data == "birds"


def test_photos_can_be_labelled_for_a_dataset_that_is_there(home: Path) -> None:
    filled(3, Target())
    app = opened()
    app.segmented_control(key="label-new").select(False).run()
    assert not app.exception
    assert Tray().target == Target("digits", get_dataset("digits").classes, new=False)
    assert [one["key"] for one in surface(app)["classes"]] == list("1234567890")


def test_a_model_that_knows_the_classes_suggests_and_its_doubts_come_first(used: Path) -> None:
    photos = filled(6, Target("mine", get_dataset("digits").classes))
    app = opened()
    box = app.selectbox(key="label-eyes")
    assert [box.options[0], box.options[1]] == ["nobody", "a-run: knows 10 of 10 classes"]
    told = surface(app)
    run = store().find("a-run")
    seen, left = look_on(Tray(), run, predictor(run), 0)
    suggestions = suggest(seen, predictor(run).classes, predictor(run).classes, {})
    assert not left and [one["label"] for one in told["queue"]] == [
        suggestions[one["digest"]].label for one in told["queue"]
    ]
    margins = [suggestions[one["digest"]].margin for one in told["queue"]]
    assert margins == sorted(margins) and len(margins) == 6
    assert told["queue"][0]["suggestion"].startswith(told["queue"][0]["label"] + ", ")
    assert set(told["pictures"]) == set(photos)
    box.select("").run()
    assert not any("label" in one for one in surface(app)["queue"]) and not surface(app)["suggesting"]


def test_labels_of_one_class_bring_no_suggestions_and_the_page_says_so(used: Path) -> None:
    photos = filled(8, Target("pets", ("cat", "dog")))
    label(dict.fromkeys(photos[:5], "cat"))
    app = opened()
    begin = "Suggestions begin after 5 labels, of at least two classes."
    assert begin in words(app) and "margin sampling" not in words(app)
    label({photos[4]: "dog"}, suggested="cat")
    app.run()
    assert begin not in words(app) and "margin sampling" in words(app)


def test_progress_agreement_and_the_last_labels_are_told(used: Path) -> None:
    one, two, three, *_others = filled(6, Target("mine", ("3", "7")))
    label({one: "3"}, suggested="3")
    label({two: "7"}, suggested="3")
    Tray().say([Said("x", three, "out")])
    app = opened()
    told = surface(app)
    assert (told["done"], told["total"], len(told["queue"])) == (3, 6, 3)
    assert told["agreed"] == "The suggestion agreed with 1 of your 2 labels."
    assert [one["chosen"] for one in told["past"]] == ["3", "7"]
    assert "3 1 · 7 1" in words(app)


def test_labels_that_a_full_disk_refuses_are_sent_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, _other = filled(2, Target("pets", ("cat", "dog")))
    batch = Sent("tab-1", (Said("a", one, "label", "cat"),))
    monkeypatch.setattr("ui.labelling.sent", lambda key: batch)
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", _full)
        app = opened()
    assert [error.value.startswith("The disk is full") for error in app.error] == [True]
    told = surface(app)
    assert (told["serial"], told["heard"]) == ("tab-1", [])
    app.run()
    assert not app.error and surface(app)["heard"] == ["a"] and Tray().standing().labels == {one: "cat"}


def test_the_surface_reads_the_tray_once(used: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(3, Target("mine", get_dataset("digits").classes))
    opened()  # by now the model has looked at all of them
    read: list[str] = []
    lines = labelling._lines

    def counted(path: Path) -> list[dict[str, Any]]:
        read.append(path.name)
        return lines(path)

    monkeypatch.setattr(labelling, "_lines", counted)

    def surface() -> None:
        from core.runs.store import store
        from ui.labelling import _surface

        _surface(store().find("a-run"), False)

    assert not AppTest.from_function(surface, default_timeout=60).run().exception
    assert sorted(read) == ["photos.jsonl", "said.jsonl"]


def test_classes_that_a_full_disk_refuses_are_a_sentence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(2, Target())
    app = opened()
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", _full)
        app.text_input(key="label-name").set_value("pets").run()
    assert not app.exception and [error.value.startswith("The disk is full") for error in app.error] == [True]
    assert Tray().target == Target()


def _full(*args: object) -> NoReturn:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_what_is_labelled_becomes_a_dataset_and_leaves_the_tray(used: Path, open_page: OpenPage) -> None:
    photos = filled(14, Target("pets", ("cat", "dog")))
    label({digest: ("cat", "dog")[place % 2] for place, digest in enumerate(photos[:12])})
    app = open_page("data", part="Label")
    press(app, "Make “pets” of 12 photos")
    deadline = time.monotonic() + PATIENCE
    while "Train on it" not in (links := [link.proto.label for link in app.main.get("page_link")]):
        assert time.monotonic() < deadline and not app.error, (links, app.error)
        time.sleep(0.2)
        app.run()
        assert not app.exception
    assert "**pets**, version 1, has 12 images." in words(app)
    assert get_dataset("pets").counts["test"] == {"cat": 1, "dog": 1}
    assert list(Tray().photos()) == photos[12:]
    assert (surface(app)["total"], surface(app)["done"]) == (2, 0)
    assert app.selectbox(key="data").value == "pets"


def test_a_dataset_that_cannot_be_made_yet_is_a_sentence(used: Path) -> None:
    photos = filled(6, Target("digits", ("cat", "dog")))
    app = opened()
    assert button(app, "Make “digits” of 0 photos").disabled
    label({digest: ("cat", "dog")[place % 2] for place, digest in enumerate(photos)})
    app.run()
    press(app, "Make “digits” of 6 photos")
    assert [error.value.startswith("“digits” cannot be the name of a dataset.") for error in app.error] == [True]
    assert not store().runs("label") and len(Tray().standing().labels) == 6


def test_while_it_is_made_every_visit_sees_how_far_it_is(used: Path) -> None:
    photos = filled(12, Target("pets", ("cat", "dog")))
    label({digest: ("cat", "dog")[place % 2] for place, digest in enumerate(photos)})
    app = opened()
    with no_free_slot():
        press(app, "Make “pets” of 12 photos")
        app.run()
        for visit in (app, opened()):
            assert [bar.text for bar in visit.get("progress")] == ["Making “pets” · Waiting for its turn"]
            assert not visit.get("bidi_component")
        press(app, "Stop")
        while store().runs("label")[0].active:
            time.sleep(0.05)
        app.run()
    assert [box.value for box in app.info] == ["It was stopped. Nothing was made, and all labels are still here."]
    assert surface(app)["done"] == 12


def test_labels_of_tables_do_not_hide_that_the_tray_becomes_a_dataset(used: Path) -> None:
    filled(3, Target("pets", ("cat", "dog")))
    job = store().create("label", "pets", {"data": "pets"})
    for number in range(4):
        store().create("label", f"others-{number}", {"data": "others", "files": []})
    with held(job):
        app = opened()
        assert len(app.get("progress")) == 1 and not app.get("bidi_component")


def test_the_tray_is_emptied_with_one_button(home: Path) -> None:
    photos = filled(3, Target("pets", ("cat", "dog")))
    label({photos[0]: "cat"})
    app = opened()
    assert "All photos in the tray and their labels are removed for good. Datasets stay." in words(app)
    press(app, "Remove 3 photos")
    assert not Tray().photos() and "Remove 3 photos" not in labels(app)


@pytest.mark.parametrize(
    "given",
    [
        None,
        [],
        {"said": "all"},
        {"said": [{"id": "1"}, 7, {"id": "1", "digest": "d", "kind": "delete", "label": "", "suggested": ""}]},
        {"said": [{"id": "1", "digest": "d" * 65, "kind": "label", "label": "", "suggested": ""}], "have": [1, None]},
    ],
    ids=str,
)
def test_what_no_surface_sends_is_nothing(given: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "session_state", {"labeller": {"sent": given}})
    assert sent("labeller") == Sent()


def test_what_a_surface_sends_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    thing = {"id": "a-1", "digest": "d", "kind": "undo", "label": "", "suggested": "", "was": "skip"}
    batch = {"serial": "a-7", "said": [thing], "have": ["d", 3], "head": ["e"]}
    monkeypatch.setattr(st, "session_state", {"labeller": {"sent": batch}})
    assert sent("labeller") == Sent("a-7", (Said("a-1", "d", "undo"),), frozenset({"d"}), ("e",))


def test_too_few_photos_of_a_class_are_said_before_the_button_is_pressed(home: Path) -> None:
    photos = filled(6, Target("pets", ("cat", "dog")))
    label({digest: "cat" if place < 4 else "dog" for place, digest in enumerate(photos)})
    app = opened()
    assert button(app, "Make “pets” of 6 photos").disabled
    assert "The class “dog” needs more images" in words(app) and not app.error
    label({photos[3]: "dog"})
    app = opened()
    assert not button(app, "Make “pets” of 6 photos").disabled and "too few" not in words(app)
