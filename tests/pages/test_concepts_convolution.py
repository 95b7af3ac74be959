"""Concepts, convolution: a kernel on a picture, the sum of a pixel, and what the chosen run makes of the picture."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.concepts.convolution import KERNELS, Convolution, to_grey
from core.runs.store import Run
from tests.pages.conftest import OpenPage
from tests.pages.looking import press, words
from ui.concepts.filtering import KEY, kernel_words, picked


def alts(app: AppTest) -> list[str]:
    return [image.alt for group in app.image for image in group.proto.imgs]


def told(app: AppTest) -> str:
    """The line that says what the picked pixel's sum is."""
    (line,) = [element.value for element in app.markdown if "nine products together" in element.value]
    return str(line)


def test_a_newcomer_filters_a_digit_and_sees_into_a_model_that_comes_with_vitrine(
    first_start: Path, open_page: OpenPage
) -> None:
    app = open_page("concepts", topic="Convolution", run="digits-cnn")
    assert "How the pixel in row" in words(app) and app.selectbox(key="picture-data").value == "digits"
    titles = [heading.value for heading in app.header]
    assert "Inside digits-cnn: 6 layers of convolutions" in titles
    assert "Layer 1 of 6: 16 filters of 3 × 3, 16 maps of 28 × 28" in words(app)
    assert "What the last layer makes of all that: **0**" in words(app)


def test_a_model_that_never_learnt_the_pictures_class_is_said_to_guess(first_start: Path, open_page: OpenPage) -> None:
    strange = "This model has never learnt “0”. It can only answer with what it knows: "
    assert strange not in words(open_page("concepts", topic="Convolution", run="digits-cnn"))
    app = open_page("concepts", topic="Convolution", run="cifar10-article-cnn")
    assert app.selectbox(key="picture-data").value == "digits" and strange in words(app)


def test_without_a_run_the_kernel_still_works(home: Path, open_page: OpenPage) -> None:
    app = open_page("concepts", topic="Convolution")
    assert "How the pixel in row" in words(app) and "There is no model yet" in words(app)


def test_the_layer_is_chosen_by_a_slider(trained_run: Run, open_page: OpenPage) -> None:
    app = open_page("concepts", topic="Convolution")
    assert "Layer 1 of 2: 16 filters of 3 × 3, 16 maps of 32 × 32" in words(app)
    app.select_slider(key=f"layer-{trained_run.id}").set_value(2).run()
    assert "Layer 2 of 2: 32 filters of 3 × 3, 32 maps of 16 × 16" in words(app)
    assert "It moves by 2 pixels at a time" in words(app) and "The 24 most active of 32 maps." in words(app)
    assert all(alts(app)), "a picture without a name"


def test_stride_padding_bias_and_relu_are_what_the_sum_is_made_with(trained_run: Run, open_page: OpenPage) -> None:
    app = open_page("concepts", topic="Convolution")
    app.selectbox(key="kernel").set_value("blur").run()
    before = told(app)
    app.slider(key="bias").set_value(-1.0).run()
    assert "bias of -1.00 give **-" in told(app) and told(app) != before
    app.toggle(key="relu").set_value(True).run()
    assert "ReLU makes that **0.00**" in told(app)
    app.button_group(key="stride").set_value(3).run()
    app.button_group(key="padding").set_value(0).run()
    assert not app.exception and "row 1, column 1 was" in words(app), "of equal sums the first"


def test_another_image_is_another_picture(trained_run: Run, open_page: OpenPage) -> None:
    app = open_page("concepts", topic="Convolution")
    pictures = [address for image in app.image for address in image.value]
    press(app, "Another")
    assert [address for image in app.image for address in image.value] != pictures
    app.selectbox(key="picture-class-digits").set_value("7").run()
    assert "What the last layer makes of all that" in words(app)


def test_a_picture_of_ones_own_is_filtered_and_a_file_that_is_none_is_told(
    trained_run: Run, open_page: OpenPage
) -> None:
    app = open_page("concepts", topic="Convolution")
    app.button_group(key="picture-from").set_value("Your own").run()
    assert "How the pixel in row" not in words(app)
    file = io.BytesIO()
    Image.fromarray(np.full((50, 80, 3), 200, np.uint8)).save(file, "PNG")
    app.file_uploader(key="picture-own").set_value(("grey.png", file.getvalue(), "image/png")).run()
    assert not app.exception and "How the pixel in row" in words(app)
    assert "Of a picture that is not square, the middle is taken." in words(app)
    app.file_uploader(key="picture-own").set_value(("none.png", b"nonsense", "image/png")).run()
    assert not app.exception and len(app.error) == 1 and "How the pixel in row" not in words(app)


@pytest.mark.parametrize("state", [None, [], {"pixel": "x"}, {"pixel": [1]}, {"pixel": [1.5, 2]}, {"pixel": [None, 1]}])
def test_a_pixel_that_nobody_can_point_at_is_the_strongest(state: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamlit.session_state", {KEY: state})
    result = np.zeros((4, 5))
    result[2, 3] = -7
    assert picked(result) == (2, 3)


@pytest.mark.parametrize(("pixel", "expected"), [([1, 2], (1, 2)), ([99, -5], (3, 0))])
def test_a_pixel_stays_inside_a_result_that_became_smaller(
    pixel: list[int], expected: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streamlit.session_state", {KEY: {"pixel": pixel}})
    assert picked(np.zeros((4, 5))) == expected


def test_every_kernel_has_a_name_and_says_what_it_does() -> None:
    named = [kernel_words(name) for name in KERNELS]
    assert len({title for title, _about in named}) == len(KERNELS) and all(about for _title, about in named)


def test_the_edge_of_the_padding_is_not_what_is_shown_first() -> None:
    white = to_grey(np.full((16, 16, 3), 255, np.uint8))
    white[7:9, 7:9] = 0.5
    convolution = Convolution(KERNELS["vertical"], padding=2)
    row, column = picked(convolution(white), edge=2)
    assert 0.0 < abs(convolution(white)[row, column]) < np.abs(convolution(white)).max()


def test_the_first_pixel_shown_is_one_where_something_happens() -> None:
    picture = to_grey(np.pad(np.full((4, 4, 3), 255, np.uint8), ((9, 3), (9, 3), (0, 0))))
    row, column = picked(Convolution(KERNELS["vertical"])(picture))
    assert Convolution(KERNELS["vertical"]).sum_at(picture, row, column).total != 0
