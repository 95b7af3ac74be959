"""A run of this product in the calculator: its work is what its estimate says, its time what it took."""

import dataclasses

import pytest

from core.concepts.own_training import own_training
from core.concepts.training_cost import HARDWARE, bill
from core.data.lookup import dataset_of
from core.runs.run import Run
from core.training.estimate import Speeds, estimate
from core.training.recipes import complete

SPEEDS = Speeds(training=100, validation=300, prediction=100, memory=0)


def test_its_work_is_that_of_the_estimate(trained_run: Run) -> None:
    dataset = dataset_of(trained_run)
    own = own_training(trained_run, len(dataset.classes))
    expected = estimate(complete(trained_run.recipe), dataset, SPEEDS)
    assert own is not None
    assert own.work.operations == pytest.approx(expected.training_work, rel=0.01)
    assert own.work.parameters == expected.parameters


def test_its_hours_are_those_it_took(trained_run: Run) -> None:
    own = own_training(trained_run, 10)
    assert own is not None
    assert bill(own.work, own.place).hours * 3600 == pytest.approx(trained_run.result["train_seconds"])


def test_what_trained_on_a_known_graphics_card_has_that_cards_peak(first_start: object) -> None:
    from core.runs.library import get_run

    own = own_training(get_run("bundled-cifar10-accurate"), 10)
    assert own is not None
    assert own.place.hardware is HARDWARE["H200"] and 0 < own.place.utilisation < 1
    assert bill(own.work, own.place).hours * 3600 == pytest.approx(141.97, rel=0.001)


def test_a_run_that_took_no_step_has_no_training(trained_run: Run) -> None:
    assert own_training(dataclasses.replace(trained_run, result={}), 10) is None


def test_a_processor_that_was_faster_than_thought_is_used_whole(trained_run: Run) -> None:
    own = own_training(trained_run, 10, peak=1.0)
    assert own is not None and own.place.utilisation == 1.0
