"""What is said of a map is true of the figures it is said of."""

import numpy as np
import pytest

from core.serving.why import CELLS, Why
from ui.why import finding


@pytest.mark.parametrize(
    ("before", "after", "elsewhere", "said"),
    [
        (0.77, 0.83, 0.77, "This map misleads: without its bright places “cat” rises from 77% to 83%"),
        (0.44, 0.52, 0.44, "This map misleads: without its bright places “cat” rises from 44% to 52%"),
        (0.77, 0.79, 0.77, "This map hardly moves the verdict: without its bright places “cat” goes from 77% to 79%"),
        (0.77, 0.74, 0.77, "This map hardly moves the verdict: without its bright places “cat” goes from 77% to 74%"),
        (0.731, 0.729, 0.7, "This map does not move the verdict: without its bright places “cat” stays at 73%"),
        (
            0.53,
            0.21,
            0.57,
            "Without the bright places “cat” falls from 53% to 21%; with other places erased instead, it is typically 57%",
        ),
        (
            0.53,
            0.21,
            0.2,
            "This map proves little: without its bright places “cat” falls from 53% to 21%, but without others down to 20% too",
        ),
    ],
)
def test_a_finding_says_which_way_the_verdict_goes(before: float, after: float, elsewhere: float, said: str) -> None:
    nothing = np.zeros((CELLS, CELLS))
    assert finding(Why(nothing, before, after, np.full(20, elsewhere), 0.15, nothing > 0), "cat") == said
