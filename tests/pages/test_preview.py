"""Train: what augmentation does to real images is seen beside its sliders, as training would see it."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.studio import studio
from tests.pages.conftest import OpenPage
from tests.pages.looking import addresses, captions, press
from ui.pictures import strip

PATIENCE = 60.0


def slider(app: AppTest, name: str) -> Any:
    """The widget of a setting, of whatever kind."""
    return app.get_by_key(f"recipe-{name}")


def turned(app: AppTest, **settings: Any) -> AppTest:
    """The page with sliders moved, once the warm process is there."""
    for name, value in settings.items():
        slider(app, name).set_value(value)
    app.run()
    deadline = time.monotonic() + PATIENCE
    while not studio("preview").ready:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    app.run()
    assert not app.exception and not app.error
    return app


def test_without_augmentation_images_are_shown_as_they_are(home: Path, open_page: OpenPage) -> None:
    app = open_page("train", data="digits")
    assert len(addresses(app)) == 2
    assert captions(app)[-1] == "Nothing is changed: every epoch sees the images as they are."


def test_while_the_process_warms_up_its_place_is_held(home: Path, open_page: OpenPage) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ui.preview.studio", lambda purpose: Cold())
        app = open_page("train", data="digits")
        slider(app, "translate").set_value(0.125).run()
    assert not app.exception
    assert [caption.split("; ")[1] for caption in captions(app) if caption] == ["the pictures beside it are being made"]


class Cold:
    """A studio that never gets warm."""

    ready, starting = False, True

    def warm(self) -> None: ...


def test_a_slider_changes_the_pictures_and_back_brings_them_back(home: Path, open_page: OpenPage) -> None:
    app = turned(open_page("train", data="digits"), translate=0.125)
    first = addresses(app)
    assert captions(app)[-1].endswith(", and how 5 epochs would see it")
    assert addresses(turned(app, translate=0.25)) != first
    assert addresses(turned(app, translate=0.125)) == first


def test_others_are_a_click_away(home: Path, open_page: OpenPage) -> None:
    app = turned(open_page("train", data="digits"), colour=0.5)
    first = addresses(app)
    press(app, "Other images")
    assert not set(addresses(app)) & set(first)


def test_a_blend_says_how_much_of_what_is_in_it(home: Path, open_page: OpenPage) -> None:
    app = turned(open_page("train", data="digits"), mixup=1.0)
    parts = [caption.split("with ")[1].split(" · ") for caption in captions(app)]
    assert [len(row) for row in parts] == [2, 3] and all("% " in part for row in parts for part in row)


def test_every_recipe_has_pictures_at_its_side(home: Path, open_page: OpenPage) -> None:
    everything = {"flip": True, "translate": 0.25, "crop": 0.5, "colour": 0.4, "cutout": 0.5, "mixup": 0.4}
    app = turned(open_page("train", data="digits"), image_side=64, **everything)
    assert len(addresses(app)) == 2


def test_a_strip_has_sharp_pictures_and_nothing_between_them() -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 4, 4, 3), np.uint8)
    row = strip(images, 24)
    assert row.shape == (24, 3 * 24 + 2 * 2, 4)
    assert (row[:, 24:26, 3] == 0).all() and (row[:, :24, 3] == 255).all()
    assert (row[0:6, 0:6, :3] == images[0, 0, 0]).all()
