"""What a run does besides taking steps: it averages, loses patience, shows samples, and gives up on hopeless recipes."""

from pathlib import Path
from typing import Any

import pytest
import torch

from core.errors import VitrineError
from core.training.loop import fit
from core.training.presets import make_recipe
from core.training.recipe import Recipe
from core.training.trainer import SAMPLES, Trainer
from tests.training.test_loop import Listener, Splits, load_splits


@pytest.fixture(scope="module")
def splits() -> Splits:
    return load_splits()


def recipe(**changes: Any) -> Recipe:
    return make_recipe("case-study", **{"epochs": 3, "train_images": 300, **changes})


def trainer(splits: Splits, folder: Path, **changes: Any) -> Trainer:
    return Trainer(recipe(**changes), *splits, Listener(), folder / "checkpoint.pt")


def test_a_patient_run_that_gets_no_better_stops_and_takes_its_best_weights(splits: Splits, tmp_path: Path) -> None:
    heard = Listener()
    impatient = recipe(epochs=60, patience=3, optimizer="sgd", learning_rate=0.1, seed=1)
    result = fit(impatient, *splits, heard, tmp_path / "checkpoint.pt")
    accuracies = [end["val_accuracy"] for end in heard.ends()]
    best = accuracies.index(max(accuracies)) + 1
    assert result.early and not result.stopped
    assert result.epochs == len(accuracies) == best + 3 < 60
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert all(torch.equal(value, state["best"][name]) for name, value in result.model.state_dict().items())


def test_a_run_that_lost_patience_does_not_go_on_when_resumed(splits: Splits, tmp_path: Path) -> None:
    impatient = recipe(epochs=60, patience=3, optimizer="sgd", learning_rate=0.1, seed=1)
    once = fit(impatient, *splits, Listener(), tmp_path / "checkpoint.pt")
    assert fit(impatient, *splits, Listener(), tmp_path / "checkpoint.pt").epochs == once.epochs


def test_the_model_kept_is_the_average_of_the_weights(splits: Splits, tmp_path: Path) -> None:
    at_work = trainer(splits, tmp_path, ema=0.9, learning_rate=0.01)
    before = at_work.model.head.weight.detach().clone()
    assert torch.equal(at_work.shown.head.weight, before)
    at_work.train_epoch()
    shown, current = at_work.shown.head.weight, at_work.model.head.weight
    assert at_work.shown is not at_work.model
    assert 0 < (current - shown).norm() < (current - before).norm()


def test_an_averaged_run_resumes_exactly(splits: Splits, tmp_path: Path) -> None:
    averaged = recipe(ema=0.98, label_smoothing=0.1, clip_norm=1.0, flip=True, crop=0.7, mixup=0.2, optimizer="muon")
    whole = fit(averaged, *splits, Listener(), tmp_path / "whole.pt")
    assert fit(averaged, *splits, Listener(epochs=1, batches=2), tmp_path / "checkpoint.pt").stopped
    resumed = fit(averaged, *splits, Listener(), tmp_path / "checkpoint.pt")
    expected = whole.model.state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in resumed.model.state_dict().items())


def test_the_same_recipe_gives_the_same_curves(splits: Splits, tmp_path: Path) -> None:
    heard = [Listener(), Listener()]
    for number, listener in enumerate(heard):
        fit(make_recipe("fast", epochs=2, width=16, batch_size=64), *splits, listener, tmp_path / f"{number}.pt")
    assert heard[0].points == heard[1].points
    other = Listener()
    fit(make_recipe("fast", epochs=2, width=16, batch_size=64, seed=1), *splits, other, tmp_path / "other.pt")
    assert other.points != heard[0].points


def test_some_validation_images_are_shown_after_each_epoch(splits: Splits, tmp_path: Path) -> None:
    heard = Listener()
    fit(recipe(), *splits, heard, tmp_path / "checkpoint.pt")
    assert sorted(heard.told) == [1, 2, 3]
    for probabilities in heard.told.values():
        assert len(probabilities) == SAMPLES
        assert all(sum(image) == pytest.approx(1) for image in probabilities)
    assert heard.told[1] != heard.told[3]


def test_long_gradients_are_cut(splits: Splits, tmp_path: Path) -> None:
    at_work = trainer(splits, tmp_path, clip_norm=0.01, optimizer="sgd", learning_rate=1.0)
    before = torch.cat([p.detach().flatten() for p in at_work.model.parameters()])
    at_work.train_batch(torch.arange(32))
    after = torch.cat([p.detach().flatten() for p in at_work.model.parameters()])
    assert (after - before).norm().item() == pytest.approx(0.01 * 1.9, rel=1e-3)  # Nesterov's first step: 1 + 0.9


def test_a_run_that_is_worse_than_guessing_gives_up(splits: Splits, tmp_path: Path) -> None:
    wild = recipe(optimizer="adam", learning_rate=1.0)
    with pytest.raises(VitrineError) as error:
        fit(wild, *splits, Listener(), tmp_path / "checkpoint.pt")
    assert error.value.code in ("hopeless", "diverged")
    assert "below 1" in str(error.value)


def test_images_may_begin_small(splits: Splits, tmp_path: Path) -> None:
    heard = Listener()
    growing = make_recipe("fast", epochs=8, width=16, batch_size=32, grow=0.5)
    fit(growing, *splits, heard, tmp_path / "checkpoint.pt")
    assert heard.ends()[-1]["val_accuracy"] > 0.5
