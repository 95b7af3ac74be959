"""How much data do I need? The Data page trains on parts, and says what follows for an accuracy and a price."""

import math
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import tasks
from core.data.versions import get_dataset
from core.evaluation.forecast import Forecast, Point, forecast
from core.evaluation.fractions import keep, to_forecast, trainings
from core.runs import jobs
from core.runs.store import store
from core.training.presets import PRESETS
from tests.bundling import import_scans
from tests.pages.conftest import OpenPage
from tests.pages.looking import button, labels, no_free_slot, press, words
from ui.forecast import repeats, rounded, sentence

RECIPE = to_forecast(PRESETS["article-cnn"])
HELD_OUT = 50_000


def known(first: int = 0, last: int = 15) -> list[Point]:
    """Trainings as if they had been done; the error halves when the images are four times as many."""
    found = []
    for one in trainings(RECIPE, get_dataset("digits"))[first:last]:
        n = one.train_images or 0
        wrong = round(HELD_OUT * 0.05 * (n / 1150) ** -0.5) + one.seed - 1
        found.append(Point(n, one.seed, HELD_OUT - wrong, HELD_OUT))
    return found


def keep_all(points: list[Point]) -> None:
    for point in points:
        keep(get_dataset("digits"), RECIPE, point)


def said() -> Forecast:
    found = forecast(known())
    assert found is not None
    return found


def charts(app: AppTest) -> int:
    return len(app.get("plotly_chart"))


def test_before_anything_is_trained_its_cost_is_said(home: Path, open_page: OpenPage) -> None:
    app = open_page("data", part="How much data?")
    assert "How much data do I need?" in words(app)
    assert "15 trainings on 72 to 1,150 images, roughly" in words(app)
    assert charts(app) == 0
    with no_free_slot():
        press(app, "Find out")
        (job,) = store().runs("forecast")
        assert (job.name, job.state, job.recipe["preset"]) == ("digits", "queued", "article-cnn")
        app.run()
        assert "Find out" not in labels(app)
        assert [bar.proto.text for bar in app.get("progress")] == ["0 of 15 trainings · Waiting for its turn"]
        press(app, "Stop")
        assert jobs.wait(job.id).state == "stopped"


def test_what_was_stopped_goes_on_where_it_was(home: Path, open_page: OpenPage) -> None:
    keep_all(known(last=6))
    app = open_page("data", part="How much data?")
    assert "9 trainings on 72 to 1,150 images" in words(app)
    assert charts(app) == 1, "five sizes are a curve already"
    with no_free_slot():
        press(app, "Go on")
        assert tasks.last_forecast(get_dataset("digits"), RECIPE) is not None


def test_before_all_trainings_are_done_the_answer_is_provisional(home: Path, open_page: OpenPage) -> None:
    points = known(last=4)
    keep_all(points)
    app = open_page("data", part="How much data?")
    assert app.info[0].value.startswith("**Provisional**: 4 of 15 trainings are done, on up to 575 of 1,150 images.")
    early = forecast(points, 1150)
    assert early is not None and early.largest == 575
    app.slider(key="forecast-target").set_value(97.0).run()
    assert sentence(early, 0.97, 0.05) in words(app)
    assert early.more(0.97).value == pytest.approx(said().more(0.97).value, rel=0.05), "beyond what the dataset has"
    assert "article-cnn, 1 seed at each size;" in words(app)


def test_seeds_are_counted_from_what_ran(home: Path) -> None:
    assert [repeats(known(last=n)) for n in (5, 7, 15)] == [
        "1 seed at each size",
        "1 to 2 seeds at each size",
        "3 seeds at each size",
    ]


def test_accuracy_and_price_move_the_answer(home: Path, open_page: OpenPage) -> None:
    keep_all(known())
    app = open_page("data", part="How much data?")
    assert not {"Find out", "Go on"} & labels(app) and charts(app) == 1 and not app.info
    app.slider(key="forecast-target").set_value(97.0).run()
    assert sentence(said(), 0.97, 0.05) in words(app)
    before = words(app)
    app.number_input(key="forecast-price").set_value(2.0).run()
    assert sentence(said(), 0.97, 2.0) in words(app) and before != words(app)
    app.slider(key="forecast-target").set_value(90.0).run()
    assert "**90.0% is reached** with the 1,150 images" in words(app)


