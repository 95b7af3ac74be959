"""What a run will cost is known before it starts: by arithmetic, from earlier runs, or from a trial on this machine."""

import json
import os
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from core import paths, tasks
from core.data.imageset import hold_out, load_split
from core.data.versions import get_dataset
from core.errors import VitrineError
from core.models import count_multiplications
from core.runs.run import Run
from core.runs.store import store
from core.training import probe
from core.training.estimate import PROCESS, Estimate, Speeds, division, estimate, growing_share
from core.training.presets import make_recipe
from core.training.recipe import Recipe
from core.training.speeds import correction, cost_key, expect, promise
from core.training.trials import Trials
from tests.pages.looking import held, remember

DIGITS = get_dataset("digits")
QUICK = make_recipe("case-study", epochs=2)
SPEEDS = Speeds(training=1000, validation=2000, prediction=500, memory=1e6, speed_limit=1e12)
PATIENCE = 120.0


@pytest.fixture
def used(trained_home: Path, home: Path) -> Run:
    """A finished run in a home of the test's own, on a machine that did nothing else."""
    shutil.copytree(trained_home, home)
    (run,) = store().runs()
    return replace(run, result=run.result | {"undisturbed": 1.0})


@dataclass(frozen=True)
class Tried:
    """A home in which an estimate had to try a recipe out, and what was known before and told then."""

    home: Path
    recipe: Recipe
    before: Estimate
    told: Estimate
    warnings: list[VitrineError]


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Tried:
    home, recipe = tmp_path_factory.mktemp("tried") / "home", make_recipe("case-study", batch_size=40, flip=True)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("VITRINE_HOME", str(home))
        before = expect(recipe, DIGITS, [])
        return Tried(home, recipe, before, *tasks.estimate("digits", recipe))


def recipe_of(run: Run) -> Recipe:
    return Recipe(**run.recipe)


@pytest.mark.parametrize("changes", [{}, {"validation_share": 0.33}, {"train_images": 500}, {"train_images": 10}])
def test_the_division_is_the_one_that_training_makes(home: Path, changes: dict[str, float]) -> None:
    recipe = make_recipe("article-cnn", **changes)
    labels = load_split(DIGITS, "train", 28).labels
    kept, held_out = hold_out(labels, recipe.validation_share, recipe.seed, recipe.train_images)
    assert division(recipe, DIGITS) == (len(kept), len(held_out))


