"""What was claimed for the classic CIFAR-10 network, and which runs here show what is true of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.data.versions import get_dataset
from core.errors import VitrineError
from core.evaluation.references import CIFAR10
from core.runs.run import Run
from core.training.presets import PRESETS
from core.training.recipe import Recipe

CLAIMED = 0.89  # test accuracy after ten epochs, for two convolutions and two dense layers


@dataclass(frozen=True)
class Evidence:
    """Finished runs on CIFAR-10, the newest of each kind; None where there is none.

    Attributes:
        published: the classic network, trained as it was published.
        tuned: the same network by the better recipe.
        best: the run of the highest validation accuracy, whatever its network.
    """

    published: Run | None
    tuned: Run | None
    best: Run | None


def evidence(runs: Sequence[Run]) -> Evidence:
    """What the runs show, newest first."""
    finished = [run for run in runs if run.state == "finished" and run.predictions.exists() and _on_cifar10(run)]
    ranked = sorted(finished, key=lambda run: run.val_accuracy or 0.0)
    return Evidence(
        next((run for run in finished if _trained_as(run, "article-cnn")), None),
        next((run for run in finished if _trained_as(run, "article-cnn-tuned")), None),
        ranked[-1] if ranked else None,
    )


def _on_cifar10(run: Run) -> bool:
    """Whether its classes are CIFAR-10's. JPEG copies and imports under another name count."""
    if run.bundled:
        return set(run.spec["classes"]) == set(CIFAR10)
    try:
        return set(get_dataset(run.data, run.data_version).classes) == set(CIFAR10)
    except VitrineError:
        return False


def _trained_as(run: Run, preset: str) -> bool:
    """Whether the recipe is the preset's; seed and precision aside, which are the machine's matter."""
    try:
        recipe = Recipe(**run.recipe)
    except ValueError:  # of another version
        return False
    aside = {"seed", "precision"}
    return recipe.model_dump(exclude=aside) == PRESETS[preset].model_dump(exclude=aside)
