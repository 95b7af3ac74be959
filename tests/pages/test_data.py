"""Data: what there is to learn from, as it is stored; a ZIP of one's own becomes a dataset, or a sentence says why not."""

import shutil
import signal
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from core.data import importing
from core.data.sources import SOURCES
from core.data.versions import Dataset, get_dataset, list_datasets
from core.errors import VitrineError
from core.runs.store import Run, store
from tests.data.making import pack, picture, some, two_classes
from tests.pages.conftest import OpenPage
from tests.pages.looking import addresses, addresses_of, button, captions, labels, no_free_slot, press, words

PATIENCE = 60.0
IMAGES, HELD_OUT, VERSION = "Images", "Held out for the test", "Version"


@pytest.fixture
def used(trained_home: Path, home: Path) -> Path:
    """A home where somebody has trained already, the test's own."""
    shutil.copytree(trained_home, home)
    return home


def import_zip(name: str, folder: Path, files: Mapping[str, bytes]) -> Dataset:
    """A dataset, imported in this process."""
    file = pack(folder / f"{name}.zip", files)
    return importing.import_zip(name, file, None, lambda done, total: None, lambda: False)


def zipped(folder: Path, files: Mapping[str, bytes]) -> bytes:
    return pack(folder / "upload.zip", files).read_bytes()


def fill_in(app: AppTest, name: str, train: bytes, test: bytes | None = None) -> None:
    """Name and ZIP files, given to the page as a visitor gives them."""
    app.text_input[0].set_value(name)
    app.file_uploader[0].upload("photos.zip", train)
    if test is not None:
        app.file_uploader[1].upload("more photos.zip", test)
    app.run()
    assert not app.exception


def job(kind: str = "import") -> Run:
    """The newest of its kind."""
    return store().runs(kind)[0]


def until_done(app: AppTest) -> Run:
    """Wait for the import, then look at the page again."""
    deadline = time.monotonic() + PATIENCE
    while (run := job()).active:
        assert time.monotonic() < deadline, run.log.read_text()
        time.sleep(0.05)
    app.run()
    assert not app.exception
    return run


