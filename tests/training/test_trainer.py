"""What a run does besides taking steps: it averages, loses patience, shows samples, and gives up on hopeless recipes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.errors import VitrineError
from core.training.estimate import steps_an_epoch
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
    assert "far below 1" in str(error.value)


def test_images_may_begin_small(splits: Splits, tmp_path: Path) -> None:
    growing = make_recipe("fast", epochs=4, width=16, batch_size=32, grow=0.5)
    trainer = Trainer(growing, *splits, Listener(), tmp_path / "checkpoint.pt")
    sides: list[int] = []
    trainer.model.register_forward_pre_hook(lambda model, images: sides.append(images[0].shape[-1]))
    while not trainer.done:
        trainer.train_epoch()
        trainer.at.epoch += 1
    each = trainer.steps_per_epoch
    assert sides == [side for side in (16, 22, 26, 32) for _step in range(each)]


@pytest.mark.parametrize(("images", "sizes"), [(33, [16, 17]), (34, [16, 16, 2]), (32, [16, 16]), (7, [7])])
def test_no_batch_has_one_image_which_batch_norm_could_not_take(
    splits: Splits, tmp_path: Path, images: int, sizes: list[int]
) -> None:
    train, validation = splits
    mlp = make_recipe("mlp", epochs=1, batch_size=16, width=32)
    heard = Listener()
    at_work = Trainer(mlp, train.subset(np.arange(images)), validation, heard, tmp_path / "checkpoint.pt")
    seen: list[int] = []
    at_work.model.register_forward_pre_hook(lambda model, batch: seen.append(len(batch[0])))
    assert at_work.train_epoch()
    assert seen == sizes and at_work.at.images == images
    assert len(sizes) == at_work.steps_per_epoch == steps_an_epoch(images, 16)


def test_growing_images_resume_exactly(splits: Splits, tmp_path: Path) -> None:
    growing = make_recipe("fast", epochs=3, width=16, batch_size=64, grow=0.5, depth=1)
    whole, parts = Listener(), Listener(epochs=1)
    fit(growing, *splits, whole, tmp_path / "whole.pt")
    assert fit(growing, *splits, parts, tmp_path / "parts.pt").stopped
    parts.epochs = float("inf")
    fit(growing, *splits, parts, tmp_path / "parts.pt")
    assert parts.ends()[-1] == whole.ends()[-1]


def test_the_time_left_counts_that_later_images_are_larger(splits: Splits, tmp_path: Path) -> None:
    growing = make_recipe("fast", epochs=4, width=16, batch_size=64, grow=0.5, depth=1)
    at_work = Trainer(growing, *splits, Listener(), tmp_path / "checkpoint.pt")
    told: dict[str, Any] = {}
    at_work.reporter.progress = lambda done, **figures: told.update(figures)  # type: ignore[method-assign]
    at_work.at.epoch, at_work.at.images, at_work.at.train_seconds, at_work.speed_now = 0, 2000, 10.0, 200.0
    at_work.report_progress(1.0)
    assert told["eta_seconds"] > 1.5 * 3 * 10


def test_nothing_is_faster_than_the_machines_peak(splits: Splits, tmp_path: Path) -> None:
    """A product that was timed while something else ran says too little of the machine."""
    at_work = trainer(splits, tmp_path)
    told: dict[str, Any] = {}
    at_work.reporter.progress = lambda done, **figures: told.update(figures)  # type: ignore[method-assign]
    at_work.at.images, at_work.at.train_seconds, at_work.speed_limit = 2000, 10.0, 1e6
    at_work.speed_now = 200.0
    at_work.report_progress(0.5)
    assert told["machine_share"] == 1.0
    at_work.speed_now = 100.0
    at_work.report_progress(0.6)
    assert told["machine_share"] == 0.5


def test_patience_that_ends_with_the_last_epoch_takes_the_best_weights(splits: Splits, tmp_path: Path) -> None:
    impatient = recipe(epochs=60, patience=3, optimizer="sgd", learning_rate=0.1, seed=1)
    epochs = fit(impatient, *splits, Listener(), tmp_path / "first.pt").epochs
    result = fit(impatient.model_copy(update={"epochs": epochs}), *splits, Listener(), tmp_path / "second.pt")
    state = torch.load(tmp_path / "second.pt", weights_only=True)
    assert state["position"]["best_epoch"] == epochs - 3 and not result.early
    assert all(torch.equal(value, state["best"][name]) for name, value in result.model.state_dict().items())


def test_where_bf16_is_imitated_it_is_known_and_single_precision_is_the_limit(
    splits: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large product in bf16 would take minutes on such a processor."""
    monkeypatch.setattr("torch.cpu.get_capabilities", dict)
    timed: list[torch.dtype] = []

    def timing(device: torch.device, kind: torch.dtype) -> float:
        timed.append(kind)
        return 1e9

    monkeypatch.setattr("core.training.trainer.product_speed", timing)
    assert [trainer(splits, tmp_path, precision=one).imitates for one in ("bf16", "fp32", "auto")] == [
        True,
        False,
        False,
    ]
    assert timed == [torch.float32] * 3
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"avx512_bf16": True})
    assert not trainer(splits, tmp_path, precision="auto").imitates and timed[-1] == torch.bfloat16
