"""Predict: photos of every kind get the verdict that the core gives them; what is no photo is named, and the others go on."""

import csv
import io
import re
import zipfile
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.bundle.decoding import MAX_BYTES, Decoded
from core.bundle.predictor import Predictor, predict_files
from core.data.versions import get_dataset
from core.errors import VitrineError
from core.evaluation.facts import sureness
from core.evaluation.predictions import evaluate_run
from core.evaluation.studies import keep
from core.evaluation.unknowns import LeftOut, LeftOutPair, Unknowns, UnknownSet
from core.runs.store import Run, State, store
from tests.data.making import picture
from tests.pages.conftest import OpenPage
from tests.pages.looking import captions, held, words
from ui.formats import plain
from ui.many import ABSENT, Judgement, as_csv
from ui.photos import Photo
from ui.verdicts import claim

FORMS = {
    "photo.png": "PNG",
    "photo.jpg": "JPEG",
    "photo.webp": "WEBP",
    "photo.avif": "AVIF",
    "photo.gif": "GIF",
    "photo.bmp": "BMP",
    "photo.tiff": "TIFF",
}
NO_IMAGE = "This is no image that can be read here. JPEG, PNG, WebP, AVIF, HEIC, GIF, BMP and TIFF can."


@pytest.fixture
def digits(trained_run: Run) -> dict[str, bytes]:
    """Test images as PNG files: one for each verdict of the run's model, by the verdict."""
    table = get_dataset("digits").manifest("split")
    rows = [row for row, split in enumerate(table["split"].to_pylist()) if split == "test"]
    files = get_dataset("digits").originals(rows)
    answers = predict_files(Predictor.open(trained_run.bundle), [("", file) for file in files])
    found = {answer["verdict"]: file for answer, file in zip(answers, files, strict=True)}
    assert set(found) == {"known", "unsure", "unknown"}, "these images do not cover all verdicts"
    return found


def answer(run: Run, file: bytes) -> dict[str, Any]:
    """What the core says of a file."""
    return predict_files(Predictor.open(run.bundle), [("", file)])[0]


def upload(app: AppTest, **files: bytes) -> None:
    for name, data in files.items():
        app.file_uploader(key="photos").upload(name, data)
    app.run()
    assert not app.exception


def test_without_a_model_it_leads_to_training(home: Path, open_page: OpenPage) -> None:
    app = open_page("predict")
    assert app.header[0].value == "There is no model yet"
    assert [link.proto.page for link in app.main.get("page_link")] == ["train"]
    assert not app.file_uploader


def test_before_the_first_photo_it_says_what_it_knows_and_reads(trained_run: Run, open_page: OpenPage) -> None:
    app = open_page("predict")
    assert f"Give **{trained_run.name}** photos. It knows 0, 1, 2, 3, 4, 5, 6, 7, 8, 9." in words(app)
    assert (
        "JPEG, PNG, WebP, AVIF, HEIC, GIF, BMP or TIFF of up to 32 MB, or a ZIP of them of up to 200 MB; one or many at once."
        in words(app)
    )
    assert {name.rpartition(".")[2] for name in FORMS} <= {
        kind.removeprefix(".") for kind in app.file_uploader(key="photos").allowed_type
    }
    assert not app.image and not app.dataframe


@pytest.mark.parametrize("verdict", ["known", "unsure", "unknown"])
def test_every_verdict_is_a_sentence(
    verdict: str, trained_run: Run, digits: dict[str, bytes], open_page: OpenPage
) -> None:
    app = open_page("predict")
    upload(app, **{"digit.png": digits[verdict]})
    said = answer(trained_run, digits[verdict])
    first, second = sorted(said["probabilities"], key=lambda name: -said["probabilities"][name])[:2]
    sentence, explanation = {
        "known": (
            f"{said['label']}, {sureness(said['probability'])}",
            "Its best class is probable enough to be named alone. That is no guarantee.",
        ),
        "unsure": (
            plain(f"{first} or {second}: not sure"),
            "Its best class is not probable enough to be named alone. A person should look.",
        ),
        "unknown": (
            "None of the things I know",
            "It looks less like the training images than nearly all of those held out. Its best guess may mislead.",
        ),
    }[verdict]
    assert app.header[0].value == sentence
    assert explanation in words(app)


