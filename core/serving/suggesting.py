"""What a model suggests for photos that wait for labels, and which of them it is least certain of.

A model that knows some of the classes says what it sees. One that knows none of them still tells like from unlike: the photos that
were labelled already, and lie nearest in its embedding, vote. Suggestions are shown beside photos; they never count as labels.
"""

import functools
import io
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core import files
from core.bundle.decoding import Decoded, Rejected
from core.bundle.predictor import Predictor
from core.data.labelling import Tray
from core.errors import VitrineError
from core.evaluation.neighbours import unit_directions
from core.evaluation.studies import seal
from core.runs.run import Run

OVERLAP = 2  # classes that a model must know to suggest them by itself
ELSEWHERE = 0.5  # of its probability: a model that gives so much to classes that cannot be chosen suggests nothing
FIRST = 5  # labels, of two classes at least, before neighbours vote …
AGAIN = 10  # … and after so many more they vote anew: an order that changes at each label cannot be followed
VOTERS = 5  # neighbours
TOGETHER = 16  # photos between two looks at the clock


@dataclass(frozen=True, eq=False)  # what follows from it is remembered by the object itself
class Seen:
    """What a model made of photos in the tray.

    Attributes:
        digests: of the photos, `n`.
        probabilities: float32 `[n, classes of the model]`, the mean over its looks at each photo; all 0 where it could not read one.
        embeddings: float16 `[n, d]`, of length 1.
    """

    digests: tuple[str, ...]
    probabilities: np.ndarray
    embeddings: np.ndarray


@dataclass(frozen=True)
class Suggestion:
    """The likeliest class of a photo.

    Attributes:
        share: its probability, or its share of the neighbours' votes, among the classes to choose from.
        margin: by how much it leads the second; the smaller, the less certain.
    """

    label: str
    share: float
    margin: float


def knows(classes: Sequence[str], model_classes: Sequence[str]) -> bool:
    """Whether a model can suggest by itself: else it only compares photos."""
    return len({*classes} & {*model_classes}) >= OVERLAP


def look_on(
    tray: Tray, run: Run, model: Predictor, seconds: float, photos: Collection[str] | None = None
) -> tuple[Seen, int]:
    """Look at photos that the model has not seen, for so long at most; what it made of all it saw, and how many are left.

    It is remembered with the tray, so that a restart begins nothing anew.

    Args:
        photos: what is in the tray, for whoever has read it just now.
    """
    photos = list(tray.photos() if photos is None else photos)
    file = tray.folder / f"seen-{run.id}.npz"
    seen, deadline = _read(file, seal(run), len(model.classes)), time.monotonic() + seconds
    seen = _still_here(seen, photos)
    known = set(seen.digests)
    unseen = [digest for digest in photos if digest not in known]
    found = [seen] if seen.digests else []
    while unseen and time.monotonic() < deadline:
        found.append(_look(tray, model, unseen[:TOGETHER]))
        unseen = unseen[TOGETHER:]
    if sum(len(one.digests) for one in found) > len(seen.digests):
        seen = Seen(
            tuple(digest for one in found for digest in one.digests),
            np.concatenate([one.probabilities for one in found]),
            np.concatenate([one.embeddings for one in found]),
        )
        with tray.alone():  # of photos that have left meanwhile nothing is kept
            seen = _still_here(seen, list(tray.photos()))
            if seen.digests:
                _write(file, seal(run), seen)
    return seen, len(unseen)


def _still_here(seen: Seen, photos: Sequence[str]) -> Seen:
    """Without the photos that have left the tray."""
    here = np.isin(np.array(seen.digests, dtype=str), np.array(photos, dtype=str))
    if here.all():
        return seen
    digests = tuple(digest for digest, kept in zip(seen.digests, here, strict=True) if kept)
    return Seen(digests, seen.probabilities[here], seen.embeddings[here])


def suggest(
    seen: Seen, classes: Sequence[str], model_classes: Sequence[str], labels: Mapping[str, str]
) -> dict[str, Suggestion]:
    """A suggestion for the photos that were seen: none where the model sees something that cannot be chosen; none from neighbours while
    too few are labelled, and none for those neighbours.

    Args:
        classes: to choose from.
        labels: class by photo, in the order in which they were said.
    """
    if not knows(classes, model_classes):
        return _voted(seen, tuple(classes), _voters(seen, labels))
    columns = [place for place, name in enumerate(model_classes) if name in classes]
    scores = seen.probabilities[:, columns]
    scores = np.where(scores.sum(axis=1, keepdims=True) > ELSEWHERE, scores, 0)
    return _suggested(seen.digests, [model_classes[place] for place in columns], scores)


