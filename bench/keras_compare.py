"""Against the article's own program in Keras: images a second at its batch of 32, and time to its final accuracy.

Keras gets an environment of its own, ``.bench-venv``, made on first use; both sides get the same decoded pixels.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from bench.figures import Bench, Figure, spread
from core.data.imageset import hold_out, load_split
from core.data.versions import get_dataset
from tests.processes import ROOT

KERAS = "tensorflow-cpu==2.21.0"
PYTHON = ROOT / ".bench-venv" / "bin" / "python"
ROUNDS = 3
SPEED_TARGET, TIME_TARGET = 2.0, 3.0
# The same network with larger batches and a rate that falls, found by validation accuracy. The test set only reports.
EPOCHS = 6
RECIPE = (f"epochs={EPOCHS}", "batch_size=128", "learning_rate=0.003", "schedule=triangular")


def measure(bench: Bench) -> list[Figure]:
    data = bench.cifar_dataset
    _make_environment()
    return [_speed(bench, data), _time_to_accuracy(bench, data)]


def _speed(bench: Bench, data: str) -> Figure:
    pixels = _pixels(bench, data, everything=False)
    ours, theirs = [], []
    for number in range(ROUNDS):
        # Keras' first epoch traces its graph: the second counts. Ours counts from its first step on.
        report = _keras(pixels, "--epochs", 2, "--seed", number)
        theirs.append(report["images"] / report["seconds"][1])
        run = bench.train(data, f"speed-{number}", "epochs=2", seed=number)
        ours.append(run["images_per_second"])
    ratio = statistics.median(ours) / statistics.median(theirs)
    return Figure(
        name="training images/s at batch 32, over Keras",
        target=f"at least {SPEED_TARGET:g}×",
        measured=f"{ratio:.2f}× ({spread(ours, '{:,.0f}')} over {spread(theirs, '{:,.0f}')})",
        sample=f"{ROUNDS} rounds in turn, 45,000 images an epoch",
        conditions=f"article-cnn, the worker's loop; Keras {report['keras']}; medians; training only",
        reached=ratio >= SPEED_TARGET,
    )


def _time_to_accuracy(bench: Bench, data: str) -> Figure:
    published = _keras(_pixels(bench, data, everything=True))
    theirs, target = sum(published["seconds"]), published["test_accuracy"]
    runs = [bench.train(data, f"quick-{seed}", *RECIPE, seed=seed) for seed in range(ROUNDS)]
    accuracies = [bench.vitrine("evaluate", run["run_id"])["accuracy"] for run in runs]
    kept, _held_out = hold_out(load_split(get_dataset(data), "train").labels, 0.1, seed=0)
    ours = [EPOCHS * len(kept) / run["images_per_second"] for run in runs]
    ratio = theirs / statistics.median(ours)
    return Figure(
        name="time to Keras' own final accuracy",
        target=f"at least {TIME_TARGET:g}× faster",
        measured=(
            f"{ratio:.1f}× ({spread(ours, '{:.0f}')} s to {spread(accuracies, '{:.2%}')}; Keras {theirs:.0f} s to {target:.2%})"
        ),
        sample=f"{ROUNDS} runs of ours, 1 of Keras; 10,000 test images; median (range)",
        conditions=f"same network, ours with {', '.join(RECIPE)}; training alone, without imports, validation and sealing",
        reached=min(accuracies) >= target and ratio >= TIME_TARGET,
    )


def _make_environment() -> None:
    if not PYTHON.exists():
        subprocess.run([sys.executable, "-m", "venv", PYTHON.parents[1]], check=True)
    quietly = ["--quiet", "--disable-pip-version-check"]
    subprocess.run([PYTHON, "-m", "pip", "install", *quietly, KERAS], check=True)


def _keras(pixels: Path, *options: object) -> dict[str, Any]:
    done = subprocess.run(
        [PYTHON, "-m", "bench.keras_side", pixels, *map(str, options)],
        cwd=ROOT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        stdout=subprocess.PIPE,
        check=True,
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _pixels(bench: Bench, name: str, *, everything: bool) -> Path:
    """The decoded images for Keras: all of them, as the article trains, or those that our run trains on."""
    path = bench.home / f"{name}-{'all' if everything else 'train'}.npz"
    if not path.exists():
        dataset = get_dataset(name)
        train, test = load_split(dataset, "train"), load_split(dataset, "test")
        kept = train if everything else train.subset(hold_out(train.labels, 0.1, seed=0)[0])
        np.savez(
            path,
            train_images=kept.pixels,
            train_labels=kept.labels,
            test_images=test.pixels,
            test_labels=test.labels,
        )
    return path
