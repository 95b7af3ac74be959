"""Concepts, how it learns: what is moved changes what is said, and nothing that is closed does any work."""

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import OpenPage
from tests.pages.looking import press, words

TOPIC = "How it learns"


@pytest.fixture
def lesson(home: None, open_page: OpenPage) -> Any:
    return lambda name: open_page("concepts", topic=TOPIC, lesson=name)


def headings(app: AppTest) -> list[str]:
    return [heading.value.replace("\\", "") for heading in app.header]


def move(app: AppTest, key: str, value: Any) -> None:
    widget: Any = app.get_by_key(key)
    widget.set_value(value).run()
    assert not app.exception


def series(app: AppTest, chart: int, number: int) -> Any:
    """The data of a line or of dots in one of the charts, as the browser gets it."""
    return json.loads(app.get("echarts_chart")[chart].proto.spec)["series"][number]["data"]


def test_the_first_exhibit_is_a_neuron_and_the_others_are_not_there(home: None, open_page: OpenPage) -> None:
    app = open_page("concepts", topic=TOPIC)
    keys = {slider.key for slider in app.slider}
    assert keys == {"neuron-x1", "neuron-x2", "neuron-w1", "neuron-w2", "neuron-b"}
    assert headings(app) == ["It gives 0.73 and passes 0.20 of a correction back"]


def test_a_neurons_sum_value_and_slope_follow_its_sliders(lesson: Any) -> None:
    app = lesson("A neuron")
    move(app, "neuron-b", -3.0)  # 0.8 + 0.6 - 3 = -1.6
    assert "0.80 +0.60 -3.00" in app.latex[0].value and "-1.60" in app.latex[0].value
    assert headings(app) == ["It gives 0.17 and passes 0.14 of a correction back"]
    move(app, "neuron-activation", "relu")
    assert headings(app) == ["It gives 0.00 and is off: no correction passes back"]
    assert r"\max(0, z)" in app.latex[1].value


def test_a_flat_part_lets_hardly_a_correction_pass(lesson: Any) -> None:
    app = lesson("A neuron")
    move(app, "neuron-b", 3.0)
    assert headings(app) == ["It gives 0.99 and is flat there: only 0.012 of a correction passes back"]


def test_a_descent_arrives_below_the_limit_and_swings_out_above_it(lesson: Any) -> None:
    app = lesson("Gradient descent")
    assert headings(app) == ["Reaches the minimum in 111 steps", "The loss falls from 39 to 0.038"]
    assert "$2(1 + \\text{momentum})/L = 0.1$" in words(app) and "0.02 is below it." in words(app)
    move(app, "descent-rate", 0.105)
    assert headings(app)[0] == "Swings out: each step lands higher than the one before"
    assert "0.105 is above it." in words(app)
    move(app, "descent-momentum", 0.5)
    assert headings(app)[0].startswith("Reaches the minimum in ")
    assert "/L = 0.15$" in words(app)


def test_at_the_limit_it_swings_for_ever(lesson: Any) -> None:
    app = lesson("Gradient descent")
    move(app, "descent-rate", 0.1)
    assert headings(app)[0] == "Swings for ever: this rate is the limit itself"
    assert "0.1 is the limit itself." in words(app)


def test_momentum_leads_to_another_of_two_minima(lesson: Any) -> None:
    app = lesson("Gradient descent")
    move(app, "descent-surface", "two-minima")
    assert headings(app)[0] == "Reaches the shallower minimum in 37 steps"
    move(app, "descent-momentum", 0.9)
    assert headings(app)[0] == "Reaches the deeper minimum in 60 steps"
    move(app, "descent-rate", 0.3)
    assert "Further out the surface is steeper still" in words(app)


def test_a_step_of_back_propagation_gives_the_loss_that_was_foretold(lesson: Any) -> None:
    app = lesson("Back-propagation")
    assert headings(app) == ["The next step takes the loss from 0.321 to 0.240"]
    press(app, "Take a step")
    assert headings(app)[0].startswith("The next step takes the loss from 0.240 to ")
    assert app.get_by_key("net-steps").value == 1
    press(app, "From the beginning")
    assert headings(app) == ["The next step takes the loss from 0.321 to 0.240"]


def test_all_numbers_of_the_tiny_net_are_shown(lesson: Any) -> None:
    shown = words(lesson("Back-propagation"))
    for row in ("| w₁₁ | 0.600 | -0.062 | 0.631 |", "| c | 0.100 | -0.275 | 0.237 |", "| δ | p − y | -0.275 |"):
        assert row in shown
    for row in ("| z₁ | w₁₁x₁ + w₁₂x₂ + b₁ | 0.880 |", "| δ₂ | δ v₂ (1 − h₂²) | 0.087 |"):
        assert row in shown


def test_the_net_is_drawn_with_its_numbers_and_described(lesson: Any) -> None:
    pictures = [image.proto.imgs[0].alt for image in lesson("Back-propagation").image]
    assert "The net: hidden neurons give 0.71 and -0.74, the output 0.73; -0.275 comes back from it" in pictures


def test_a_remedy_lowers_the_validation_loss_of_the_same_points(lesson: Any) -> None:
    app = lesson("Over-fitting")
    points = series(app, 0, 1)
    assert headings(app)[0] == "Learnt by heart: loss 0.08 on its points, 0.61 on others"
    move(app, "overfitting-l2", 0.01)
    assert headings(app)[0].startswith("Better on other points: loss 0.3")
    assert headings(app)[0].endswith(", not 0.61")
    assert series(app, 0, 1) == points
    press(app, "Other points")
    assert series(app, 0, 1) != points


def test_too_much_of_a_remedy_is_said_to_be_too_much(lesson: Any) -> None:
    app = lesson("Over-fitting")
    move(app, "overfitting-points", 320)
    move(app, "overfitting-l1", 0.1)
    move(app, "overfitting-l2", 0.1)
    assert headings(app)[0].startswith("Held back too far")


@pytest.mark.parametrize("name", ["A neuron", "Gradient descent", "Over-fitting"])
def test_every_chart_has_its_finding_as_its_description(lesson: Any, name: str) -> None:
    app = lesson(name)
    assert [chart.proto.alt for chart in app.get("echarts_chart")] == headings(app)
