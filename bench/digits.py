"""How good ``digits-cnn`` is, the recipe of the model that comes with Vitrine: five-fold cross-validation over all 1,797 scans.

Every image is judged once, by a network that neither learnt from it nor was chosen by it. The recipe was chosen on parts held out of
fold 0's training images, repeatedly; no fold's test images had a say.
"""

import zipfile
from pathlib import Path

import numpy as np
from sklearn.model_selection import StratifiedKFold

from bench.figures import Bench, Figure, spread
from core.data.versions import Dataset, get_dataset
from core.evaluation.metrics import wilson_interval
from core.runs.library import get_run
from core.training.recipes import complete, to_link

TARGET, TIME_TARGET = 0.988, 60.0
FOLDS, SEED = 5, 0


def measure(bench: Bench) -> list[Figure]:
    digits = get_dataset("digits")
    recipe = to_link(complete(get_run("bundled-digits-cnn").recipe))  # the very one that is bundled
    preset, settings = recipe.pop("preset"), [f"{name}={value}" for name, value in recipe.items() if name != "seed"]
    labels = digits.manifest("label")["label"].to_numpy()
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(labels, labels)
    accuracies, seconds, right = [], [], 0
    for number, (train, test) in enumerate(folds):
        name = f"digits-fold-{number}"
        packed = _packed(digits, train, bench.home / "train.zip"), _packed(digits, test, bench.home / "test.zip")
        bench.vitrine("data", "import", name, packed[0], "--test", packed[1])
        run = bench.train(name, name, *settings, seed=number, preset=preset)
        result = bench.vitrine("evaluate", run["run_id"])
        accuracies.append(result["accuracy"])
        seconds.append(run["seconds"])
        right += round(result["accuracy"] * result["n"])
    mean, (low, high) = float(np.mean(accuracies)), wilson_interval(right, len(labels))
    each = ", ".join(f"{accuracy:.2%}" for accuracy in accuracies)
    conditions = "the recipe of digits-cnn by the sealed bundle; stratified folds, shuffled by seed 0; fold k trained with seed k"
    return [
        Figure(
            name="accuracy of digits-cnn, five-fold",
            target=f"at least {TARGET:.1%}",
            measured=f"{mean:.2%} ({each}); 95% interval {low:.2%} to {high:.2%}",
            sample=f"{FOLDS} folds, {len(labels):,} images, each judged once",
            conditions=conditions,
            reached=mean >= TARGET,
        ),
        Figure(
            name="training of digits-cnn, with sealing",
            target=f"under {TIME_TARGET:g} s",
            measured=f"{spread(seconds, '{:.0f}')} s",
            sample=f"{FOLDS} runs; median (range)",
            conditions=conditions,
            reached=max(seconds) < TIME_TARGET,
        ),
    ]


def _packed(digits: Dataset, rows: np.ndarray, file: Path) -> Path:
    """A ZIP of these rows' files, a folder per class."""
    names = digits.manifest("path")["path"].to_pylist()
    with zipfile.ZipFile(file, "w") as archive:
        for row, data in zip(rows, digits.originals(rows.tolist()), strict=True):
            archive.writestr(names[row], data)
    return file
