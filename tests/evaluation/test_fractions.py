"""Trainings on fractions: the same images held out at every size, each kept when it is done, none done twice."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from core import tasks
from core.data.imageset import ImageSet, hold_out, load_split
from core.data.versions import Dataset, get_dataset
from core.errors import VitrineError
from core.evaluation.forecast import Point
from core.evaluation.fractions import (
    expected,
    keep,
    measure_fractions,
    measured_points,
    missing,
    to_forecast,
    trainings,
)
from core.runs import jobs
from core.runs.store import exists, store
from core.training.estimate import FIXED
from core.training.presets import make_recipe
from tests.bundling import import_scans
from tests.commands import Command

TINY = to_forecast(make_recipe("case-study", epochs=1))


@pytest.fixture
def digits(home: Path) -> Dataset:
    return get_dataset("digits")


@pytest.fixture
def images(digits: Dataset) -> ImageSet:
    return load_split(digits, "train")


def ignore(done: float, total: float) -> None:
    pass


def test_sizes_double_up_to_all_images_for_each_seed(digits: Dataset) -> None:
    todo = trainings(TINY, digits)
    assert [one.train_images for one in todo] == [72, 144, 288, 575, 1150] * 3
    assert [one.seed for one in todo] == [0] * 5 + [1] * 5 + [2] * 5


def test_at_every_size_of_a_seed_the_same_images_are_held_out(digits: Dataset, images: ImageSet) -> None:
    for seed in (0, 1):
        parts = [
            hold_out(images.labels, one.validation_share, one.seed, one.train_images)
            for one in trainings(TINY, digits)
            if one.seed == seed
        ]
        assert len({held_out.tobytes() for _kept, held_out in parts}) == 1
        for (smaller, held_out), (larger, _same) in pairwise(parts):
            assert set(smaller) < set(larger) and not set(larger) & set(held_out)
            assert len(held_out) >= 0.19 * len(images)


def test_a_preset_that_learns_from_few_images_is_let_loose_on_all(digits: Dataset) -> None:
    assert make_recipe("case-study").train_images == 1000
    assert TINY.train_images is None and TINY.validation_share == 0.2
    assert to_forecast(make_recipe("case-study", validation_share=0.3)).validation_share == 0.3


def test_too_few_images_are_refused_with_how_many_it_takes(home: Path, tmp_path: Path) -> None:
    import_scans("few", tmp_path / "few.zip")
    with pytest.raises(VitrineError, match="“few” has 60 training images. It takes 100 at least"):
        tasks.forecast("few", TINY)


def test_each_training_is_kept_when_it_is_done_and_never_done_again(digits: Dataset, images: ImageSet) -> None:
    told: list[float] = []

    def third(done: float = 0, total: float = 1) -> bool:
        return len(measured_points(digits, TINY)) == 2

    assert not measure_fractions(TINY, digits, images, lambda done, total: told.append(done / total), third, "cpu")
    first = measured_points(digits, TINY)
    assert [(point.images, point.seed, point.held_out) for point in first] == [(72, 0, 287), (144, 0, 287)]
    assert all(0 <= point.correct <= 287 for point in first)
    assert told == sorted(told)
    assert len(missing(TINY, digits)) == 13
    other = TINY.model_copy(update={"epochs": 2})
    assert measured_points(digits, other) == []


def test_what_is_left_costs_less_than_all(digits: Dataset) -> None:
    all_of_it, whole = expected(TINY, digits, [])
    assert whole.train_images == 1150
    keep_all(digits)
    nothing, _whole = expected(TINY, digits, [])
    assert nothing == FIXED
    one = whole.seconds - FIXED  # on all images: one of three that large, and none is larger
    assert 3 * one < all_of_it - FIXED < 15 * one


def test_a_damaged_file_counts_as_none(digits: Dataset) -> None:
    keep_all(digits)
    file = the_file(digits)
    file.write_text(file.read_text()[:-20])
    assert measured_points(digits, TINY) == []


def the_file(dataset: Dataset) -> Path:
    (file,) = (dataset.cache / "fractions").glob("*.json")
    return file


def keep_all(dataset: Dataset, held_out: int = 50_000) -> None:
    """All trainings of the tiny recipe, as if they had been done: their error halves when the images are four times as many."""
    for one in trainings(TINY, dataset):
        n = one.train_images or 0
        wrong = round(held_out * 0.05 * (n / 1150) ** -0.5) + one.seed - 1
        keep(dataset, TINY, Point(n, one.seed, held_out - wrong, held_out))


def test_a_job_does_those_that_are_missing(home: Path) -> None:
    digits = get_dataset("digits")
    keep_all(digits)
    fields = json.loads(the_file(digits).read_text())
    del fields["points"][-5]
    the_file(digits).write_text(json.dumps(fields))
    assert [(one.train_images, one.seed) for one in missing(TINY, digits)] == [(72, 2)]

    job = jobs.wait(tasks.forecast("digits", make_recipe("case-study", epochs=1)).id)
    assert (job.state, job.kind) == ("finished", "forecast"), job.log.read_text()
    assert missing(TINY, digits) == []
    assert measured_points(digits, TINY)[-1].held_out == 287
    last = tasks.last_forecast(digits, TINY)
    assert last is not None and last.id == job.id
    store().create("forecast", "digits", job.spec | {"recipe": job.recipe | {"of_a_later_version": 1}})
    assert tasks.last_forecast(digits, TINY) == last, "what cannot be read is another's"
    assert tasks.last_forecast(digits, TINY.model_copy(update={"epochs": 2})) is None
    assert store().runs() == []  # it is no training run


def test_the_command_line_says_what_was_found_without_training_again(home: Path, vitrine: Command) -> None:
    keep_all(get_dataset("digits"))
    options = ("--preset", "case-study", "--set", "epochs=1", "--target", "0.97", "--price", "0.05")
    value = vitrine("data", "forecast", "digits", *options, "--json").value
    assert len(value["trainings"]) == 15 and value["verdict"] == "told"
    about, low, high = value["images_more"]
    truth = 1150 * ((0.05 / 0.03) ** 2 - 1)
    assert low < truth < high and low < about < high
    assert value["money"] == pytest.approx([0.05 * about, 0.05 * low, 0.05 * high])
    assert value["twice"]["images"] == 2300 and value["twice"]["accuracy"][0] == pytest.approx(0.965, abs=0.002)
    assert not exists()


def test_a_target_that_is_no_share_is_refused(home: Path, vitrine: Command) -> None:
    answer = vitrine("data", "forecast", "digits", "--target", "95")
    assert answer.status == 2 and "95.0 is not in the range 0<x<1" in answer.err
