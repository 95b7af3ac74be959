"""Trainings on fractions of a dataset, for a forecast: which ones, what they will take, and what came of them.

For each seed the same images are held out at every size, and a smaller size is part of a larger one, so that sizes differ by
nothing but their number. Test images are not touched. What was measured lies with the version of the dataset, by recipe, and each
training is kept when it is done: whoever stops loses one, and goes on with the next.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core import files
from core.data.imageset import ImageSet
from core.data.versions import Dataset
from core.errors import VitrineError
from core.evaluation.forecast import FEWEST, Point
from core.runs.run import Run
from core.training.estimate import FIXED, Estimate, division
from core.training.recipe import Recipe
from core.training.speeds import expect

if TYPE_CHECKING:
    from core.models.classifier import Classifier

SIZES, SEEDS = 5, 3
SPAN = 16  # the largest size over the smallest one
SHARE = 0.2  # of the training images that only measure, at least: what a forecast knows hangs on their number
_A_CLASS = 2  # images of each class in the smallest size, at least


def to_forecast(recipe: Recipe) -> Recipe:
    """The recipe as a forecast trains it: on as many images as there are, with enough held out to measure by."""
    share = max(recipe.validation_share, SHARE)
    return recipe.model_copy(update={"train_images": None, "seed": 0, "validation_share": share})


def trainings(recipe: Recipe, dataset: Dataset) -> list[Recipe]:
    """All trainings of a forecast, in the order in which they are done: after those of one seed there is a first curve.

    Raises:
        VitrineError: ``forecast_few`` when there are too few images to be divided so.
    """
    whole = division(recipe, dataset)[0]
    smallest = max(whole / SPAN, _A_CLASS * len(dataset.classes), 10)  # 10: no recipe learns from fewer
    if whole < FEWEST * smallest:
        needed = -(-FEWEST * max(_A_CLASS * len(dataset.classes), 10) // (1 - recipe.validation_share))
        raise VitrineError("forecast_few", name=dataset.name, found=dataset.size("train"), needed=int(needed))
    sizes = np.unique(np.geomspace(smallest, whole, SIZES).round().astype(int)).tolist()
    return [recipe.model_copy(update={"train_images": n, "seed": seed}) for seed in range(SEEDS) for n in sizes]


def missing(recipe: Recipe, dataset: Dataset) -> list[Recipe]:
    """The trainings that have not been done yet."""
    done = {(point.images, point.seed) for point in measured_points(dataset, recipe)}
    return [one for one in trainings(recipe, dataset) if (one.train_images, one.seed) not in done]


def expected(recipe: Recipe, dataset: Dataset, runs: Sequence[Run]) -> tuple[float, Estimate]:
    """The seconds that the missing trainings will take one after the other, and what one on all images would cost.

    Args:
        runs: training runs, newest first, as :func:`core.training.speeds.expect` learns from them.
    """
    each = [expect(one, dataset, runs).seconds - FIXED for one in missing(recipe, dataset)]
    return FIXED + sum(each), expect(recipe, dataset, runs)


def measured_points(dataset: Dataset, recipe: Recipe) -> list[Point]:
    """What trainings of this recipe gave on fractions of this version; empty where there were none."""
    try:
        fields = json.loads(_file(dataset, recipe).read_text(encoding="utf-8"))
        return [Point(**point) for point in fields["points"]]
    except (OSError, ValueError, KeyError, TypeError):  # not there, damaged, or another version's
        return []


def measure_fractions(
    recipe: Recipe,
    dataset: Dataset,
    images: ImageSet,
    report: Callable[[float, float], None],
    stopped: Callable[[], bool],
    device: str = "auto",
    body: Callable[[], "Classifier | None"] = lambda: None,
) -> bool:
    """Do the trainings that are missing, and keep each; False when it was stopped.

    Args:
        images: the training split.
        report: told of images learnt from, and of how many in all.
        body: gives what the recipe takes over, anew each time.
    """
    from core.bundle.export import outputs
    from core.training.aside import train_aside
    from core.training.batches import to_input

    todo = missing(recipe, dataset)
    sizes = [one.train_images or 0 for one in todo]
    for number, one in enumerate(todo):

        def tell(done: float, at: int = number) -> None:
            report(sum(sizes[:at]) + done * sizes[at], sum(sizes))

        trained = train_aside(one, images, tell, stopped, device, body())
        if trained is None:
            return False
        model, learnt, held_out = trained
        said = outputs(model, to_input, held_out.pixels)[0].argmax(axis=1)
        correct = int((said == held_out.labels).sum())
        keep(dataset, recipe, Point(len(learnt), one.seed, correct, len(held_out)))
    return True


def keep(dataset: Dataset, recipe: Recipe, point: Point) -> None:
    """Add what one training gave, whole or not at all."""
    points = [asdict(one) for one in (*measured_points(dataset, recipe), point)]
    files.replace(_file(dataset, recipe), json.dumps({"recipe": recipe.model_dump(mode="json"), "points": points}))


def _file(dataset: Dataset, recipe: Recipe) -> Path:
    decided = json.dumps(recipe.model_dump(mode="json", exclude={"preset"}), sort_keys=True)
    return dataset.cache / "fractions" / f"{hashlib.sha256(decided.encode()).hexdigest()[:16]}.json"
