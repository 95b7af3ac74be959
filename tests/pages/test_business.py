"""Business: what the visitor's prices make of the stored predictions."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from core.business.costs import Prices, value
from core.evaluation.predictions import StoredPredictions
from core.runs.store import Run
from tests.pages.conftest import OpenPage
from tests.pages.looking import words
from ui.formats import money, plain


def test_without_a_model_it_leads_to_training(home: Path, open_page: OpenPage) -> None:
    app = open_page("business")
    assert app.header[0].value == "There is no model yet"
    assert [link.proto.page for link in app.main.get("page_link")] == ["train"]


def test_the_figure_is_what_the_core_says_of_the_stored_predictions(trained_run: Run, open_page: OpenPage) -> None:
    worth = value(StoredPredictions.load(trained_run.predictions), Prices(20.0, 1.0, 10_000))
    saved = open_page("business").metric[0]
    assert saved.label == "Saved a month"
    assert saved.value == money(round(worth.saved), "€")
    assert money(round(worth.low), "€") in saved.delta and money(round(worth.high), "€") in saved.delta


def test_prices_come_from_the_address(trained_run: Run, open_page: OpenPage) -> None:
    app = open_page("business", mistake="7.5", review="0.25", decisions="300", currency="CHF")
    assert [field.value for field in app.number_input] == [7.5, 0.25, 300]
    assert app.metric[0].value.replace("\N{NO-BREAK SPACE}", " ").lstrip("-").startswith("CHF ")


def test_a_new_price_changes_the_figure(trained_run: Run, open_page: OpenPage) -> None:
    app = open_page("business")
    before = app.metric[0].value
    app.number_input(key="decisions").set_value(123_456).run()
    assert not app.exception and app.metric[0].value != before


def predicted(seed: int, sure: float) -> StoredPredictions:
    """Of 60 images; as many as `sure` are named rightly, the others at random."""
    random = np.random.default_rng(seed)
    probabilities = random.dirichlet(np.ones(3), 60).astype(np.float32)
    labels = np.where(random.random(60) < sure, probabilities.argmax(axis=1), random.integers(0, 3, 60))
    return StoredPredictions(labels, probabilities, np.zeros(60, np.float32), np.arange(60), ("a", "b", "c"))


BY_HAND = (
    "At these prices, let **a-run** decide nothing alone, and review everything by hand: no threshold was shown to save "
    "money against that."
)


@pytest.mark.parametrize(
    ("seed", "sure", "saves", "advice", "title", "bold"),
    [
        (
            7,
            0.8,
            True,
            "Let **a-run** decide where it is at least **48.8%** sure, and send the rest to a human: that costs least.",
            "Cheapest with 82% left to the model: fewer costs reviews, more costs mistakes",
            "The model where it is sure, humans the rest",
        ),
        (
            3,  # the cheapest threshold lies between the extremes, and yet saves nothing on other images
            0.8,
            False,
            "At these prices, let **a-run** decide everything: no threshold was shown to save money against that.",
            "No threshold was shown to cost less than leaving everything to the model",
            "The model, everything",
        ),
        (
            4,  # here too
            0.8,
            False,
            BY_HAND,
            "No threshold was shown to cost less than reviewing everything by hand",
            "Humans, everything",
        ),
        (
            1,  # the cheapest threshold is one that nothing reaches
            0.5,
            False,
            BY_HAND,
            "No threshold was shown to cost less than reviewing everything by hand",
            "Humans, everything",
        ),
    ],
)
def test_advice_title_and_comparison_agree_with_the_money_that_is_saved(
    seed: int, sure: float, saves: bool, advice: str, title: str, bold: str, own_run: Run, open_page: OpenPage
) -> None:
    predictions = predicted(seed, sure)
    assert (value(predictions, Prices(5, 1, 10_000)).saved > 0) is saves
    predictions.save(own_run.predictions)
    app = open_page("business", mistake="5", review="1")
    assert app.markdown[0].value == advice
    assert [header.value for header in app.header] == [plain(title)]
    (table,) = (element.value for element in app.markdown if "Who decides" in element.value)
    assert [line.split("**")[1] for line in table.splitlines() if "**" in line] == [bold]
    assert "it is not certain that it saves anything" not in words(app)


def test_dollars_are_no_formula(trained_run: Run, open_page: OpenPage) -> None:
    app = open_page("business", currency="$")
    saved = app.metric[0]
    shown = [saved.value, saved.delta, *(element.value for element in (*app.markdown, *app.caption))]
    assert r"\$" in saved.value and saved.delta.count(r"\$") == 2
    assert not re.search(r"(?<!\\)\$", "\n".join(shown))
    (chart,) = app.get("plotly_chart")
    assert json.loads(chart.proto.config)["typesetMath"] is False


def test_nothing_to_pay_is_no_error(trained_run: Run, open_page: OpenPage) -> None:
    app = open_page("business")
    app.number_input(key="mistake").set_value(0.0).run()
    app.number_input(key="review").set_value(0.0).run()
    assert not app.exception and app.metric[0].value == "€0"
