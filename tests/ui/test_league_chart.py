"""The chart of all models says of every model where it is, and stays quick to draw."""

import re

import numpy as np
import pandas as pd

from core.evaluation.comparison import pareto
from ui.league_chart import front_chart


def dots(models: int) -> tuple[list[list[str]], int]:
    """What the grey, the blue and the large dot are called, and how many models are beaten by none."""
    random = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "id": [str(number) for number in range(models)],
            "name": [f"run-{number}" for number in range(models)],
            "val_accuracy": random.uniform(0.5, 0.9, models),
            "parameters": random.choice([10_000, 200_000, 3_000_000], models),
        }
    )
    best = pareto(table["parameters"].to_numpy(float), table["val_accuracy"].to_numpy())
    figure = front_chart(table, "parameters", "parameters", best, focus="3")
    return [list(trace.hovertext) for trace in figure.data if "markers" in trace.mode], int(best.sum())


def test_a_few_models_have_a_dot_each() -> None:
    (grey, blue, own), best = dots(8)
    assert len(grey) + len(blue) + len(own) == 8 and len(blue) == best and own == ["run-3"]


def test_of_a_thousand_models_those_that_would_cover_each_other_share_a_dot_that_says_how_many() -> None:
    (grey, blue, own), best = dots(1000)
    assert len(grey) < 120 and len(blue) == best and own == ["run-3"]
    more = [int(found[1]) for name in grey if (found := re.search(r" and (\d+) more close by$", name))]
    assert len(grey) + sum(more) + len(blue) + len(own) == 1000


def test_a_shared_dot_stands_where_the_best_of_its_models_is() -> None:
    table = pd.DataFrame({"id": list("abcdefghijklmn"), "name": list("abcdefghijklmn")})
    table["parameters"] = [100.0, *[1000.0] * 13]
    table["val_accuracy"] = [0.9, 0.5, 0.501, 0.6, *[0.7 + place / 50 for place in range(10)]]
    best = np.arange(14) == 0
    figure = front_chart(table, "parameters", "parameters", best, focus="a")
    grey = figure.data[1]
    assert dict(zip(grey.hovertext, grey.y, strict=True))["c and 1 more close by"] == 0.501
