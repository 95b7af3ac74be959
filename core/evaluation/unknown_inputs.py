"""Unknown inputs: how well a model tells images of none of its classes, set by set, and how other scores of likeness would."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.bundle.predictor import Predictor
from core.bundle.unknowns import foreign
from core.data.imageset import ImageSet, hold_out, load_split
from core.data.versions import Dataset, list_datasets
from core.errors import VitrineError
from core.evaluation.metrics import Measured, auroc_interval, share

if TYPE_CHECKING:
    from core.training.progress import Told
    from core.training.recipe import Recipe

KNOWN, EACH = 2000, 1000  # test images, and images of each unknown set, at most
TAKEN = 8  # images of a set that are remembered: those that it took most for its own
PAIRS = 5  # of classes that are left out in turn
FEWEST = 4  # classes, without two of which there is still something to tell apart

Report = Callable[[int, int], None]


@dataclass(frozen=True)
class UnknownSet:
    """Images of one kind that the model cannot know.

    Attributes:
        name: of a dataset, or one of :func:`core.bundle.unknowns.foreign`'s.
        version: of the dataset; None of what was made.
        caught: how many of the `n` are called unknown at the bundle's threshold.
        auroc: by score: how often a known image scores higher than one of these.
        taken: of those that look most known: position, the class they were taken for, and how surely.
    """

    name: str
    version: int | None
    n: int
    caught: int
    auroc: dict[str, float]
    taken: list[tuple[int, int, float]]


@dataclass(frozen=True)
class Unknowns:
    """What came of it.

    Attributes:
        kind: the score that is in the sealed graph as `knownness`.
        n: how many test images the sets were told from; `refused` of them are called unknown themselves.
    """

    kind: str
    n: int
    refused: int
    sets: list[UnknownSet]

    @property
    def false_refusals(self) -> Measured:
        return share(self.refused, self.n)

    def caught(self, unknown: UnknownSet) -> Measured:
        return share(unknown.caught, unknown.n)

    def auroc(self, unknown: UnknownSet) -> Measured:
        """Of the score that is sealed."""
        return auroc_interval(unknown.auroc[self.kind], self.n, unknown.n)

    @property
    def worst(self) -> UnknownSet:
        return min(self.sets, key=lambda one: one.auroc[self.kind])

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "Unknowns":
        sets = [UnknownSet(**{**one, "taken": [tuple(image) for image in one["taken"]]}) for one in fields["sets"]]
        return cls(fields["kind"], fields["n"], fields["refused"], sets)


@dataclass(frozen=True)
class Pair:
    """Two classes that a network never saw, told from `known` test images of the others; they have `n` themselves.

    Attributes:
        accuracy: of the network on the others.
        auroc: by score.
    """

    classes: tuple[str, str]
    known: int
    n: int
    accuracy: float
    auroc: dict[str, float]


@dataclass(frozen=True)
class LeftOut:
    """What came of leaving two classes out, pair by pair, each with a network of its own.

    Attributes:
        kind: the score that the run's own sealed graph uses.
    """

    kind: str
    pairs: list[Pair]

    def mean(self, kind: str) -> float:
        return float(np.mean([pair.auroc[kind] for pair in self.pairs]))

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "LeftOut":
        return cls(fields["kind"], [Pair(**{**one, "classes": tuple(one["classes"])}) for one in fields["pairs"]])


def strangers(known: Dataset, side: int) -> dict[tuple[str, int | None], np.ndarray]:
    """Images that a model of that dataset cannot know, uint8 `[n, side, side, 3]` by name and version.

    They are noise, plain colours and patterns, and the test images of every other dataset here, but for classes of the same name.
    """
    found: dict[tuple[str, int | None], np.ndarray] = {(name, None): made for name, made in foreign(side, EACH).items()}
    for dataset in list_datasets():
        try:
            positions = stranger_positions(dataset, known.classes)
            if dataset.name != known.name and len(positions):
                pixels = load_split(dataset, "test", side).pixels
                found[dataset.name, dataset.version] = np.asarray(pixels[positions])
        except VitrineError:  # damaged: it is not this model's affair
            continue
    return found


def stranger_positions(dataset: Dataset, known: Sequence[str]) -> np.ndarray:
    """Which test images of a dataset are met: evenly spread over those whose class is not known by name."""
    table = dataset.manifest("split", "label")
    labels = table["label"].to_numpy()[table["split"].to_numpy() == "test"]
    others = [number for number, name in enumerate(dataset.classes) if name not in known]
    members = np.flatnonzero(np.isin(labels, others))
    return members[np.unique(np.linspace(0, max(0, len(members) - 1), min(EACH, len(members))).round().astype(int))]


def meet(
    predictor: Predictor,
    training: ImageSet,
    validation: ImageSet,
    test: ImageSet,
    unknown: Mapping[tuple[str, int | None], np.ndarray],
    report: Report,
    stopped: Callable[[], bool],
) -> Unknowns | None:
    """Show the bundle images that it cannot know; None when it was stopped.

    Args:
        training, validation: as the run's recipe divides them: every score is fitted to them anew, as at the sealing.
        test: of which at most :data:`KNOWN` are drawn.
        report: told of sets done and in all.
    """
    from core.bundle.export import reference
    from core.bundle.knownness import candidates, compare

    total, threshold = len(unknown) + 3, predictor.metadata.knownness_threshold
    seen = training.subset(reference(len(training)))
    fitted_to = predictor.run(np.asarray(seen.pixels[:]))
    report(1, total)
    held_out = predictor.run(np.asarray(validation.pixels[:]))
    report(2, total)
    rows = np.sort(np.random.default_rng(0).permutation(len(test))[:KNOWN])
    known = predictor.run(np.asarray(test.pixels[rows]))
    report(3, total)
    scores = candidates((fitted_to.logits, fitted_to.embedding, seen.labels), (held_out.logits, held_out.embedding))
    sets = []
    for number, ((name, version), pixels) in enumerate(unknown.items(), start=4):
        if stopped():
            return None
        met = predictor.run(pixels)
        pair = {"unknown": (met.logits, met.embedding)}
        compared = compare(scores, (known.logits, known.embedding), pair)
        likest = np.argsort(-met.knownness, kind="stable")[:TAKEN]
        taken = [(int(at), int(met.probabilities[at].argmax()), float(met.probabilities[at].max())) for at in likest]
        caught = int((met.knownness < threshold).sum())
        auroc = {kind: found["unknown"] for kind, found in compared.items()}
        sets.append(UnknownSet(name, version, len(pixels), caught, auroc, taken))
        report(number, total)
    return Unknowns(sealed_kind(predictor), len(rows), int((known.knownness < threshold).sum()), sets)


def sealed_kind(predictor: Predictor) -> str:
    """The score that is in the graph; bundles of earlier versions all had the energy."""
    return str(predictor.metadata.knownness.get("kind", "energy"))


def leave_out(
    recipe: "Recipe", kind: str, training: ImageSet, test: ImageSet, report: Report, stopped: Callable[[], bool]
) -> LeftOut | None:
    """Train by the recipe without two classes, show the network those two, and so on with others; None when it was stopped.

    The nearest that unknown images come: of the same making as the known ones, and of things that are like them.

    Args:
        kind: the score that the run's own graph uses.
        training, test: the whole splits.

    Raises:
        VitrineError: ``left_out_few`` with fewer than four classes, ``left_out_start`` where the network was taken over, and may have
            seen the classes before.
    """
    if len(training.classes) < FEWEST:
        raise VitrineError("left_out_few", found=len(training.classes), needed=FEWEST)
    if recipe.start is not None:
        raise VitrineError("left_out_start")
    from core.training.progress import Told

    chosen, pairs = list(pairs_of(training.classes)), []
    for number, pair in enumerate(chosen):

        def tell(done: float, before: int = number) -> None:
            report(round(1000 * (before + done)), 1000 * len(chosen))

        found = _without(recipe, pair, training, test, Told(tell, stopped))
        if found is None:
            return None
        pairs.append(found)
        tell(1.0)
    return LeftOut(kind, pairs)


def pairs_of(classes: Sequence[str]) -> Iterator[tuple[int, int]]:
    """At most five pairs of different classes, drawn once for all."""
    order = np.random.default_rng(0).permutation(len(classes))
    for number in range(min(PAIRS, len(classes) // 2)):
        first, second = sorted(order[2 * number : 2 * number + 2].tolist())
        yield first, second


def _without(recipe: "Recipe", pair: tuple[int, int], training: ImageSet, test: ImageSet, told: "Told") -> Pair | None:
    from core.bundle.export import outputs, reference
    from core.bundle.knownness import candidates, compare
    from core.training.batches import to_input
    from core.training.loop import fit

    learnt, others = _others(training, pair), _others(test, pair)
    kept, held_out = hold_out(learnt.labels, recipe.validation_share, recipe.seed, recipe.train_images)
    images, validation = learnt.subset(kept), learnt.subset(held_out)
    with tempfile.TemporaryDirectory() as folder:
        fitted = fit(recipe, images, validation, told, Path(folder) / "checkpoint.pt")
    if fitted.stopped:
        return None
    model = fitted.model.cpu()
    seen = images.subset(reference(len(images)))
    known, labels = outputs(model, to_input, others.pixels), others.labels
    strange = test.subset(np.flatnonzero(np.isin(test.labels, pair)))
    scores = candidates(
        (*outputs(model, to_input, seen.pixels), seen.labels), outputs(model, to_input, validation.pixels)
    )
    compared = compare(scores, known, {"left out": outputs(model, to_input, strange.pixels)})
    names = (training.classes[pair[0]], training.classes[pair[1]])
    accuracy = float((known[0].argmax(axis=1) == labels).mean())
    auroc = {kind: found["left out"] for kind, found in compared.items()}
    return Pair(names, len(others), len(strange), accuracy, auroc)


def _others(images: ImageSet, pair: tuple[int, int]) -> ImageSet:
    """The images of all classes but two, whose numbers close up."""
    members = images.subset(np.flatnonzero(~np.isin(images.labels, pair)))
    kept = [number for number in range(len(images.classes)) if number not in pair]
    classes = tuple(images.classes[number] for number in kept)
    return replace(members, labels=np.searchsorted(kept, members.labels), classes=classes)
