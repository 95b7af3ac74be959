"""The loop learns, stops, is killed, and goes on as if nothing had been."""

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.data.imageset import ImageSet, Selection, hold_out, load_split
from core.data.versions import get_dataset
from core.errors import VitrineError
from core.training.loop import FitResult, fit
from core.training.presets import make_recipe
from core.training.trainer import EARLY_POINT
from tests.processes import ROOT

Splits = tuple[ImageSet, ImageSet]
SMALL = make_recipe("case-study", epochs=4, train_images=300, dropout=0.2, l1=1e-5, seed=3)

RUN_UNTIL_KILLED = """
import sys
from pathlib import Path
from tests.training.test_loop import SMALL, Listener, fit, load_splits

fit(SMALL, *load_splits(), Listener(epochs=2, batches=2, kill=True), Path(sys.argv[1]))
"""


class Listener:
    """Keeps what it hears; asks to stop, or kills its own process, once it has heard `epochs` epochs and `batches` more."""

    def __init__(self, epochs: float = float("inf"), batches: int = 0, kill: bool = False) -> None:
        self.points: list[tuple[int, dict[str, float]]] = []
        self.told: dict[int, Sequence[Sequence[float]]] = {}
        self.epochs, self.batches, self.kill = epochs, batches, kill

    def step(self, metrics: dict[str, float], step: int) -> None:
        self.points.append((step, metrics))

    def progress(self, done: float, **figures: Any) -> None:
        assert 0 < done <= 1
        assert figures["images_per_second"] > 0 and figures["machine_share"] > 0 and figures.get("eta_seconds", 0) >= 0

    def samples(self, epoch: int, rows: Sequence[int], probabilities: Sequence[Sequence[float]]) -> None:
        assert len(rows) == len(probabilities)
        self.told[epoch] = probabilities

    def stopped(self) -> bool:
        if len(self.ends()) < self.epochs:
            return False
        self.batches -= 1
        if self.kill and self.batches < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return self.batches < 0

    def ends(self) -> list[dict[str, float]]:
        return [metrics for _, metrics in self.points if "val_loss" in metrics]


def load_splits() -> Splits:
    images = load_split(get_dataset("digits"), "train", 32)
    kept, held_out = hold_out(images.labels, 0.1, seed=0, limit=300)
    return images.subset(kept), images.subset(held_out)


@pytest.fixture(scope="module")
def splits() -> Splits:
    return load_splits()


@pytest.fixture(scope="module")
def uninterrupted(splits: Splits, tmp_path_factory: pytest.TempPathFactory) -> tuple[FitResult, Listener]:
    heard = Listener()
    return fit(SMALL, *splits, heard, tmp_path_factory.mktemp("run") / "checkpoint.pt"), heard


def test_it_learns_digits(splits: Splits, tmp_path: Path) -> None:
    heard = Listener()
    result = fit(make_recipe("article-cnn", epochs=8), *splits, heard, tmp_path / "checkpoint.pt")
    assert heard.ends()[-1]["val_accuracy"] > 0.85
    assert heard.ends()[-1]["train_loss"] < heard.ends()[0]["train_loss"] / 3
    assert (result.epochs, result.stopped, result.model.training) == (8, False, False)


