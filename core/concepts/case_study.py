"""The case study: 1,000 images of 32 × 32 pixels, ten classes, the smallest convolutional network that works."""

from collections.abc import Iterable

import numpy as np

from core.data.imageset import load_split
from core.data.lookup import dataset_of, has_rows_of
from core.data.versions import Dataset, list_datasets
from core.errors import VitrineError
from core.runs.run import Run

NAME = "case-study"  # of its preset and family
CLASSES, IMAGES = 10, 1000


def suitable() -> list[Dataset]:
    """The datasets here that have ten classes and enough images to learn from, the embedded ones last."""
    found = [data for data in list_datasets() if len(data.classes) == CLASSES and data.size("train") >= IMAGES]
    return sorted(found, key=lambda data: data.embedded)


def latest(runs: Iterable[Run], chosen: Run | None = None) -> Run | None:
    """The newest of the runs that trains the case study or has; the chosen one rather, if it does. One that failed tells nothing."""
    candidates = [run for run in ([chosen] if chosen else []) + list(runs) if _is_one(run)]
    return candidates[0] if candidates else None


def held_out(run: Run) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """A few images that only validated: pixels uint8 `[n, side, side, 3]`, their labels `[n]`, and all classes.

    Raises:
        VitrineError: when its images are not here any more, or it has told of none.
    """
    samples = run.samples
    dataset = dataset_of(run)
    if not samples or not has_rows_of(dataset, run):
        raise VitrineError("dataset_not_here", name=run.data, run=run.name)
    images = load_split(dataset, "train", run.recipe["image_side"])
    places = np.searchsorted(images.rows, samples[max(samples)].rows)
    return np.asarray(images.pixels[places]), images.labels[places], images.classes


def _is_one(run: Run) -> bool:
    names_it = run.preset == NAME and run.recipe.get("family") == NAME and not run.recipe.get("start")
    return names_it and (run.active or run.has_bundle)