def least_certain_first(pending: Sequence[str], suggestions: Mapping[str, Suggestion]) -> list[str]:
    """Photos by the margin of their suggestion, the smallest first (Settles, 2009, “margin sampling"); those without one come behind.

    https://burrsettles.com/pub/settles.activelearning.pdf
    """
    return sorted(pending, key=lambda digest: suggestions[digest].margin if digest in suggestions else 2.0)


def _suggested(digests: Sequence[str], names: Sequence[str], scores: np.ndarray) -> dict[str, Suggestion]:
    """The best of at least two classes for each photo, by scores `[n, classes]`; none where all are 0."""
    shares = scores / np.maximum(scores.sum(axis=1, keepdims=True), 1e-9)
    best, second = shares.argmax(axis=1), np.sort(shares, axis=1)[:, -2]
    return {
        digest: Suggestion(names[place], float(share[place]), float(share[place] - other))
        for digest, place, share, other in zip(digests, best.tolist(), shares, second, strict=True)
        if share[place] > 0
    }


def _voters(seen: Seen, labels: Mapping[str, str]) -> tuple[tuple[int, str], ...]:
    """Places and labels of the photos that vote."""
    place_of = {digest: place for place, digest in enumerate(seen.digests)}
    known = [(place_of[digest], label) for digest, label in labels.items() if digest in place_of]
    count = len(known) - len(known) % AGAIN if len(known) >= AGAIN else FIRST if len(known) >= FIRST else 0
    return tuple(known[:count])


@functools.lru_cache(maxsize=4)
def _voted(seen: Seen, classes: tuple[str, ...], voters: tuple[tuple[int, str], ...]) -> dict[str, Suggestion]:
    """What the nearest labelled photos say of all others; the same from one vote to the next, so it is remembered."""
    labels = [label for _place, label in voters]
    names = [name for name in classes if name in set(labels)]
    if len(names) < 2:
        return {}
    places = np.array([place for place, _label in voters])
    others = np.setdiff1d(np.arange(len(seen.digests)), places)
    embeddings = seen.embeddings.astype(np.float32)
    likeness = embeddings[others] @ embeddings[places].T
    nearest = np.argpartition(likeness, -VOTERS, axis=1)[:, -VOTERS:]
    weights = np.maximum(np.take_along_axis(likeness, nearest, axis=1), 0) + 1e-3
    votes = np.eye(len(names), dtype=np.float32)[[names.index(label) for label in labels]]
    scores = (votes[nearest] * weights[..., None]).sum(axis=1)
    return _suggested([seen.digests[place] for place in others], names, scores)


def _look(tray: Tray, model: Predictor, digests: Sequence[str]) -> Seen:
    images = model.read([_file(tray, digest) for digest in digests])
    views = [model.looks(_pixels(image, model.side)) for image in images]
    outputs = model.run(np.concatenate(views), ("probabilities", "embedding"))
    ends = np.cumsum([len(one) for one in views])[:-1]
    probabilities = np.stack([part.mean(axis=0) for part in np.split(outputs.probabilities, ends)])
    probabilities[[isinstance(image, Rejected) for image in images]] = 0
    embeddings = unit_directions(np.stack([part.mean(axis=0) for part in np.split(outputs.embedding, ends)]))
    return Seen(tuple(digests), probabilities, embeddings.astype(np.float16))


def _file(tray: Tray, digest: str) -> bytes:
    try:
        return tray.file(digest).read_bytes()
    except FileNotFoundError:  # another visitor has taken it out
        return b""


def _pixels(image: Decoded | Rejected, side: int) -> np.ndarray:
    return image.pixels if isinstance(image, Decoded) else np.zeros((side, side, 3), np.uint8)


def _read(file: Path, sealed: str, classes: int) -> Seen:
    written = 0
    with suppress(FileNotFoundError):
        written = file.stat().st_mtime_ns
    return _stored(file, written, sealed, classes)


@functools.lru_cache(maxsize=4)
def _stored(file: Path, written: int, sealed: str, classes: int) -> Seen:
    """What the file holds; the same object while nobody writes it."""
    with (
        suppress(OSError, ValueError, KeyError, EOFError),
        np.load(file) as stored,
    ):  # not there, or cut short: it looks again
        if str(stored["sealed"]) == sealed:
            return Seen(tuple(stored["digests"].tolist()), stored["probabilities"], stored["embeddings"])
    return Seen((), np.zeros((0, classes), np.float32), np.zeros((0, 0), np.float16))


def _write(file: Path, sealed: str, seen: Seen) -> None:
    stored = io.BytesIO()
    np.savez(
        stored,
        sealed=np.array(sealed),
        digests=np.array(seen.digests),
        probabilities=seen.probabilities,
        embeddings=seen.embeddings,
    )
    with suppress(VitrineError):  # the disk is full: it looks again
        files.replace(file, stored.getvalue())