def test_it_tells_of_ten_places_in_an_epoch_and_of_one_at_once(splits: Splits, tmp_path: Path) -> None:
    heard = Listener()
    fit(make_recipe("case-study", epochs=2, batch_size=4), *splits, heard, tmp_path / "checkpoint.pt")
    steps = -(-len(splits[0]) // 4)
    inside = [step for step, metrics in heard.points if "batch_loss" in metrics]
    assert inside == sorted({EARLY_POINT, *(-(-steps * k // 10) for k in range(1, 21))})
    assert [step for step, metrics in heard.points if "val_loss" in metrics] == [steps, 2 * steps]
    assert [metrics["epoch"] for metrics in heard.ends()] == [1, 2]


def test_an_epochs_figures_are_the_mean_over_its_images(
    splits: Splits, uninterrupted: tuple[FitResult, Listener]
) -> None:
    points, total = uninterrupted[1].points, len(splits[0])
    first = [metrics for _, metrics in points[: next(i for i, p in enumerate(points) if "val_loss" in p[1])]]
    steps = [step for step, _ in points[: len(first)]]
    images = np.diff([0, *(min(step * SMALL.batch_size, total) for step in steps)])
    mean = sum(m["batch_loss"] * n for m, n in zip(first, images, strict=True)) / total
    assert uninterrupted[1].ends()[0]["train_loss"] == pytest.approx(mean, rel=1e-5)


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd"])
def test_a_stopped_run_resumes_exactly(splits: Splits, tmp_path: Path, optimizer: str) -> None:
    recipe = SMALL.model_copy(
        update={"optimizer": optimizer, "schedule": "triangular", "weight_decay": 1e-3, "learning_rate": 0.01}
    )
    whole, first, second = Listener(), Listener(epochs=2, batches=3), Listener()
    expected = fit(recipe, *splits, whole, tmp_path / "whole.pt")
    assert fit(recipe, *splits, first, tmp_path / "checkpoint.pt").stopped
    resumed = fit(recipe, *splits, second, tmp_path / "checkpoint.pt")
    assert _curves(first) | _curves(second) == _curves(whole)
    assert second.points[0] == next(point for point in reversed(first.points) if "val_loss" in point[1])
    _assert_same_weights(resumed, expected)


def test_a_killed_run_resumes_exactly(
    splits: Splits, uninterrupted: tuple[FitResult, Listener], tmp_path: Path
) -> None:
    checkpoint = tmp_path / "checkpoint.pt"
    victim = subprocess.run([sys.executable, "-c", RUN_UNTIL_KILLED, checkpoint], cwd=ROOT, timeout=60)
    assert victim.returncode == -signal.SIGKILL
    heard = Listener()
    resumed = fit(SMALL, *splits, heard, checkpoint)
    expected, whole = uninterrupted
    assert [metrics["epoch"] for metrics in heard.ends()] == [2, 3, 4]  # the last finished one is told of again
    assert _curves(heard).items() <= _curves(whole).items()
    _assert_same_weights(resumed, expected)


def test_a_finished_run_is_not_trained_again(splits: Splits, tmp_path: Path) -> None:
    recipe = SMALL.model_copy(update={"epochs": 1})
    once = fit(recipe, *splits, Listener(), tmp_path / "checkpoint.pt")
    heard = Listener()
    _assert_same_weights(fit(recipe, *splits, heard, tmp_path / "checkpoint.pt"), once)
    assert len(heard.points) == 1


def test_the_checkpoint_is_there_before_its_epoch_is_told_of(splits: Splits, tmp_path: Path) -> None:
    class Looking(Listener):
        def step(self, metrics: dict[str, float], step: int) -> None:
            super().step(metrics, step)
            assert ("val_loss" in metrics) == ("epochs_done" in metrics)
            if "epochs_done" in metrics:
                state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
                assert state["position"]["epoch"] == metrics["epoch"] == metrics["epochs_done"]
            assert not list(tmp_path.glob("*.part"))

    heard = Looking()
    fit(SMALL, *splits, heard, tmp_path / "checkpoint.pt")
    assert len(heard.ends()) == 4


def test_a_stopped_run_keeps_its_best_weights(splits: Splits, tmp_path: Path) -> None:
    recipe = make_recipe("case-study", epochs=30, optimizer="sgd", learning_rate=0.1, seed=1)
    heard = Listener(epochs=6, batches=2)
    result = fit(recipe, *splits, heard, tmp_path / "checkpoint.pt")
    best = max(end["val_accuracy"] for end in heard.ends())
    assert result.stopped and result.epochs == 6
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert state["position"]["best_accuracy"] == best
    assert all(torch.equal(value, state["best"][name]) for name, value in result.model.state_dict().items())


def test_a_run_stopped_before_its_first_epoch_ends_keeps_what_it_has(splits: Splits, tmp_path: Path) -> None:
    result = fit(SMALL, *splits, Listener(epochs=0, batches=2), tmp_path / "checkpoint.pt")
    assert result.stopped and result.epochs == 0
    assert not (tmp_path / "checkpoint.pt").exists()
    assert not result.model.training


def test_a_stop_is_heard_within_half_a_second(splits: Splits, tmp_path: Path) -> None:
    asked: list[float] = []

    class Impatient(Listener):
        def stopped(self) -> bool:
            asked.append(time.perf_counter())
            return len(asked) >= 5

    fit(make_recipe("article-cnn"), *splits, Impatient(), tmp_path / "checkpoint.pt")
    assert len(asked) == 5  # between all steps
    assert max(after - before for before, after in itertools.pairwise(asked)) < 0.5


def test_a_diverged_run_says_at_which_step(splits: Splits, tmp_path: Path) -> None:
    recipe = make_recipe("article-cnn", optimizer="sgd", learning_rate=1.0, weight_decay=1.0, l1=0.01, epochs=50)
    with pytest.raises(VitrineError) as error:
        fit(recipe, *splits, Listener(), tmp_path / "checkpoint.pt")
    assert error.value.code == "diverged"
    assert 0 < error.value.params["step"] <= 50 * 10
    assert "far below 1." in str(error.value)


def test_l1_makes_weights_small(splits: Splits, tmp_path: Path) -> None:
    sizes = []
    for l1 in (0.0, 0.001):
        result = fit(make_recipe("case-study", epochs=3, l1=l1), *splits, Listener(), tmp_path / f"{l1}.pt")
        sizes.append(result.model.head.weight.abs().mean().item())
    assert sizes[1] < 0.7 * sizes[0]


def test_images_that_exceed_memory_are_trained_from_the_map(
    splits: Splits, tmp_path: Path, uninterrupted: tuple[FitResult, Listener]
) -> None:
    train, validation = splits
    np.save(tmp_path / "pixels.npy", train.pixels)
    mapped = ImageSet(np.load(tmp_path / "pixels.npy", mmap_mode="r"), train.labels, train.classes, train.rows)
    left = mapped.subset(np.arange(len(train)), memory=1 << 20)
    assert isinstance(left.pixels, Selection)
    _assert_same_weights(fit(SMALL, left, validation, Listener(), tmp_path / "checkpoint.pt"), uninterrupted[0])


def _curves(heard: Listener) -> dict[tuple[int, str], float]:
    return {(step, key): value for step, metrics in heard.points for key, value in metrics.items()}


def _assert_same_weights(one: FitResult, other: FitResult) -> None:
    expected = other.model.state_dict()
    for name, value in one.model.state_dict().items():
        assert torch.equal(value, expected[name]), name
