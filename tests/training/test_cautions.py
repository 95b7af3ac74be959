"""Few warnings, each true and with what to do, and none where nothing is wrong."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.data.versions import get_dataset
from core.errors import VitrineError
from core.runs.run import Run
from core.runs.store import store
from core.training.cautions import cautions, label_cautions
from core.training.estimate import Speeds, estimate
from core.training.presets import PRESETS, make_recipe

DIGITS = get_dataset("digits")
FAST = Speeds(training=10_000, validation=30_000, prediction=10_000, memory=1e8)
PLENTY = float(64 << 30)
WORDS = ("cat", "dog", "ship")


def codes(
    preset: str = "article-cnn", free: float = PLENTY, runs: list[Run] | None = None, **changes: Any
) -> list[str]:
    recipe = make_recipe(preset, **changes)
    return told(cautions(recipe, estimate(recipe, DIGITS, FAST), runs or [], free))


def told(found: list[VitrineError]) -> list[str]:
    """Their codes; that each is a whole sentence is part of it."""
    assert all(str(caution).endswith(".") for caution in found)
    return [caution.code for caution in found]


@pytest.mark.parametrize("preset", PRESETS)
def test_no_preset_is_warned_of_on_photos(preset: str) -> None:
    recipe = PRESETS[preset]
    photos = replace(DIGITS, counts={"train": dict.fromkeys("0123456789", 5000), "test": {}})
    assert cautions(recipe, estimate(recipe, photos, FAST), [], PLENTY) == []
    assert label_cautions(recipe, WORDS) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"batch_size": 2000}, "caution_one_batch"),
        ({"batch_size": 500}, "caution_few_steps"),
        ({"learning_rate": 0.05}, "caution_rate"),
        ({"learning_rate": 0.5, "optimizer": "sgd"}, "caution_rate"),
        ({"patience": 10}, "caution_patience"),
    ],
)
def test_what_goes_wrong_is_said(changes: dict[str, Any], code: str) -> None:
    assert codes(**changes) == [code]


@pytest.mark.parametrize(
    "changes",
    [{"learning_rate": 0.02}, {"learning_rate": 0.05, "optimizer": "sgd"}, {"family": "mlp", "learning_rate": 0.1}],
)
def test_a_rate_that_works_is_not_warned_of(changes: dict[str, Any]) -> None:
    assert codes(**changes) == []


@pytest.mark.parametrize(
    ("changes", "expected"), [({"batch_size": 4096}, ["caution_one_batch"]), ({"batch_size": 4}, [])]
)
def test_a_batch_larger_than_very_few_images_is_said_too(changes: dict[str, Any], expected: list[str]) -> None:
    assert codes(train_images=20, **changes) == expected


def test_a_format_of_numbers_that_the_machine_has_not_is_said() -> None:
    recipe = make_recipe("article-cnn", precision="bf16")
    slow = estimate(recipe, DIGITS, replace(FAST, imitates=True))
    assert told(cautions(recipe, slow, [], PLENTY)) == ["caution_bf16"]


def test_a_rate_that_rises_first_may_be_larger() -> None:
    assert codes(learning_rate=0.05, schedule="triangular") == codes(learning_rate=0.05, warmup=0.1) == []


def test_time_and_memory_beyond_what_there_is_are_said() -> None:
    assert codes(free=1e6) == ["caution_memory"]
    recipe = make_recipe("article-cnn", epochs=200)
    slow = estimate(recipe, DIGITS, replace(FAST, training=50))
    (caution,) = cautions(recipe, slow, [], PLENTY)
    assert caution.code == "caution_long"
    shorter = estimate(make_recipe("article-cnn", epochs=caution.params["epochs"]), DIGITS, replace(FAST, training=50))
    assert 3000 < shorter.seconds < 3650


def test_an_earlier_run_that_diverged_warns_of_its_rate_and_above(home: Path) -> None:
    recipe = make_recipe("article-cnn", learning_rate=0.01)
    spec = {"data": "digits", "data_version": 1, "recipe": recipe.model_dump(mode="json")}
    run = store().create("train", "it-broke", spec)
    store().set_state(run.id, "failed", VitrineError("diverged", step=3, rate="0.01"))
    runs = store().runs()
    assert codes(runs=runs, learning_rate=0.01) == codes(runs=runs, learning_rate=0.02) == ["caution_diverged"]
    assert codes(runs=runs, learning_rate=0.005) == codes(runs=runs, learning_rate=0.01, optimizer="adamw") == []


@pytest.mark.parametrize(
    ("changes", "classes", "code"),
    [
        ({"flip": True}, DIGITS.classes, "caution_mirror"),
        ({"crop": 0.1}, WORDS, "caution_crop"),
        ({"translate": 0.25}, WORDS, "caution_shift"),
        ({"cutout": 0.75}, WORDS, "caution_cutout"),
        ({"label_smoothing": 0.4}, WORDS[:2], "caution_smoothing"),
    ],
)
def test_what_is_done_to_images_and_labels_may_mislead(changes: dict[str, Any], classes: Any, code: str) -> None:
    assert told(label_cautions(make_recipe("article-cnn", **changes), classes)) == [code]


def test_mirrored_photos_and_smoothed_labels_of_many_classes_are_fine() -> None:
    assert label_cautions(make_recipe("article-cnn", flip=True, label_smoothing=0.2), WORDS) == []