def test_the_probabilities_are_ranked_and_the_time_is_told(
    trained_run: Run, digits: dict[str, bytes], open_page: OpenPage
) -> None:
    app = open_page("predict")
    upload(app, **{"digit.png": digits["known"]})
    expected = answer(trained_run, digits["known"])["probabilities"]
    ranked = app.dataframe[0].value
    assert list(ranked["class"]) == sorted(expected, key=lambda name: -expected[name])[:5]
    assert {name: expected[name] for name in ranked["class"]} == pytest.approx(dict(ranked.to_numpy().tolist()))
    assert re.search(r"^1 photo, from bytes to verdict in \d+ ms$", words(app), re.MULTILINE)
    assert captions(app)[0] == "digit.png · 8 × 8 · PNG"


def test_photos_of_every_format_are_judged_together(trained_run: Run, open_page: OpenPage) -> None:
    files = {name: picture(number, (40, 30), form) for number, (name, form) in enumerate(FORMS.items())}
    app = open_page("predict")
    upload(app, **files)
    assert not app.warning and not app.error
    table = app.dataframe[0].value
    assert list(table["file"]) == list(FORMS)
    for row in table.to_dict("records"):
        expected = answer(trained_run, files[row["file"]])
        assert (row["guess"], row["probability"]) == (expected["label"], pytest.approx(expected["probability"]))
        assert row["knownness"] == pytest.approx(expected["knownness"])
        assert row["picture"].startswith("data:image/jpeg;base64,")
    assert captions(app)[0] == "photo.png · 40 × 30 · PNG"  # the first in full
    assert re.search(r"^7 photos, from bytes to verdict in \d+ ms$", words(app), re.MULTILINE)


def test_the_table_is_filtered_by_verdict(trained_run: Run, digits: dict[str, bytes], open_page: OpenPage) -> None:
    app = open_page("predict")
    upload(app, **{f"{verdict}.png": file for verdict, file in digits.items()}, **{"letter.png": b"Dear Sir"})
    pills = app.button_group(key="verdicts")
    assert list(pills.options) == [
        "known · 1",
        "unsure · 1",
        "unknown · 1",
        "not readable · 1",
    ]
    assert csv_label(app) == "CSV of 4 photos"
    pills.select("unknown").run()
    assert list(app.dataframe[0].value["file"]) == ["unknown.png"]
    assert csv_label(app) == "CSV of 1 of 4 photos"
    assert app.header[0].value == "None of the things I know"
    app.button_group(key="verdicts").unselect("unknown").select("error").run()
    assert list(app.dataframe[0].value["file"]) == ["letter.png"]
    assert app.dataframe[0].proto.placeholder == ABSENT != "None"  # Streamlit's own word for what is not there
    assert not app.header


def csv_label(app: AppTest) -> str:
    (button,) = app.get("download_button")
    return str(button.proto.label)


def test_all_verdicts_are_taken_away_as_a_table(trained_run: Run, digits: dict[str, bytes]) -> None:
    model = Predictor.open(trained_run.bundle)
    letter = Judgement(Photo("1", "letter.png", bytes), "", "ab", None, VitrineError("not_an_image"), "", 0.01)
    (said,) = model.look([image.pixels for image in model.read([digits["known"]]) if isinstance(image, Decoded)])
    digit = Judgement(Photo("2", "digit.png", bytes), "", "cd", said, None, "", 0.01)
    first, second = csv.DictReader(io.StringIO(as_csv([letter, digit])))
    assert (first["file"], first["sha256"], first["verdict"], first["error"]) == ("letter.png", "ab", "error", NO_IMAGE)
    assert (second["file"], second["verdict"], second["label"], second["error"]) == (
        "digit.png",
        "known",
        said.label,
        "",
    )
    assert sum(float(second[f"p({name})"]) for name in model.classes) == pytest.approx(1)


@pytest.mark.parametrize("name", ["=cmd|' calc'!A0.png", "+1.png", "-1.png", "@sum.png", "\tx.png"])
def test_a_files_name_is_no_formula_for_a_spreadsheet(name: str) -> None:
    letter = Judgement(Photo("1", name, bytes), "", "ab", None, VitrineError("not_an_image"), "", 0.01)
    (row,) = csv.DictReader(io.StringIO(as_csv([letter]), newline=""))
    assert row["file"] == f"'{name}"


def test_a_zip_gives_the_images_in_it(trained_run: Run, digits: dict[str, bytes], open_page: OpenPage) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("a/known.png", "unsure.png"):
            archive.writestr(name, digits[Path(name).stem])
        archive.writestr("readme.txt", "no image")
    app = open_page("predict")
    upload(app, **{"all.zip": file.getvalue()})
    assert list(app.dataframe[0].value["file"]) == ["a/known.png", "unsure.png"]


