"""What a founder's answers come to."""

import pytest

from core.concepts.opening import Answers, most_it_can_save


@pytest.mark.parametrize(
    ("answers", "verdict"),
    [
        (Answers(own_data=True, costly=True, often=True), "open"),
        (Answers(costly=True, often=True), "no-data"),
        (Answers(own_data=True, costly=True), "no-decision"),
        (Answers(costly=True), "none"),
    ],
)
def test_an_opening_takes_own_data_and_a_decision_that_is_costly_and_frequent(answers: Answers, verdict: str) -> None:
    assert answers.opening == verdict


def test_only_what_is_unlike_all_others_is_trained_from_the_beginning() -> None:
    assert Answers(common=True, enough=True).making == "take"
    assert Answers(enough=True).making == "take"
    assert Answers(common=True).making == "new-head"
    assert Answers().making == "train"


def test_each_obstacle_makes_it_harder_to_copy() -> None:
    assert Answers(own_data=True).copying == "easy"
    assert Answers(own_data=True, returns=True).copying == "some"
    assert Answers(own_data=True, returns=True, inside=True, proof=True).copying == "hard"


def test_no_model_saves_more_than_the_mistakes_of_today_cost() -> None:
    assert most_it_can_save(10_000, 0.03, 20) == pytest.approx(6000)
