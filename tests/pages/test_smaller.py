"""Smaller and faster, on the Deploy page: the button first, then what was found, and the choice of what answers."""

from pathlib import Path

import pytest

from core.bundle.format import INT8, MODEL, WEIGHTS
from core.evaluation.studies import variants_folder
from core.evaluation.variants import ORIGINAL, Variant, Variants
from core.runs.store import Run
from core.serving.choice import chosen_form, serve_as
from tests.data.making import picture
from tests.pages.conftest import OpenPage
from tests.pages.looking import labels, words
from ui.smaller import finding, label_places

SEALED = Variant(4000, 3600, 0.008, 100.0, 920, 1000, 1000, 0.0)


def found_with(**forms: Variant) -> Variants:
    return Variants(1000, {ORIGINAL: SEALED, **forms}, {}, 512, 64, "a processor", 2)


def test_before_it_was_made_there_is_the_button(trained_run: Run, open_page: OpenPage) -> None:
    app = open_page("deploy")
    assert "Smaller and faster" in words(app) and "Make them and measure" in labels(app)


def test_without_the_images_it_says_how_to_get_them(first_start: Path, open_page: OpenPage) -> None:
    app = open_page("deploy", run="cifar10-accurate")
    assert "Smaller and faster" in words(app) and "Download cifar10" in labels(app)
    assert "Make them and measure" not in labels(app)


def test_the_choice_is_stored_and_every_page_says_what_answers(converted_run: Run, open_page: OpenPage) -> None:
    app = open_page("deploy")
    assert "What answers" in app.segmented_control(key="served-form").label
    assert "form answers" not in words(app)
    app.segmented_control(key="served-form").set_value(INT8).run()
    assert not app.exception
    assert chosen_form(converted_run) == INT8
    assert "Its **int8** form answers" in words(app) and "weights.safetensors" not in words(app)
    assert "Its **int8** form answers" in words(open_page("predict"))
    app.segmented_control(key="served-form").set_value(ORIGINAL).run()
    assert chosen_form(converted_run) == ORIGINAL and "form answers" not in words(app)


def test_a_form_that_was_altered_is_an_error_on_the_page(converted_run: Run, open_page: OpenPage) -> None:
    serve_as(converted_run, INT8)
    (variants_folder(converted_run) / INT8 / MODEL).write_bytes(b"nothing")
    for page in ("deploy", "predict"):
        app = open_page(page)
        assert any("int8" in error.value for error in app.error), page


def test_a_form_answers_where_the_original_is_damaged(converted_run: Run, open_page: OpenPage) -> None:
    serve_as(converted_run, INT8)
    (converted_run.bundle / WEIGHTS).unlink()
    app = open_page("predict")
    assert "How often it is right is not known here." in words(app)
    app.file_uploader(key="photos").upload("photo.png", picture(1)).run()
    assert not app.exception and app.header


def test_the_finding_praises_the_form_that_keeps_the_accuracy() -> None:
    tiny = Variant(500, 400, 0.001, 900.0, 700, 720, 700, 0.1)
    small = Variant(1000, 900, 0.004, 220.0, 918, 991, 980, 0.001)
    half = Variant(2000, 1800, 0.008, 100.0, 920, 1000, 1000, 0.0)
    assert finding(found_with(pruned=tiny, int8=small)) == (
        "int8 is 4.0 times smaller and 2.0 times faster, and names the same class in 99.1% of the test images"
    )
    assert "though no faster" in finding(found_with(pruned=tiny, fp16=half))
    assert finding(found_with(pruned=tiny)) == "Every other form loses more than a point of accuracy"
    same = Variant(3990, 3600, 0.004, 200.0, 920, 1000, 1000, 0.0)
    assert "times faster, though no smaller" in finding(found_with(int8=same))
    assert finding(found_with(int8=SEALED)) == "No other form is smaller or faster by much"


@pytest.mark.parametrize("same", [1000, 999])
def test_agreement_is_never_rounded_up(same: int) -> None:
    said = finding(found_with(int8=Variant(1000, 900, 0.004, 220.0, 918, same, 980, 0.001)))
    assert ("100" in said) == (same == 1000)


def test_the_names_of_forms_of_almost_one_size_do_not_lie_over_each_other() -> None:
    places = label_places({ORIGINAL: 359, "fp16": 178, INT8: 112, "pruned": 313})
    assert len({places[ORIGINAL], places["pruned"]}) == 2 and len({places["fp16"], places[INT8]}) == 2
    assert all(places[form].endswith("left") for form in (ORIGINAL, "pruned"))