def test_a_zip_may_be_larger_than_a_photo(trained_run: Run, digits: dict[str, bytes], open_page: OpenPage) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("known.png", digits["known"])
        archive.writestr("film.mov", bytes(MAX_BYTES))
    app = open_page("predict")
    upload(app, **{"all.zip": file.getvalue(), "large.bmp": bytes(MAX_BYTES + 1)})
    assert not app.error and captions(app)[0] == "known.png · 8 × 8 · PNG"
    assert [box.value for box in app.warning] == [
        "**large.bmp**: The file has 33 MiB; at most 32 MiB are read. Save it smaller."
    ]


def test_a_zip_without_images_or_that_is_none_is_named(trained_run: Run, open_page: OpenPage) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("readme.txt", "no image")
    app = open_page("predict")
    upload(app, **{"texts.zip": file.getvalue(), "broken.zip": b"PK or not"})
    assert [error.value.partition(".")[0] for error in app.error] == ["There is no image in “texts", "“broken"]
    assert not app.header


def test_what_was_stopped_goes_on_when_asked_to(
    trained_run: Run, digits: dict[str, bytes], open_page: OpenPage
) -> None:
    app = open_page("predict")
    app.session_state["judging-stopped"] = True
    for name in ("first", "second"):
        app.file_uploader(key="photos").upload(f"{name}.png", digits["known"])
    upload(app, **{"third.png": digits["unknown"]})
    assert "Stopped: 3 of 3 were not looked at." in words(app)
    (go_on,) = [button for button in app.button if button.label == "Go on"]
    go_on.click().run()
    assert list(app.dataframe[0].value["file"]) == ["first.png", "second.png", "third.png"]
    assert "Stopped" not in words(app)


def test_it_says_how_often_it_is_to_be_believed(own_run: Run, open_page: OpenPage) -> None:
    said = words(open_page("predict"))
    found, metadata = evaluate_run(own_run), Predictor.open(own_run.bundle).metadata
    alike = found.knownness >= metadata.knownness_threshold
    sure = alike & (found.confidence >= metadata.probability_threshold)
    share = {"sure": sure.mean(), "right": found.right[sure].mean(), "unsure": (alike & ~sure).mean()}
    own = (
        "Measured on the sealed model with 360 test images, each seen once: it names {sure:.1%} of the things that it knows, and {right:.1%} of these "
        "rightly; it is not sure of {unsure:.1%}, and refuses"
    ).format(**share)
    assert own in said and f"refuses {(~alike).mean():.1%}." in said
    assert "How often it notices what looks nothing like them has not been measured yet." in said
    assert "when it sees none" not in said
    keep(own_run, "unknowns", met(97, 60))
    said = words(open_page("predict"))
    assert own in said and "It notices 60% of the images of “patterns” to 97% of “noise”, none of which" in said


def test_of_a_model_that_names_nothing_no_share_of_right_names_is_told(own_run: Run, open_page: OpenPage) -> None:
    found = evaluate_run(own_run)
    replace(found, probabilities=np.full_like(found.probabilities, 0.1)).save(own_run.predictions)
    said = words(open_page("predict"))
    assert "with 360 test images, each seen once: it names none of the things that it knows; it is not sure of" in said


def test_it_answers_where_how_often_it_is_right_cannot_be_told(
    digits: dict[str, bytes], own_run: Run, open_page: OpenPage
) -> None:
    own_run.predictions.unlink()
    app = open_page("predict")
    assert "How often it is right is not known here." in words(app)
    upload(app, **{"digit.png": digits["known"]})
    assert app.header


@pytest.mark.parametrize(
    ("caught", "left_out", "said"),
    [
        ((97, 80), None, "It mostly notices what looks nothing like them."),
        ((97, 80), (80, 60), "It mostly notices what looks nothing like them."),
        ((97, 80), (80, 90), "It mostly notices when it sees none of them."),
        (
            (97, 80),
            (20, 40),
            "It mostly notices what looks nothing like them, but not what looks much like one of them.",
        ),
        ((97, 60), (80, 90), "Whether it notices that it sees none of them depends on what it sees instead."),
        ((97, 2), None, "Whether it notices that it sees none of them depends on what it sees instead."),
        ((40, 2), None, "It mostly does not notice when it sees none of them."),
    ],
)
def test_what_it_claims_to_notice_follows_from_what_was_measured(
    caught: tuple[int, int], left_out: tuple[int, int] | None, said: str, own_run: Run
) -> None:
    keep(own_run, "unknowns", met(*caught))
    if left_out:
        keep(own_run, "left-out", LeftOut([without(number) for number in left_out]))
    assert claim(own_run) == said