def figures(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def samples(app: AppTest) -> list[str]:
    """The captions of the pictures that show what a dataset looks like."""
    return captions(app)


def errors(app: AppTest) -> list[str]:
    return [error.value for error in app.error]


def test_the_digits_are_there_before_anything_is_stored(home: Path, open_page: OpenPage) -> None:
    app = open_page("data")
    digits = get_dataset("digits")
    assert app.selectbox(key="data").options == ["digits"]
    assert figures(app) == {IMAGES: "1,797", "Classes": "10", HELD_OUT: "360", VERSION: "1"}
    for fact in (digits.source, digits.licence, digits.fingerprint[:12]):
        assert fact in words(app)
    assert "Delete “digits”" not in labels(app), "they belong to the product"
    assert not list(home.glob("*.db")), "looking made a store"


def test_the_samples_are_training_images_of_the_chosen_class(used: Path, open_page: OpenPage) -> None:
    app = open_page("data")
    digits = get_dataset("digits")
    assert samples(app) == [name for name in digits.classes for _ in range(2)]
    app.pills(key="class-digits").select("3").run()
    assert not app.exception
    assert samples(app) == ["3"] * 24
    table = digits.manifest("split", "label")
    rows = np.flatnonzero((table["split"].to_numpy() == "train") & (table["label"].to_numpy() == 3))
    shown = addresses(app)[:24]
    assert len(set(shown)) == 24
    assert set(shown) <= set(addresses_of(digits, rows.tolist(), 96))
    app.pills(key="class-digits").unselect("3").run()
    assert samples(app) == [name for name in digits.classes for _ in range(2)]


def test_a_class_named_all_is_a_class(home: Path, tmp_path: Path, open_page: OpenPage) -> None:
    import_zip("pets", tmp_path, some("All", 6) | some("cat", 6, first=6))
    app = open_page("data", data="pets")
    assert set(samples(app)) == {"All", "cat"}
    app.pills(key="class-pets").select("All").run()
    assert set(samples(app)) == {"All"}


def test_the_balance_counts_every_class_in_both_splits(home: Path, open_page: OpenPage) -> None:
    chart = open_page("data").get("vega_lite_chart")[0].proto
    drawn = pa.ipc.open_stream(chart.datasets[0].data.data).read_all().to_pylist()
    bars: dict[str, dict[str, int]] = {"training": {}, "test": {}}
    for row in drawn:
        name, split, count = (next(v for k, v in row.items() if k.startswith(c)) for c in ("index", "color", "value"))
        bars[split][name] = count
    counts = get_dataset("digits").counts
    assert bars == {"training": counts["train"], "test": counts["test"]}


def test_what_an_import_left_out_and_an_imbalance_are_said(home: Path, tmp_path: Path, open_page: OpenPage) -> None:
    files = some("cat", 3) | some("dog", 12, first=3) | {"cat/notes.txt": b"no image"}
    import_zip("pets", tmp_path, files)
    app = open_page("data", data="pets")
    assert figures(app)[IMAGES] == "15"
    first, *others = [warning.value for warning in app.warning]
    assert first.startswith("The classes are unbalanced: “dog” has 5.0 times the training images of “cat”")
    assert [text.split(".")[0] for text in others] == [
        "2 classes have fewer than 20 training images each: cat, dog; the rarest has 2",
        "Of “cat” the test has 1: a single image moves its accuracy by 100 points",
    ]
    assert "1 thing more to know before training" in [expander.label for expander in app.expander]
    (left_out,) = [expander for expander in app.expander if "left out" in expander.label]
    assert left_out.label == "1 file could not be read and was left out"
    assert left_out.dataframe[0].value.to_numpy().tolist() == [
        [
            "cat/notes.txt",
            "This is no image that can be read here. JPEG, PNG, WebP, AVIF, HEIC, GIF, BMP and TIFF can.",
        ]
    ]


def test_a_zip_is_imported_while_the_page_shows_it_and_then_looked_at(
    used: Path, tmp_path: Path, open_page: OpenPage
) -> None:
    app = open_page("data")
    assert button(app, "Import").disabled
    fill_in(app, "pets", zipped(tmp_path, two_classes(6)))
    press(app, "Import")
    assert app.progress[0].text.startswith("Importing “pets”")
    assert app.text_input[0].value == ""
    assert until_done(app).state == "finished"
    assert not app.progress and not app.error
    assert app.selectbox(key="data").value == "pets"
    assert figures(app) == {IMAGES: "12", "Classes": "2", HELD_OUT: "2", VERSION: "1"}
    assert set(samples(app)) == {"cat", "dog"}
    assert not list((used / "uploads").iterdir())


def test_a_second_import_is_a_new_version_and_brings_its_own_test_images(
    used: Path, tmp_path: Path, open_page: OpenPage
) -> None:
    import_zip("pets", tmp_path, two_classes(6) | some("mouse", 3, first=20))
    app = open_page("data", data="pets")
    app.pills(key="class-pets").select("mouse").run()
    held_out = some("cat", 3, first=50) | some("dog", 2, first=60)
    fill_in(app, "pets", zipped(tmp_path, two_classes(8)), zipped(tmp_path, held_out))
    press(app, "Import")
    assert until_done(app).state == "finished"
    assert figures(app) == {IMAGES: "21", "Classes": "2", HELD_OUT: "5", VERSION: "2"}
    assert set(samples(app)) == {"cat", "dog"}


def test_a_bad_name_is_a_sentence_and_what_was_filled_in_stays(used: Path, tmp_path: Path, open_page: OpenPage) -> None:
    app = open_page("data")
    fill_in(app, "My Pets", zipped(tmp_path, two_classes()))
    with no_free_slot():
        press(app, "Import")
        assert errors(app) == [
            "“My Pets” cannot be the name of a dataset. Use 1 to 64 of a-z, 0-9, dot, dash and underscore, beginning with "
            "a letter or digit; the names of the datasets that come with Vitrine are taken."
        ]
        assert not store().runs("import") and not list(used.glob("uploads/*"))
        assert app.text_input[0].value == "My Pets"
        app.text_input[0].set_value("my-pets")
        press(app, "Import")
        assert not app.error
        assert (job().name, job().state) == ("my-pets", "queued")
        assert app.progress[0].text == "Importing “my-pets” · Waiting for its turn"


def test_a_file_that_is_no_zip_is_a_sentence_that_can_be_dismissed(used: Path, open_page: OpenPage) -> None:
    app = open_page("data")
    fill_in(app, "pets", b"no ZIP at all")
    press(app, "Import")
    assert until_done(app).state == "failed"
    (error,) = errors(app)
    assert error.startswith("“pets” was not imported. ")
    assert error.endswith("is no ZIP file, or a damaged one. Make it again.")
    assert app.selectbox(key="data").options == ["digits"]
    assert not list((used / "uploads").iterdir())
    press(app, "Dismiss")
    assert not app.error and not open_page("data").error, "nor does it come back in another visit"


def test_a_failed_import_says_no_more_once_another_of_its_name_was_begun(used: Path, open_page: OpenPage) -> None:
    for name in ("pets", "flowers"):
        failed = store().create("import", name, {"data": name})
        store().set_state(failed.id, "failed", VitrineError("zip_unreadable", file="pets.zip"))
    store().set_state(store().create("import", "pets", {"data": "pets"}).id, "finished")
    assert [error.split(" ")[0] for error in errors(open_page("data"))] == ["“flowers”"]


def test_of_several_failed_imports_the_newest_is_on_the_page_and_one_click_puts_all_away(
    used: Path, open_page: OpenPage
) -> None:
    for name in ("owls", "flowers", "cats", "pets", "flowers"):
        failed = store().create("import", name, {"data": name})
        store().set_state(failed.id, "failed", VitrineError("zip_unreadable", file="photos.zip"))
    app = open_page("data")
    assert [error.split(" ")[0] for error in errors(app)] == ["“flowers”"]
    (before,) = (expander for expander in app.expander if expander.label == "2 more failed before it")
    assert [line.value.split(" ")[0] for line in before.markdown] == ["“pets”", "“cats”"]
    press(app, "Dismiss all")
    assert not app.error and "failed before it" not in words(app), "nor do those that stood behind them come up"


def test_an_import_whose_process_was_killed_does_not_vanish(used: Path, tmp_path: Path, open_page: OpenPage) -> None:
    app = open_page("data")
    fill_in(app, "pets", zipped(tmp_path, two_classes()))
    with no_free_slot():
        press(app, "Import")
        (worker,) = [p for p in psutil.process_iter(["cmdline"]) if job().id in (p.info["cmdline"] or [])]
        worker.send_signal(signal.SIGKILL)
        worker.wait(10)
        app.run()
        assert errors(app) == ["“pets” was not imported. Its process is gone: a restart, or it was killed."]
    press(app, "Try again")
    assert until_done(app).state == "finished"


def test_an_import_can_be_stopped(used: Path, tmp_path: Path, open_page: OpenPage) -> None:
    app = open_page("data")
    fill_in(app, "pets", zipped(tmp_path, two_classes()))
    with no_free_slot():
        press(app, "Import")
        press(app, "Stop")
        assert until_done(app).state == "stopped"
    assert not app.progress and not app.error
    assert [dataset.name for dataset in list_datasets()] == ["digits"]


def test_public_datasets_are_offered_and_downloaded_by_a_job(used: Path, open_page: OpenPage) -> None:
    app = open_page("data")
    assert {f"Download {name}" for name in SOURCES} <= labels(app)
    with no_free_slot():
        press(app, "Download fashion-mnist")
        assert (job("download").name, job("download").state) == ("fashion-mnist", "queued")
        assert app.progress[0].text == "Downloading “fashion-mnist” · Waiting for its turn"


def test_a_wrong_setting_of_the_machine_is_a_sentence(
    home: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VITRINE_SLOTS", "two")
    app = open_page("data")
    press(app, "Download cifar10")
    assert errors(app) == ["VITRINE_SLOTS is “two”. It must be a whole number of at least 1."]


def test_a_public_dataset_that_is_here_is_not_offered_again(home: Path, tmp_path: Path, open_page: OpenPage) -> None:
    import_zip("cifar10", tmp_path, two_classes())
    app = open_page("data")
    assert button(app, "Download cifar10").disabled
    assert not button(app, "Download fashion-mnist").disabled


def test_a_dataset_whose_images_are_damaged_says_so(home: Path, tmp_path: Path, open_page: OpenPage) -> None:
    dataset = import_zip("pets", tmp_path, two_classes() | {"dog/large.png": picture(99, (60, 60))})
    shutil.rmtree(dataset.cache)
    for file in home.rglob("*.pack"):
        file.write_bytes(file.read_bytes()[:100])
    app = open_page("data", data="pets")
    damaged = "The stored images of “pets”, version 1, are damaged. Import the dataset again."
    assert errors(app) == [damaged]
    assert figures(app)[IMAGES] == "13"
    for part in ("Images", "Preprocessing"):
        assert errors(open_page("data", data="pets", part=part)) == [damaged], part
