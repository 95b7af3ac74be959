"""Labels that may be wrong: where a model that never learnt from an image is sure of another class (confident learning).

Northcutt et al., 2021, arXiv 1911.00068; the search is cleanlab's. What is found are candidates, for a person to look at.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.bundle.predictor import Predictor
from core.data.imageset import ImageSet, hold_out

if TYPE_CHECKING:
    from core.training.loop import FitResult
    from core.training.recipe import Recipe
    from core.training.trainer import Reporter

    Learn = Callable[[ImageSet, ImageSet, Reporter, Path], FitResult]

MOST = 500  # candidates that are remembered
Report = Callable[[int, int], None]


@dataclass(frozen=True)
class Doubt:
    """An image whose label may be wrong.

    Attributes:
        row: of the dataset's manifest.
        given, likely: number of the class that it stands under, and of the one that the model names.
        probability: of the likely class; `own` of the given one.
    """

    row: int
    given: int
    likely: int
    probability: float
    own: float


@dataclass(frozen=True)
class Doubts:
    """What was found.

    Attributes:
        n: how many images were looked at; `found` of them are candidates.
        worst: those whose own label is least likely first, at most :data:`MOST`.
    """

    n: int
    found: int
    worst: list[Doubt]

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "Doubts":
        return cls(fields["n"], fields["found"], [Doubt(**one) for one in fields["worst"]])


def doubts(labels: np.ndarray, probabilities: np.ndarray, rows: np.ndarray) -> Doubts:
    """The candidates among images by what a model says that did not learn from them.

    Args:
        labels: int `[n]`.
        probabilities: `[n, classes]`.
        rows: int `[n]`, of the manifest.
    """
    from cleanlab.filter import find_label_issues

    present = np.unique(labels)  # cleanlab wants every class among the labels
    if len(present) < 2:
        return Doubts(len(labels), 0, [])
    among = probabilities[:, present].astype(np.float64)
    among /= among.sum(axis=1, keepdims=True)
    order = find_label_issues(
        np.searchsorted(present, labels), among, return_indices_ranked_by="self_confidence", n_jobs=1
    )
    likely = probabilities.argmax(axis=1)
    order = [place for place in order.tolist() if likely[place] != labels[place]]
    worst = [
        Doubt(
            int(rows[place]),
            int(labels[place]),
            int(likely[place]),
            float(probabilities[place, likely[place]]),
            float(probabilities[place, labels[place]]),
        )
        for place in order[:MOST]
    ]
    return Doubts(len(labels), len(order), worst)


def held_out_doubts(
    predictor: Predictor, images: list[ImageSet], report: Report, stopped: Callable[[], bool]
) -> Doubts | None:
    """Candidates among images that the bundle did not learn from; None when it was stopped.

    Args:
        images: the test split, and the validation images where they are known.
    """
    probabilities = []
    for number, part in enumerate(images, start=1):
        if stopped():
            return None
        probabilities.append(predictor.run(np.asarray(part.pixels[:]), ("probabilities",)).probabilities)
        report(number, len(images))
    labels, rows = (np.concatenate([getattr(part, name) for part in images]) for name in ("labels", "rows"))
    return doubts(labels, np.concatenate(probabilities), rows)


def trained_doubts(
    recipe: "Recipe", learn: "Learn", training: ImageSet, report: Report, stopped: Callable[[], bool]
) -> Doubts | None:
    """Candidates among training images; None when it was stopped.

    Two networks of the recipe learn from one half each, and judge the other: together that takes as long as one training.

    Args:
        learn: trains a network by the recipe, from images to learn from and others to hold out.
        training: the whole split.
    """
    from core.bundle.calibration import fit_temperature
    from core.bundle.export import outputs
    from core.training.batches import to_input
    from core.training.progress import Told

    halves = hold_out(training.labels, 0.5, recipe.seed)
    probabilities = np.empty((len(training), len(training.classes)), np.float32)
    for number, (learnt, judged) in enumerate((halves, halves[::-1])):
        images, others = training.subset(learnt), training.subset(judged)
        kept, held_out = hold_out(images.labels, recipe.validation_share, recipe.seed, recipe.train_images)

        def tell(done: float, before: int = number) -> None:
            report(round(500 * (before + done)), 1000)

        validation = images.subset(held_out)
        with tempfile.TemporaryDirectory() as folder:
            fitted = learn(images.subset(kept), validation, Told(tell, stopped), Path(folder) / "checkpoint.pt")
        if fitted.stopped:
            return None
        model = fitted.model.cpu()
        temperature = fit_temperature(outputs(model, to_input, validation.pixels)[0], validation.labels)
        logits = outputs(model, to_input, others.pixels)[0] / temperature
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities[judged] = powers / powers.sum(axis=1, keepdims=True)
    return doubts(training.labels, probabilities, training.rows)
