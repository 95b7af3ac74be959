"""Looks at test images are counted, and what they do to a choice is said."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from core.data.looks import Looks, flattery, looks_at, remember_look


def test_looks_and_the_models_they_were_at_are_counted_for_each_dataset(home: Path) -> None:
    assert looks_at("digits") == Looks(0, 0)
    for run in ("a", "b"):
        remember_look("digits", run)
    remember_look("pets", "c")
    assert looks_at("digits") == Looks(count=2, models=2)
    assert looks_at("pets") == Looks(count=1, models=1)
    remember_look("digits-corrected", "d")
    assert looks_at("digits") == looks_at("digits-corrected") == Looks(count=3, models=3), "it is the same test"


def test_a_page_that_is_loaded_again_is_one_look(home: Path) -> None:
    start = datetime(2026, 1, 1, 12, tzinfo=UTC)
    (home / "looks").mkdir(parents=True)
    with open(home / "looks" / "digits.jsonl", "w") as file:
        for minutes in (0, 5, 29, 31, 40, 90):
            file.write(json.dumps({"run": "a", "time": (start + timedelta(minutes=minutes)).isoformat()}) + "\n")
    assert looks_at("digits") == Looks(count=3, models=1)


def test_looks_of_several_at_once_are_all_remembered(home: Path) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda name: remember_look("digits", name), "abcd" * 100))
    assert len((home / "looks" / "digits.jsonl").read_text().splitlines()) == 400
    assert looks_at("digits") == Looks(count=4, models=4)


def test_a_look_that_cannot_be_written_stops_nobody(home: Path) -> None:
    home.mkdir()
    (home / "looks").touch()  # where the folder should be
    remember_look("digits", "a")


@pytest.mark.parametrize("models", [2, 5, 20])
def test_the_best_of_equally_good_models_flatters_as_much_as_in_an_experiment(models: int) -> None:
    random = np.random.default_rng(0)
    best = random.binomial(1000, 0.9, (4000, models)).max(axis=1) / 1000
    assert flattery(models, 0.9, 1000) == pytest.approx(best.mean() - 0.9, rel=0.05)


def test_a_single_model_was_not_chosen_by_anything() -> None:
    assert flattery(1, 0.9, 1000) == 0.0