def test_too_few_images_are_said_to_be_too_few(home: Path, tmp_path: Path, open_page: OpenPage) -> None:
    import_scans("few", tmp_path / "few.zip")
    app = open_page("data", data="few", part="How much data?")
    assert "It takes 100 at least" in app.info[0].value and not app.error
    assert "Find out" not in labels(app)


def test_another_recipe_has_another_forecast(home: Path, open_page: OpenPage) -> None:
    keep_all(known())
    app = open_page("data", part="How much data?")
    app.selectbox(key="forecast-recipe").select("case-study").run()
    assert charts(app) == 0 and button(app, "Find out")


def test_the_answer_has_both_ends_and_a_price_that_goes_with_them() -> None:
    text = sentence(said(), 0.97, 0.05)
    more = said().more(0.97)
    assert text.startswith("To reach **97.0%** you need about **2,")
    assert f"({rounded(more.low):,}–{rounded(more.high):,}) images more; at 0.05 each that is **" in text
    assert f"**{0.05 * rounded(more.value):,.0f}**" in text


def test_what_cannot_be_told_is_not_told() -> None:
    few = [Point(point.images, point.seed, point.correct // 200, 250) for point in known()]
    vague = forecast(few)
    assert vague is not None
    text, more = sentence(vague, 0.975, 0.05), vague.more(0.975)
    assert vague.verdict(0.975) == "open" and more.low > 0
    assert f"you need about **{rounded(more.value):,}** images more; at 0.05 each that is **" in text
    assert f"as few as {rounded(more.low):,} (" in text
    assert text.endswith("how many at most cannot be told from these trainings.")
    assert "is out of reach of this recipe" in sentence(vague, 0.9999, 0.05)


def test_a_curve_that_ends_below_the_target_promises_no_number() -> None:
    law = np.array([0.05, 0.5, 0.05])
    draws = np.tile(law, (1000, 1))
    draws[::10, 2] = 0.0  # one in ten says that it can be reached
    vague = Forecast(np.array([100, 1000]), np.array([0.2, 0.1]), np.array([0.01, 0.01]), law, draws, False, 1000)
    assert vague.verdict(0.96) == "open" and math.isinf(vague.more(0.96).value)
    text = sentence(vague, 0.96, 0.05)
    assert "you need more than **" in text and text.endswith("how many cannot be told from these trainings.")
    assert "about" not in text and "that is" not in text


def spread(high: float) -> Forecast:
    """The law ends at 95%; of its draws some are there already, others need more, up to where they end."""
    law = np.array([0.1, 0.5, 0.0])
    draws = np.tile(law, (1000, 1))
    draws[:100, 0], draws[100:200, 0] = 0.08, high
    return Forecast(np.array([100, 1000]), np.array([0.3, 0.1]), np.array([0.01, 0.01]), law, draws, False, 1000)


@pytest.mark.parametrize(("high", "verdict"), [(0.13, "told"), (0.4, "open")])
def test_where_perhaps_nothing_is_missing_the_estimate_is_said_and_priced(high: float, verdict: str) -> None:
    narrow = spread(high)
    assert narrow.verdict(0.91) == verdict and narrow.more(0.91).low == 0
    text = sentence(narrow, 0.91, 0.05)
    assert "you need about **230**" in text and "that is **11.50**" in text
    assert "at least 0" not in text and "as few as 0" not in text and "(0" not in text
    assert ("between none and 1,100" in text) == (verdict == "told")
    assert ("how many at most cannot be told" in text) == (verdict == "open")


@pytest.mark.parametrize(("images", "about"), [(3127, 3100), (3160, 3200), (96, 96), (104.4, 100), (0.3, 0)])
def test_a_number_that_is_not_sure_has_two_digits(images: float, about: int) -> None:
    assert rounded(images) == about
