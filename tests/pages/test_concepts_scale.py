"""Concepts: the pipeline's pictures, the calculator, business and outlook."""

import base64
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.runs.store import Run, store
from tests.pages.conftest import OpenPage
from tests.pages.looking import held, remember, words
from ui.concepts.amounts import span
from ui.concepts.calculator import OWN


def pictures(app: AppTest) -> list[str]:
    """The SVG of every picture on the page."""
    start = "data:image/svg+xml;base64,"
    return [
        base64.b64decode(url.removeprefix(start)).decode()
        for image in app.image
        for url in image.value
        if url.startswith(start)
    ]


def open_topic(open_page: OpenPage, topic: str) -> AppTest:
    return open_page("concepts", topic=topic)


def test_every_step_has_a_picture_even_before_the_first_run(home: Path, open_page: OpenPage) -> None:
    drawn = pictures(open_page("concepts"))
    assert len(drawn) == 6
    assert drawn[0].count("<image ") == 12 and drawn[1].count("<image ") == 2  # real digits


def test_the_pictures_are_of_the_run_and_say_so_to_whoever_cannot_see_them(
    trained_run: Run, open_page: OpenPage
) -> None:
    app = open_page("concepts")
    data, before, curve, judged, sealed, priced = pictures(app)
    assert data.count("<image ") == 12 and ">8 × 8<" in before and ">32 × 32<" in before
    assert f">{trained_run.val_accuracy:.1%}<" in curve
    assert f">{round(100 * (trained_run.val_accuracy or 0))} of 100 right<" in judged
    assert "model.onnx" in sealed and "€10,000" in priced
    assert all(image.proto.imgs[0].alt for image in app.image[:6])


def test_the_pictures_know_nothing_of_the_test_images(trained_run: Run, open_page: OpenPage) -> None:
    from core.evaluation.predictions import StoredPredictions

    accuracy = StoredPredictions.load(trained_run.predictions).accuracy
    shown = "".join(pictures(open_page("concepts")))
    assert f"{accuracy:.1%}" not in shown and f">{round(100 * accuracy)} of 100 right<" not in shown


def test_where_the_images_of_a_model_are_not_here_digits_stand_in_and_it_is_said(
    first_start: Path, open_page: OpenPage
) -> None:
    app = open_page("concepts", run="cifar10-accurate")
    assert words(app).count("Pictured: digits") == 2


def test_a_run_at_work_shows_how_far_it_is(stored: None, open_page: OpenPage) -> None:
    run = remember("at-work", "running", done=1)
    store().set_progress(run.id, {"phase": "training", "done": 0.5})
    with held(run):
        app = open_page("concepts", run="at-work")
        assert "epoch 2 of 3" in words(app)
        curve = pictures(app)[2]
        assert ">10.0%<" in curve and curve.count("<rect ") == 2


def calculator(app: AppTest, key: str) -> Any:
    return app.get_by_key(f"cost-{key}")


def test_the_calculator_begins_with_gpt3_and_what_was_published_of_it(home: Path, open_page: OpenPage) -> None:
    app = open_page("concepts")
    shown = words(app)
    assert "**3.15 × 10²³**" in shown and "**2.8 TB**" in shown and "**350 GB**" in shown
    assert [metric.value for metric in app.metric][:2] == ["14.8 days", r"\$7.11 million"]
    table = app.table[0].value
    assert list(table["Ratio"]) == ["1.00"] * 5
    assert table.loc["Energy", "Published"] == "1,287 MWh"


def test_more_hands_take_less_time_and_the_same_money(home: Path, open_page: OpenPage) -> None:
    app = open_page("concepts")
    calculator(app, "count").set_value(20_000)
    app.run()
    assert app.metric[0].value == "7.41 days"
    assert app.metric[1].value == r"\$7.11 million"  # the same work by more hands


def test_another_preset_sets_every_slider(home: Path, open_page: OpenPage) -> None:
    app = open_page("concepts")
    calculator(app, "preset").set_value("ResNet-50").run()
    assert not app.exception
    assert calculator(app, "images").value == 1_281_167 and calculator(app, "epochs").value == 90
    assert "**2.83 × 10¹⁸**" in words(app)
    calculator(app, "preset").set_value("BERT-large").run()
    assert "**2.67 × 10²⁰**" in words(app)
    assert "eight A100 at 40% of their peak are only an example" in words(app)


def test_the_chosen_run_is_a_preset_with_the_time_that_it_took(trained_run: Run, open_page: OpenPage) -> None:
    app = open_page("concepts")
    calculator(app, "preset").set_value(OWN).run()
    assert not app.exception
    assert "Its steps took" in words(app)
    taken = trained_run.result["train_seconds"]
    assert app.metric[0].value == span(taken / 3600)


def test_when_another_run_is_chosen_the_calculator_speaks_of_that(first_start: Path, open_page: OpenPage) -> None:
    app = open_page("concepts", run="digits-cnn")
    calculator(app, "preset").set_value(OWN).run()
    assert calculator(app, "parameters").value == 72_954 and calculator(app, "count").value == 1
    place = calculator(app, "hardware").value
    assert f"On {place} it takes {app.metric[0].value}" in words(app), "not on an H100, which it would never fill"
    app.sidebar.selectbox(key="run").set_value("cifar10-accurate").run()
    assert not app.exception
    assert calculator(app, "hardware").value == "H200" and calculator(app, "images").value == 47_500


@pytest.mark.parametrize("field", ["vision", "speech", "recommendation", "finance"])
def test_each_field_of_business_is_shown_when_asked_for(field: str, home: Path, open_page: OpenPage) -> None:
    app = open_page("concepts", topic="In business", field=field)
    assert "**A real one**" in words(app) and "https://" in words(app)


def test_the_answers_of_a_founder_come_to_a_verdict(home: Path, open_page: OpenPage) -> None:
    app = open_topic(open_page, "In business")
    assert "Tick what holds" in words(app)
    for key in ("own_data", "costly", "often"):
        app.checkbox(key=f"founder-{key}").check()
    app.run()
    assert "**There is an opening.**" in words(app)
    assert "**€6,000 a month**" in words(app)
    links = [link.proto.query_string for link in app.main.get("page_link")]
    assert "mistake=20.00&decisions=10000" in links


def test_the_outlook_leads_to_the_parts_that_answer_it(home: Path, open_page: OpenPage) -> None:
    app = open_topic(open_page, "Outlook")
    links = [(link.proto.page, link.proto.query_string) for link in app.main.get("page_link")]
    assert ("evaluate", "section=Fairness") in links and ("train", "from=own") in links
    assert ("evaluate", "section=Claims") in links
    assert len(app.expander) == 7
    assert "Devlin, Chang, Lee and Toutanova" in words(app)
