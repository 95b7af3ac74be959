"""Import of ZIP files, a folder per class: all of it becomes a new version, or nothing is left behind."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from core.bundle.decoding import DecoderPool, Rejected
from core.data.archives import Archive, Member
from core.data.imageset import hold_out, write_cache
from core.data.versions import Dataset, Draft, Split, draft
from core.errors import VitrineError

Progress = Callable[[int, int], None]

SIDE = 32  # pixels: the side that most recipes train at; the others are made on first use
TEST_SHARE = 0.2  # of every class, where no test images were given
TEST_SEED = 0  # the same images are held out whenever the same files are imported
CHUNK = 1024  # images at a time: enough to keep the decoders busy, little enough for memory


def import_zip(
    name: str, train: Path, test: Path | None, progress: Progress, stopped: Callable[[], bool]
) -> Dataset:
    """Make the newest version of dataset `name` from one or two ZIP files.

    Unreadable images are left out and named in the version's ``skipped``. Without test images (a second file, or folders
    ``train`` and ``test`` in the first), a stratified fifth becomes the test split.

    Args:
        progress: told of images done and in all.
        stopped: asked now and then whether to give up.

    Raises:
        VitrineError: when the archive is refused, or the import was stopped; nothing is left behind then.
    """
    with draft(name) as made, Archive(train) as first:
        sources = [(first, _with_split(first.members(), None))]
        if test is None:
            return _import(made, sources, first.folders(), progress, stopped)
        with Archive(test) as second:
            sources = [(first, _with_split(first.members(), "train")), (second, _with_split(second.members(), "test"))]
            return _import(made, sources, first.folders(), progress, stopped)


def _import(
    made: Draft,
    sources: Sequence[tuple[Archive, list[Member]]],
    empty: Sequence[str],
    progress: Progress,
    stopped: Callable[[], bool],
) -> Dataset:
    classes = _classes(sources, empty)
    members = [(archive, member) for archive, found in sources for member in found]
    pixels, splits, skipped = _read(made, members, classes, progress, stopped)
    labels = np.asarray(made.rows["label"])
    for label, name in enumerate(classes):
        if not (labels == label).any():
            raise VitrineError("class_empty", name=name)
    if "test" not in splits:
        splits = _make_test_split(labels)
    _check_sizes(labels, splits, classes)
    order = np.argsort(np.asarray(splits) == "test", kind="stable")  # each split one stretch of the cache
    made.reorder(order, [splits[row] for row in order])
    write_cache(made.folder / "cache", SIDE, np.concatenate(pixels)[order])
    return made.publish(classes, source="imported", licence="not stated", skipped=skipped)


def _read(
    made: Draft,
    members: Sequence[tuple[Archive, Member]],
    classes: Sequence[str],
    progress: Progress,
    stopped: Callable[[], bool],
) -> tuple[list[np.ndarray], list[Split], list[dict[str, Any]]]:
    """Decode and keep every readable image; returns pixels in chunks, the split of each, and what was skipped."""
    label_of = {name: label for label, name in enumerate(classes)}
    pixels: list[np.ndarray] = []
    splits: list[Split] = []
    skipped: list[dict[str, Any]] = []
    done = 0
    with DecoderPool() as pool:
        for chunk in _chunks(members):
            if stopped():
                raise VitrineError("job_stopped")
            blobs = [blob for archive, member in chunk for blob in archive.read([member])]
            images = pool.decode([blob or b"" for blob in blobs], SIDE)
            kept = []
            for (_archive, member), blob, image in zip(chunk, blobs, images, strict=True):
                if blob is None or isinstance(image, Rejected):
                    why = image if isinstance(image, Rejected) else Rejected("not_an_image", {})
                    skipped.append({"path": member.path, "code": why.code, "params": why.params})
                    continue
                split = member.split or "train"
                made.add(blob, member.path, split, label_of[member.label], image.width, image.height)
                splits.append(split)
                kept.append(image.pixels)
            pixels.append(np.stack(kept) if kept else np.empty((0, SIDE, SIDE, 3), np.uint8))
            done += len(chunk)
            progress(done, len(members))
    return pixels, splits, skipped


def _classes(sources: Sequence[tuple[Archive, list[Member]]], empty: Sequence[str]) -> list[str]:
    """The class names in natural order.

    Raises:
        VitrineError: for a single class, an empty class folder, or a test class without training images.
    """
    trained = {member.label for _archive, members in sources for member in members if member.split != "test"}
    tested = {member.label for _archive, members in sources for member in members if member.split == "test"}
    for name in empty:
        if name not in trained:
            raise VitrineError("class_empty", name=name)
    if unknown := sorted(tested - trained):
        raise VitrineError("class_only_in_test", names=", ".join(unknown), known=", ".join(sorted(trained)))
    if len(trained) < 2:
        raise VitrineError("class_single", name=next(iter(trained)))
    return sorted(trained, key=_natural)


def _natural(name: str) -> list[Any]:
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part.lower()) for part in re.split(r"(\d+)", name)]


def _with_split(members: list[Member], split: Split | None) -> list[Member]:
    return [Member(m.name, m.path, m.label, split) for m in members] if split else members


def _make_test_split(labels: np.ndarray) -> list[Split]:
    splits: list[Split] = ["train"] * len(labels)
    for row in hold_out(labels, TEST_SHARE, TEST_SEED)[1]:
        splits[row] = "test"
    return splits


def _check_sizes(labels: np.ndarray, splits: Sequence[Split], classes: Sequence[str]) -> None:
    counts = Counter(int(label) for label, split in zip(labels, splits, strict=True) if split == "train")
    for label, name in enumerate(classes):
        if counts[label] < 2:  # one to train on and one to hold out
            raise VitrineError("class_too_small", name=name, count=counts[label])


def _chunks(members: Sequence[tuple[Archive, Member]]) -> Iterator[list[tuple[Archive, Member]]]:
    rest = iter(members)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
