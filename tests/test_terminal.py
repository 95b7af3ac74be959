"""What commands print for people."""

from core.terminal import lines


def test_figures_that_make_up_one_stand_below_it() -> None:
    figures = {"n": 10, "forms": {"int8": {"size": 3}, "fp16": {"size": 5}}, "impossible": {}}
    assert lines(figures).split("\n") == [
        "n: 10",
        "forms:",
        "  int8:",
        "    size: 3",
        "  fp16:",
        "    size: 5",
        "impossible: {}",
    ]