def test_operations_are_those_of_the_network_for_every_image_of_every_epoch() -> None:
    recipe = make_recipe("article-cnn", epochs=3)
    found, work = estimate(recipe, DIGITS, SPEEDS), count_multiplications("article-cnn", recipe.shape(10))
    assert found.parameters == 282_250
    assert found.prediction_work == 2 * work
    assert found.training_work == 3 * 2 * work * 3 * found.train_images
    assert found.machine_share == pytest.approx(6 * work * 1000 / 1e12)
    assert found.steps_per_epoch == -(-found.train_images // 32)
    assert found.memory > PROCESS + SPEEDS.memory


def test_images_that_grow_cost_less_and_pass_faster() -> None:
    whole, growing = (make_recipe("fast", epochs=20, grow=grow) for grow in (1.0, 0.5))
    found, more = estimate(growing, DIGITS, SPEEDS), estimate(whole, DIGITS, SPEEDS)
    share = growing_share(growing, 10)
    assert growing_share(whole, 10) == 1 and 0.4 < share < 0.8
    assert found.training_work == pytest.approx(share * more.training_work, rel=1e-6)
    assert found.images_per_second == pytest.approx(more.images_per_second / share)
    assert found.seconds < more.seconds


def test_an_epoch_takes_as_long_as_its_images_at_their_speeds() -> None:
    one, three = (estimate(make_recipe("article-cnn", epochs=epochs), DIGITS, SPEEDS) for epochs in (1, 3))
    an_epoch = one.train_images / 1000 + one.validation_images / 2000
    assert three.seconds - one.seconds == pytest.approx(2 * an_epoch, rel=0.15)


@pytest.mark.parametrize(
    "changes",
    [
        {"batch_size": 64},
        {"flip": True},
        {"optimizer": "sgd"},
        {"ema": 0.99},
        {"precision": "fp32"},
        {"image_side": 64},
    ],
)
def test_what_decides_the_speed_makes_it_other_work(changes: dict[str, object]) -> None:
    assert cost_key(make_recipe("case-study", **changes), DIGITS) != cost_key(QUICK, DIGITS)


@pytest.mark.parametrize(
    "changes", [{"epochs": 50}, {"learning_rate": 0.1}, {"seed": 3}, {"label_smoothing": 0.1}, {"width": 512}]
)
def test_what_does_not_decide_it_makes_it_the_same(changes: dict[str, object]) -> None:
    """The width is none of a network that has its own."""
    assert cost_key(make_recipe("case-study", **changes), DIGITS) == cost_key(QUICK, DIGITS)


def test_a_larger_batch_than_there_are_images_is_all_of_them() -> None:
    few, fewer = (make_recipe("case-study", train_images=100, batch_size=size) for size in (200, 1000))
    assert cost_key(few, DIGITS) == cost_key(fewer, DIGITS)


def test_nothing_known_is_a_guess_that_says_so(home: Path) -> None:
    found = expect(QUICK, DIGITS, [])
    assert found.source == "guess" and found.seconds > 0 and found.machine_share is None


def test_a_run_that_did_the_same_work_is_believed(used: Run) -> None:
    found = expect(replace_epochs(recipe_of(used), 20), DIGITS, [used])
    assert (found.source, found.images_per_second) == ("run", used.result["images_per_second"])
    other = expect(make_recipe("case-study", batch_size=128), DIGITS, [used])
    assert other.source == "guess"
    disturbed = replace(used, result=used.result | {"undisturbed": 0.4})
    assert expect(recipe_of(used), DIGITS, [disturbed]).source == "guess"
    shipped = replace(used, shipped=used.folder)
    assert expect(recipe_of(used), DIGITS, [shipped]).source == "guess", (
        "what comes with Vitrine ran on another machine"
    )


def test_a_run_that_learnt_its_last_layer_alone_tells_nothing_of_the_speed_of_training(used: Run) -> None:
    figures = {"epochs": 0, "images_per_second": 8.0}
    head = replace(used, spec=used.spec | {"recipe": used.recipe | {"epochs": 0}}, result=used.result | figures)
    nothing = expect(QUICK, DIGITS, [])
    assert expect(recipe_of(used), DIGITS, [head]).source == "guess"
    assert expect(QUICK, DIGITS, [head]).seconds == nothing.seconds


def test_a_network_that_is_taken_over_is_estimated_as_what_it_is(used: Run) -> None:
    with held(remember("at-work", "running")):  # nothing is tried meanwhile
        expected, _warnings = tasks.estimate("digits", make_recipe("transfer", start=used.id))
    assert expected.source == "guess"
    own = estimate(recipe_of(used), DIGITS, SPEEDS)
    assert (expected.parameters, expected.prediction_work) == (own.parameters, own.prediction_work)
    kept, _held_out = division(make_recipe("transfer"), DIGITS)
    alone, looking = (
        estimate(make_recipe("case-study", start=start, validation_share=0.2), DIGITS, SPEEDS) for start in (None, "x")
    )
    assert looking.seconds - alone.seconds == pytest.approx(1000 / SPEEDS.prediction) and kept > 1000


def test_a_run_stores_what_was_expected_of_it(used: Run) -> None:
    assert used.spec["cost_key"] == cost_key(recipe_of(used), DIGITS)
    assert used.spec["expected_from"] == "guess" and used.spec["expected_seconds"] > 0


def replace_epochs(recipe: Recipe, epochs: int) -> Recipe:
    return recipe.model_copy(update={"epochs": epochs})


def test_what_a_trial_promised_too_little_is_corrected_next_time(used: Run) -> None:
    told = {"expected_from": "trial", "expected_factor": 1.0, "expected_seconds": used.result["seconds"] / 1.5}
    wrong = replace(used, spec=used.spec | told)
    assert correction([wrong]) == pytest.approx(1.5)
    assert correction([replace(wrong, state="stopped")]) == 1.0
    assert correction([replace(wrong, spec=wrong.spec | {"expected_factor": None})]) == 1.0  # a guess, or a busy moment
    elsewhere = replace(wrong, spec=wrong.spec | {"cost_key": "another-machine"})
    assert correction([elsewhere]) == 1.0


def test_an_estimate_is_a_task_that_tries_what_nobody_knows(tried: Tried) -> None:
    assert isinstance(tried.told, Estimate) and (tried.before.source, tried.told.source) == ("guess", "trial")
    assert [warning.code for warning in tried.warnings] == ["caution_mirror"]


def test_a_trial_tells_the_speed_and_is_remembered(tried: Tried, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_HOME", str(tried.home))
    found = expect(replace_epochs(tried.recipe, 3), DIGITS, [])
    assert found.source == "trial"
    assert found.images_per_second > 0 and found.machine_share is not None and 0 < found.machine_share <= 1
    assert 0 < found.memory - PROCESS < 4 << 30
    assert promise(tried.recipe, DIGITS, [], "auto")["expected_from"] == "trial"


def test_a_trial_that_was_held_up_is_believed_for_a_moment_only(tried: Tried, home: Path) -> None:
    shutil.copytree(tried.home, home)
    (file,) = paths.folder("trials").iterdir()
    file.write_text(json.dumps({**json.loads(file.read_text()), "undisturbed": 0.1}))
    assert expect(tried.recipe, DIGITS, []).busy
    os.utime(file, (0, time.time() - 3600))
    assert expect(tried.recipe, DIGITS, []).source == "guess"


def test_what_another_version_remembered_is_forgotten(home: Path) -> None:
    (paths.folder("trials") / f"{cost_key(QUICK, DIGITS)}.json").write_text('{"speed": 1}')
    assert expect(QUICK, DIGITS, []).source == "guess"


def test_a_trial_in_the_background_does_not_hold_anybody_up(home: Path) -> None:
    trials, recipe = Trials(), make_recipe("case-study", batch_size=50)
    started = time.monotonic()
    trials.begin(recipe, DIGITS)
    assert time.monotonic() - started < 0.5
    deadline = time.monotonic() + PATIENCE
    while expect(recipe, DIGITS, []).source == "guess":
        assert trials.failure(recipe, DIGITS) is None and time.monotonic() < deadline
        time.sleep(0.05)


def test_a_trial_whose_result_cannot_be_kept_is_told_and_not_made_again(home: Path) -> None:
    recipe, trials = make_recipe("case-study", batch_size=40), Trials()
    (paths.folder("trials") / f"{cost_key(recipe, DIGITS)}.json").mkdir()  # in the place of the file
    trials.begin(recipe, DIGITS)
    deadline = time.monotonic() + PATIENCE
    while (failure := trials.failure(recipe, DIGITS)) is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "cannot be shown" in str(failure)


def test_a_network_that_does_not_fit_is_never_tried() -> None:
    if psutil.virtual_memory().available > 45 << 30:
        pytest.skip("it would fit here")
    with pytest.raises(VitrineError) as refused:
        probe.trial(make_recipe("rnn", width=2048, depth=12, image_side=224), 10, 100, "cpu")
    assert refused.value.code == "trial_memory"


def test_only_a_part_of_a_batch_that_would_take_too_long_is_tried() -> None:
    started = time.monotonic()
    facts = probe.trial(make_recipe("resnet", batch_size=4096, image_side=64), 10, 45_000, "cpu")
    assert time.monotonic() - started < PATIENCE
    assert facts["memory"] > 4096 * 64 * 64 * 3
    assert np.isfinite(list(facts.values())).all()