@pytest.mark.parametrize(
    ("left_out", "said"), [((20, 40), "noticed 20% to 40% of classes"), ((50, 50), "noticed 50% of classes")]
)
def test_it_says_how_often_what_is_much_like_its_classes_is_noticed(
    left_out: tuple[int, int], said: str, own_run: Run, open_page: OpenPage
) -> None:
    keep(own_run, "left-out", LeftOut([without(number) for number in left_out]))
    assert said in words(open_page("predict"))
    keep(own_run, "unknowns", met(97, 60))
    assert said in words(open_page("predict"))


def without(caught: int) -> LeftOutPair:
    """Of a hundred images of classes that a network was never told of, so many were called unknown."""
    return LeftOutPair(("1", "2"), "energy", 200, 100, 190, 8, caught, {"energy": 0.8})


def met(noise: int, patterns: int) -> Unknowns:
    """So many of a hundred images of each set were called unknown."""
    sets = [
        UnknownSet("noise", None, 100, noise, {"energy": 0.9}, []),
        UnknownSet("patterns", None, 100, patterns, {"energy": 0.95}, []),
    ]
    return Unknowns("energy", 200, 8, sets)


def test_an_animation_says_which_of_its_frames_was_taken(trained_run: Run, open_page: OpenPage) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    app = open_page("predict")
    upload(app, **{"moving.gif": file.getvalue()})
    assert captions(app)[0] == "moving.gif · 20 × 20 · GIF · first of 3 frames"


def test_what_is_no_photo_is_named_and_the_others_are_judged(
    trained_run: Run, digits: dict[str, bytes], open_page: OpenPage
) -> None:
    app = open_page("predict")
    upload(
        app,
        **{"letter.png": b"Dear Sir or Madam", "digit.png": digits["known"], "half.png": picture(1, (90, 90))[:9000]},
    )
    letter, half = (warning.value for warning in app.warning)
    assert letter == f"**letter.png**: {NO_IMAGE}"
    assert half.startswith("**half.png**: The image is damaged or incomplete (")
    assert captions(app)[0].startswith("digit.png · ")
    assert len(app.header) == 1
    assert "1 photo, from bytes to verdict" in words(app)


def test_when_nothing_can_be_read_only_the_reasons_are_shown(trained_run: Run, open_page: OpenPage) -> None:
    app = open_page("predict")
    upload(app, **{"letter.png": b"Dear Sir or Madam"})
    assert [warning.value for warning in app.warning] == [f"**letter.png**: {NO_IMAGE}"]
    assert not app.header and not app.dataframe and not app.image
    assert "verdict in" not in words(app)


@pytest.mark.parametrize(
    ("state", "title"),
    [
        ("running", "“new” is still training"),
        ("stopped", "“new” has left no model"),
        ("failed", "“new” has left no model"),
    ],
)
def test_a_run_without_a_bundle_says_so(state: State, title: str, own_run: Run, open_page: OpenPage) -> None:
    run = store().create("train", "new", own_run.spec)
    store().set_state(run.id, state)
    with held(run) if state == "running" else nullcontext():
        app = open_page("predict", run="new")
    assert app.header[0].value == title
    assert [link.proto.page for link in app.main.get("page_link")] == ["train"]
    assert not app.file_uploader and not app.error


def test_a_model_that_is_not_sealed_to_the_end_is_not_asked(own_run: Run, open_page: OpenPage) -> None:
    store().set_state(own_run.id, "running")
    with held(own_run):
        app = open_page("predict")
    assert app.header[0].value == f"“{own_run.name}” is still training"
    assert not app.error


def test_a_model_that_was_altered_is_not_asked(own_run: Run, open_page: OpenPage) -> None:
    model = own_run.bundle / "model.onnx"
    model.write_bytes(model.read_bytes()[:-1] + b"?")
    app = open_page("predict")
    assert [error.value for error in app.error] == [
        "“model.onnx” of this bundle was altered after it was sealed. Export it again from its run."
    ]
    assert not app.file_uploader


def test_a_model_whose_file_is_gone_is_a_sentence(own_run: Run, open_page: OpenPage) -> None:
    (own_run.bundle / "model.onnx").unlink()
    app = open_page("predict")
    (error,) = [error.value for error in app.error]
    assert error.endswith("is no complete bundle: “model.onnx” is missing. Export it again from its run.")
