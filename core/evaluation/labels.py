"""Labels that may be wrong: where a model that never learnt from an image is sure of another class (confident learning).

Northcutt et al., 2021, arXiv 1911.00068; the search is cleanlab's. What is found are candidates, for a person to look at.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.bundle.calibration import fit_temperature, softmax
from core.bundle.predictor import Predictor
from core.data.imageset import ImageSet, hold_out
from core.data.versions import Dataset
from core.errors import VitrineError
from core.training.start import check_unseen

if TYPE_CHECKING:
    from core.models.classifier import Classifier
    from core.training.recipe import Recipe

MOST = 500  # candidates that are remembered
NEEDED = 6  # training images of each class: each half of them has one to hold out, and two that tell what they have in common
Report = Callable[[float, float], None]


@dataclass(frozen=True)
class LabelIssue:
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
class LabelIssues:
    """What was found.

    Attributes:
        n: how many images were looked at; `found` of them are candidates.
        worst: those whose own label is least likely first, at most :data:`MOST`.
    """

    n: int
    found: int
    worst: list[LabelIssue]

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "LabelIssues":
        return cls(fields["n"], fields["found"], [LabelIssue(**one) for one in fields["worst"]])


def label_issues(labels: np.ndarray, probabilities: np.ndarray, rows: np.ndarray) -> LabelIssues:
    """The candidates among images by what a model says that did not learn from them.

    Args:
        labels: int `[n]`.
        probabilities: `[n, classes]`.
        rows: int `[n]`, of the manifest.
    """
    from cleanlab.filter import find_label_issues

    present = np.unique(labels)  # cleanlab wants every class among the labels
    if len(present) < 2:
        return LabelIssues(len(labels), 0, [])
    among = np.maximum(probabilities[:, present].astype(np.float64), 1e-12)
    among /= among.sum(axis=1, keepdims=True)
    ranked = find_label_issues(
        np.searchsorted(present, labels), among, return_indices_ranked_by="self_confidence", n_jobs=1
    )
    likely = probabilities.argmax(axis=1)
    places = [place for place in ranked.tolist() if likely[place] != labels[place]]
    worst = [
        LabelIssue(
            row=int(rows[place]),
            given=int(labels[place]),
            likely=int(likely[place]),
            probability=float(probabilities[place, likely[place]]),
            own=float(probabilities[place, labels[place]]),
        )
        for place in places[:MOST]
    ]
    return LabelIssues(len(labels), len(places), worst)


def held_out_issues(
    predictor: Predictor, images: Sequence[ImageSet], report: Report, stopped: Callable[[], bool]
) -> LabelIssues | None:
    """Candidates among images that the bundle did not learn from; None when it was stopped.

    Args:
        images: the test split, and the validation images where they are known.
        report: told of sets done and in all.
    """
    probabilities = []
    for number, part in enumerate(images, start=1):
        if stopped():
            return None
        probabilities.append(predictor.run(part.pixels, ("probabilities",)).probabilities)
        report(number, len(images))
    labels, rows = (np.concatenate([getattr(part, name) for part in images]) for name in ("labels", "rows"))
    return label_issues(labels, np.concatenate(probabilities), rows)


def check_training_issues(recipe: "Recipe", dataset: Dataset) -> None:
    """Whether training images can be judged by networks that never learnt from them.

    Raises:
        VitrineError: ``training_labels_few`` where a class is too small to be halved, ``start_has_seen`` where the network
            was taken over from a run that learnt from these very images.
    """
    for name, count in dataset.counts["train"].items():
        if count < NEEDED:
            raise VitrineError("training_labels_few", name=name, found=count, needed=NEEDED)
    check_unseen(recipe, dataset)


def training_issues(
    recipe: "Recipe",
    training: ImageSet,
    report: Report,
    stopped: Callable[[], bool],
    device: str = "auto",
    body: Callable[[], "Classifier | None"] = lambda: None,
) -> LabelIssues | None:
    """Candidates among training images; None when it was stopped.

    Two networks of the recipe learn from one half each, and judge the other.

    Args:
        training: the whole split; see :func:`check_training_issues`.
        report: told of networks done and in all.
        body: gives what the recipe takes over, anew each time.
    """
    from core.bundle.export import outputs
    from core.training.aside import train_aside
    from core.training.batches import to_input

    halves = hold_out(training.labels, 0.5, recipe.seed)
    probabilities = np.empty((len(training), len(training.classes)), np.float32)
    for number, (learnt, judged) in enumerate((halves, halves[::-1])):

        def tell(done: float, before: int = number) -> None:
            report(before + done, 2)

        trained = train_aside(recipe, training.subset(learnt), tell, stopped, device, body())
        if trained is None:
            return None
        model, _images, validation = trained
        temperature = fit_temperature(outputs(model, to_input, validation.pixels)[0], validation.labels)
        logits = outputs(model, to_input, training.subset(judged).pixels)[0]
        probabilities[judged] = softmax(logits / temperature)
    return label_issues(training.labels, probabilities, training.rows)
