"""Concepts, the mathematics: formulas with their symbols, and calculators that count as the engine does."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.concepts.counting import OPERATIONS, networks
from core.models import count_multiplications, count_parameters
from tests.pages.conftest import OpenPage
from tests.pages.looking import words


@pytest.fixture
def part(home: None, open_page: OpenPage) -> Any:
    return lambda name: open_page("concepts", topic="The mathematics", formulas=name)


def move(app: AppTest, key: str, value: Any) -> None:
    widget: Any = app.get_by_key(key)
    widget.set_value(value).run()
    assert not app.exception


def heading(app: AppTest) -> str:
    return str(app.header[0].value)


def test_the_sum_of_a_convolution_goes_over_the_offsets_of_the_kernel(part: Any) -> None:
    shown = words(part("Convolution"))
    assert r"\sum_{c=1}^{C} \sum_{u=0}^{K-1} \sum_{v=0}^{K-1} w_{k,c,u,v}" in shown
    for symbol in ("$k$", "$i, j$", "$u, v$", "$w_{k,c,u,v}$", "$b_k$", "$s$", "$p$", "$f$"):
        assert f"| {symbol} |" in shown


def test_one_convolution_is_counted(part: Any) -> None:
    app = part("Convolution")
    assert heading(app) == "It gives 32 × 32 × 32, from 896 parameters"
    move(app, "conv-stride", 2)
    move(app, "conv-inputs", 1)
    assert heading(app) == "It gives 16 × 16 × 32, from 320 parameters"
    move(app, "conv-side", 1)
    move(app, "conv-padding", 0)
    assert heading(app) == "The kernel is larger than the image: it fits nowhere"


def test_softmax_shares_what_sigmoids_do_not(part: Any) -> None:
    app = part("Answers and loss")
    assert heading(app) == "Softmax shares 100%; sigmoids add up to 188%"
    for place in (1, 2, 3):
        move(app, f"logit-{place}", 0.0)
    assert heading(app) == "Softmax shares 100%; sigmoids add up to 150%"


def test_the_calculator_begins_with_the_articles_network(part: Any) -> None:
    app = part("Calculator")
    assert heading(app) == "282,250 parameters, 11.7 million FLOPs an image"
    assert "Exact FLOPs of an image: 11,732,224." in words(app)
    assert "**dense 64** holds most of the weights, 93%; **conv 64** does most of the work, 80%." in words(app)
    table = app.dataframe[0].value
    assert list(table["gives"]) == ["32 × 32 × 32", "16 × 16 × 64", "64", "10"]
    assert list(table["parameters"]) == [896, 18_496, 262_208, 650]


def test_every_network_has_its_own_counts_and_sliders(part: Any) -> None:
    app = part("Calculator")
    for name, (family, shape) in networks(10).items():
        move(app, "count-network", name)
        table = app.dataframe[0].value
        assert table["parameters"].sum() == count_parameters(family, shape)
        assert table["flops"].sum() == OPERATIONS * count_multiplications(family, shape)
        before = heading(app)
        move(app, f"count-{name}-classes", 1000)
        assert heading(app) != before


def test_side_width_and_depth_change_the_counts(part: Any) -> None:
    app = part("Calculator")
    move(app, "count-network", "resnet")
    family, shape = networks(10)["resnet"]
    for setting, value in (("side", 64), ("width", 96), ("depth", 3), ("stages", 2)):
        before = app.dataframe[0].value["flops"].sum()
        move(app, f"count-resnet-{setting}", value)
        assert app.dataframe[0].value["flops"].sum() != before
    assert app.dataframe[0].value["parameters"].sum() == count_parameters(family, type(shape)(10, 64, 3, 96, stages=2))
