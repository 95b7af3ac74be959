"""Business: what the visitor's prices make of the stored predictions."""

from pathlib import Path

import pytest

from core.business.costs import Prices, value
from core.evaluation.predictions import StoredPredictions
from core.runs.store import Run
from tests.pages.conftest import OpenPage
from ui.formats import money


def test_without_a_model_it_leads_to_training(home: Path, open_page: OpenPage) -> None:
    app = open_page("business")
    assert app.header[0].value == "There is no model yet"
    assert [link.proto.page for link in app.get("page_link")] == ["train"]


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


@pytest.mark.parametrize(("mistake", "advice"), [(0.0, "decide everything"), (1e6, "decide")])
def test_the_advice_follows_the_prices(mistake: float, advice: str, trained_run: Run, open_page: OpenPage) -> None:
    app = open_page("business")
    app.number_input(key="mistake").set_value(mistake).run()
    assert not app.exception
    assert any(advice in element.value and trained_run.name in element.value for element in app.markdown)


def test_nothing_to_pay_is_no_error(trained_run: Run, open_page: OpenPage) -> None:
    app = open_page("business")
    app.number_input(key="mistake").set_value(0.0).run()
    app.number_input(key="review").set_value(0.0).run()
    assert not app.exception and app.metric[0].value == "€0"
