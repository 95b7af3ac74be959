"""Unknown inputs: how well a model tells images of none of its classes, set by set, and how other scores of likeness would.

Known as out-of-distribution detection. Sets are never pooled: a mean over them says nothing of the next one.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from core.bundle.decoding import Decoded, shared_pool
from core.bundle.predictor import Outputs, Predictor
from core.bundle.unknowns import auroc, foreign
from core.data.imageset import ImageSet
from core.data.versions import Dataset, list_datasets
from core.errors import VitrineError
from core.evaluation.metrics import Measured, auroc_interval, share

if TYPE_CHECKING:
    from core.bundle.knownness import Said
    from core.training.recipe import Recipe

KNOWN, EACH = 2000, 1000  # test images, and images of each unknown set, at most
LEAST = 30  # images of a set, below which it would say nothing
SHOWN = 8  # images of a set that are remembered: those that look most known
PAIRS = 5  # of classes that are left out in turn
FEWEST = 4  # classes, without two of which there is still something to tell apart

Report = Callable[[float, float], None]


@dataclass(frozen=True)
class UnknownSet:
    """Images of one kind that the model cannot know.

    Attributes:
        name: of a dataset, or one of :func:`core.bundle.unknowns.foreign`'s.
        version: of the dataset; None of what was made.
        caught: how many of the `n` are called unknown at the bundle's threshold.
        auroc: by score: how often a known image scores higher than one of these.
        most_known: of those that look most known: position in the set, the class it was taken for, how surely, and whether it is
            called unknown all the same.
    """

    name: str
    version: int | None
    n: int
    caught: int
    auroc: dict[str, float]
    most_known: list[tuple[int, int, float, bool]]


@dataclass(frozen=True)
class Unknowns:
    """What came of it.

    Attributes:
        kind: the score that is in the sealed graph as `knownness`.
        n: how many test images the sets were told from; `refused` of them are called unknown themselves.
        appearance: whether the sealed graph looks at light, colours and edges too, as the other scores do that are made today.
    """

    kind: str
    n: int
    refused: int
    sets: list[UnknownSet]
    appearance: bool = False

    @property
    def false_refusals(self) -> Measured:
        return share(self.refused, self.n)

    def caught(self, unknown: UnknownSet) -> Measured:
        return share(unknown.caught, unknown.n)

    def auroc(self, unknown: UnknownSet, kind: str | None = None) -> Measured:
        """Of a score, or of the one that is sealed."""
        return auroc_interval(unknown.auroc[kind or self.kind], self.n, unknown.n)

    @property
    def worst(self) -> UnknownSet:
        return min(self.sets, key=lambda one: one.auroc[self.kind])

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "Unknowns":
        sets = [UnknownSet(**{**one, "most_known": [tuple(i) for i in one["most_known"]]}) for one in fields["sets"]]
        return cls(**{**fields, "sets": sets})


@dataclass(frozen=True)
class LeftOutPair:
    """Two classes that a network never saw, told from `known` test images of the others; they have `n` themselves.

    Attributes:
        kind: the score that a bundle of that network would have, chosen as for any other: by validation images and what is made of them.
        correct: how many of the known ones the network names rightly.
        refused, caught: how many of the known and of its own are called unknown, at the threshold that a bundle of it would have.
        auroc: by score.
    """

    classes: tuple[str, str]
    kind: str
    known: int
    n: int
    correct: int
    refused: int
    caught: int
    auroc: dict[str, float]

    def told(self, kind: str | None = None) -> Measured:
        """The AUROC of a score, or of the one that would be sealed."""
        return auroc_interval(self.auroc[kind or self.kind], self.known, self.n)


@dataclass(frozen=True)
class LeftOut:
    """What came of leaving two classes out, pair by pair, each with a network of its own."""

    pairs: list[LeftOutPair]

    def mean(self, kind: str | None = None) -> float:
        """Over the pairs, of a score, or of those that would be sealed."""
        return float(np.mean([pair.auroc[kind or pair.kind] for pair in self.pairs]))

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "LeftOut":
        # Of earlier versions, one score for all: that of the run's own bundle.
        return cls(
            [
                LeftOutPair(**{"kind": fields.get("kind"), **one, "classes": tuple(one["classes"])})
                for one in fields["pairs"]
            ]
        )


Pixels = Callable[[int], np.ndarray]  # from a side to images uint8 `[n, side, side, 3]`


def unknown_sets(known: Dataset) -> list[tuple[str, int | None, Pixels]]:
    """What a model of that dataset cannot know: name, version, and the images at a side, which are made when they are asked for.

    Noise, plain colours and patterns, and the test images of every other dataset here, but for classes of the same name.
    """
    sets: list[tuple[str, int | None, Pixels]] = [(name, None, partial(_made, name)) for name in foreign(8, 1)]
    for dataset in list_datasets():
        if dataset.name == known.name:
            continue
        try:
            if len(unknown_rows(dataset, known.classes)) >= LEAST:
                sets.append((dataset.name, dataset.version, partial(images_unknown_to, known.classes, dataset)))
        except VitrineError:  # damaged: it is not this model's affair
            continue
    return sets


def unknown_rows(dataset: Dataset, known: Sequence[str]) -> np.ndarray:
    """Rows of the test images that are shown: evenly spread over those whose class is not known by name."""
    table = dataset.manifest("split", "label")
    others = [number for number, name in enumerate(dataset.classes) if name not in known]
    rows = np.flatnonzero((table["split"].to_numpy() == "test") & np.isin(table["label"].to_numpy(), others))
    return rows[np.unique(np.linspace(0, max(0, len(rows) - 1), min(EACH, len(rows))).round().astype(int))]


def images_unknown_to(known: Sequence[str], dataset: Dataset, side: int) -> np.ndarray:
    """Those images, uint8 `[n, side, side, 3]`. Only they are decoded: the whole dataset at another side may fill a disk.

    Raises:
        VitrineError: ``data_damaged``.
    """
    files = dataset.originals(unknown_rows(dataset, known).tolist())
    found = [image.pixels for image in shared_pool().decode(files, side) if isinstance(image, Decoded)]
    if len(found) < len(files):
        raise VitrineError("data_damaged", name=dataset.name, version=dataset.version)
    return np.stack(found)


def _made(name: str, side: int) -> np.ndarray:
    return foreign(side, EACH)[name]


def evaluate_unknowns(
    predictor: Predictor,
    training: ImageSet,
    validation: ImageSet,
    test: ImageSet,
    unknown: Sequence[tuple[str, int | None, Pixels]],
    report: Report,
    stopped: Callable[[], bool],
) -> Unknowns | None:
    """Show the bundle images that it cannot know; None when it was stopped.

    Args:
        training, validation: as the run's recipe divides them: the scores that are not sealed are fitted to them. Of another copy
            of the dataset the division is another, which matters little to a score.
        test: of which at most :data:`KNOWN` are drawn.
        report: told of sets done and in all.
    """
    from core.bundle.export import reference
    from core.bundle.knownness import candidates, compare

    sealed, threshold = sealed_kind(predictor), predictor.metadata.knownness_threshold
    total = len(unknown) + 3
    seen = training.subset(reference(len(training)))
    learnt = _said(predictor.run(seen.pixels), seen.pixels)
    report(1, total)
    held_out = _said(predictor.run(validation.pixels), validation.pixels)
    report(2, total)
    rows = np.sort(np.random.default_rng(0).permutation(len(test))[:KNOWN])
    known = predictor.run(test.pixels[rows])
    known_said = _said(known, test.pixels[rows])
    report(3, total)
    scores = candidates(learnt, seen.labels, held_out)
    sets = []
    for number, (name, version, pixels) in enumerate(unknown, start=4):
        if stopped():
            return None
        images = pixels(predictor.side)
        shown = predictor.run(images)
        compared = compare(scores, known_said, {name: _said(shown, images)})
        by_score = {kind: found[name] for kind, found in compared.items()}
        by_score[sealed] = auroc(known.knownness, shown.knownness)  # the graph's own word
        likest = np.argsort(-shown.knownness, kind="stable")[:SHOWN]
        sets.append(
            UnknownSet(
                name=name,
                version=version,
                n=len(shown.knownness),
                caught=int((shown.knownness < threshold).sum()),
                auroc=by_score,
                most_known=[
                    (
                        int(at),
                        int(shown.probabilities[at].argmax()),
                        float(shown.probabilities[at].max()),
                        bool(shown.knownness[at] < threshold),
                    )
                    for at in likest
                ],
            )
        )
        report(number, total)
    looked = "reach" in predictor.metadata.knownness
    return Unknowns(sealed, len(rows), int((known.knownness < threshold).sum()), sets, looked)


def _said(outputs: Outputs, pixels: np.ndarray) -> "Said":
    """What a score takes of what the graph says of images, and of what they look like."""
    from core.bundle.appearance import appearances
    from core.training.batches import to_input

    return outputs.logits, outputs.embedding, appearances(to_input, pixels)


def sealed_kind(predictor: Predictor) -> str:
    """The score that is in the graph; bundles of earlier versions all had the energy."""
    return str(predictor.metadata.knownness.get("kind", "energy"))


def check_left_out(recipe: "Recipe", dataset: Dataset) -> None:
    """Whether two classes can be left out.

    Raises:
        VitrineError: ``left_out_few`` with fewer than four classes that have test images, ``left_out_start`` where the network was
            taken over, and may have seen the classes before.
    """
    if recipe.start is not None:
        raise VitrineError("left_out_start")
    if len(tested := _tested(dataset)) < FEWEST:
        raise VitrineError("left_out_few", found=len(tested), needed=FEWEST)


def pairs_of(dataset: Dataset) -> Iterator[tuple[int, int]]:
    """At most five pairs of different classes that have test images, drawn once for all."""
    classes = np.random.default_rng(0).permutation(_tested(dataset))
    for number in range(min(PAIRS, len(classes) // 2)):
        first, second = sorted(classes[2 * number : 2 * number + 2].tolist())
        yield first, second


def _tested(dataset: Dataset) -> list[int]:
    return [number for number, name in enumerate(dataset.classes) if dataset.counts["test"].get(name)]


def leave_out(
    recipe: "Recipe",
    pairs: Sequence[tuple[int, int]],
    training: ImageSet,
    test: ImageSet,
    report: Report,
    stopped: Callable[[], bool],
    device: str = "auto",
) -> LeftOut | None:
    """Train by the recipe without two classes, show the network those two, and so on with others; None when it was stopped.

    The nearest that unknown images come: of the same making as the known ones, and of things that are like them.

    Args:
        pairs: numbers of classes; see :func:`check_left_out` and :func:`pairs_of`.
        training, test: the whole splits.
    """
    from core.bundle.export import KNOWNNESS_QUANTILE, fit_scores, outputs
    from core.bundle.knownness import best, compare, score
    from core.training.aside import train_aside
    from core.training.batches import to_input

    found = []
    for number, pair in enumerate(pairs):

        def tell(done: float, before: int = number) -> None:
            report(before + done, len(pairs))

        trained = train_aside(recipe, _others(training, pair), tell, stopped, device)
        if trained is None:
            return None
        model, learnt, validation = trained
        known = _others(test, pair)
        unknown = test.subset(np.flatnonzero(np.isin(test.labels, pair)))
        said = outputs(model, to_input, known.pixels)
        strange, held_out = outputs(model, to_input, unknown.pixels), outputs(model, to_input, validation.pixels)
        scores, on_validation = fit_scores(model, to_input, learnt, validation, held_out)
        kind = best(on_validation)
        compared = compare(scores, said, {"unknown": strange})
        threshold = np.quantile(score(scores[kind], held_out), KNOWNNESS_QUANTILE)
        found.append(
            LeftOutPair(
                classes=(training.classes[pair[0]], training.classes[pair[1]]),
                kind=kind,
                known=len(known),
                n=len(unknown),
                correct=int((said[0].argmax(axis=1) == known.labels).sum()),
                refused=int((score(scores[kind], said) < threshold).sum()),
                caught=int((score(scores[kind], strange) < threshold).sum()),
                auroc={name: by_set["unknown"] for name, by_set in compared.items()},
            )
        )
        tell(1.0)
    return LeftOut(found)


def _others(images: ImageSet, pair: tuple[int, int]) -> ImageSet:
    """The images of all classes but two, whose numbers close up."""
    members = images.subset(np.flatnonzero(~np.isin(images.labels, pair)))
    kept = [number for number in range(len(images.classes)) if number not in pair]
    classes = tuple(images.classes[number] for number in kept)
    return replace(members, labels=np.searchsorted(kept, members.labels), classes=classes)
