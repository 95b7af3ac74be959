"""Import of images, in ZIP files with a folder per class or one by one: all of it becomes a new version, or nothing is left behind."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from core.bundle.decoding import Decoded, Rejected, shared_pool
from core.data.archives import Archive, open_archive
from core.data.drafts import Draft, draft
from core.data.imageset import write_cache
from core.data.layout import Layout, Member, Split, find_classes
from core.data.licence import NO_LICENCE
from core.data.versions import Dataset
from core.errors import VitrineError

Progress = Callable[[int, int], None]
Source = tuple[Archive, Layout]
File = tuple[Member, bytes | Rejected]

SIDE = 32  # pixels: the side that most recipes train at; the others are made on first use
TEST_SHARE = 0.2  # of every class, where no test images were given
TEST_SEED = 0  # the same images are held out whenever the same files are imported
CHUNK = 256  # files at a time: enough to keep the decoders busy …
CHUNK_BYTES = 32 << 20  # … little enough for memory
_UNSAFE = re.compile(r"[\\:\x00-\x1f]")


@dataclass(frozen=True)
class Photo:
    """An image file by itself: a name for it, the class that it shows, and what reads it or says why it cannot."""

    name: str
    label: str
    read: Callable[[], bytes | Rejected]


def import_zip(name: str, train: Path, test: Path | None, progress: Progress, stopped: Callable[[], bool]) -> Dataset:
    """Make the newest version of dataset `name` from one or two ZIP files.

    Unreadable images are left out and named in the version's ``skipped``. Without test images (a second file, or folders
    ``train`` and ``test`` in the first), a stratified fifth becomes the test split.

    Args:
        progress: told of files done and in all.
        stopped: asked now and then whether to give up.

    Raises:
        VitrineError: when an archive is refused, or the import was stopped; nothing is left behind then.
    """
    with draft(name) as made, ExitStack() as opened:
        archive = opened.enter_context(open_archive(train))
        sources = [(archive, layout_of(archive))]
        if test is not None:
            archive = opened.enter_context(open_archive(test))
            sources.append((archive, layout_of(archive)))
            sources = _as_train_and_test(*sources)
        classes = _classes(sources)
        total = sum(len(layout.members) for _archive, layout in sources)
        outside = [name for _archive, layout in sources for name in layout.outside]
        skipped = read_images(made, files_in(sources), total, classes, progress, stopped, outside)
        _settle_splits(made, classes, any(m.split == "test" for _archive, layout in sources for m in layout.members))
        return made.publish(classes, source="imported", licence=NO_LICENCE, skipped=skipped)


def import_photos(name: str, photos: Sequence[Photo], progress: Progress, stopped: Callable[[], bool]) -> Dataset:
    """Make the newest version of dataset `name` from single files: a stratified fifth is for the test; else as :func:`import_zip`."""
    classes = sorted({photo.label for photo in photos}, key=natural)
    with draft(name) as made:
        skipped = read_images(made, files_of(photos), len(photos), classes, progress, stopped)
        _settle_splits(made, classes)
        return made.publish(classes, source="imported", licence=NO_LICENCE, skipped=skipped)


def layout_of(archive: Archive) -> Layout:
    """
    Raises:
        VitrineError: ``zip_no_classes``.
    """
    layout = find_classes(archive.files, archive.folders)
    if not layout.members and not layout.classes:
        raise VitrineError("zip_no_classes", file=archive.name)
    return layout


def _as_train_and_test(first: Source, second: Source) -> list[Source]:
    for archive, layout in (first, second):
        if layout.has_splits:
            raise VitrineError("test_twice", file=archive.name)
    splits: tuple[Split, Split] = ("train", "test")
    return [
        (archive, replace(layout, members=tuple(replace(member, split=split) for member in layout.members)))
        for (archive, layout), split in zip((first, second), splits, strict=True)
    ]


def _classes(sources: Sequence[Source]) -> list[str]:
    """The names of the classes to learn, in natural order: 2 before 10.

    Raises:
        VitrineError: for no class, a single one, or test images of a class without training images.
    """
    trained = sources[0][1].classes
    tested = {member.label for _archive, layout in sources for member in layout.members if member.split == "test"}
    if not trained:
        raise VitrineError("zip_no_classes", file=sources[0][0].name)
    if len(trained) < 2:
        raise VitrineError("class_single", name=next(iter(trained)))
    if unknown := tested - trained:
        names, known = (", ".join(sorted(some, key=natural)) for some in (unknown, trained))
        raise VitrineError("class_only_in_test", names=names, known=known)
    return sorted(trained, key=natural)


def natural(name: str) -> list[Any]:
    """A key that sorts numbers in names by value, letters without regard to case."""
    parts = [(0, int(part), "") if part.isdecimal() else (1, 0, part.casefold()) for part in re.split(r"(\d+)", name)]
    return [*parts, name]


def files_in(sources: Sequence[Source]) -> Iterator[File]:
    """The files of all archives, class by class."""
    for archive, layout in sources:
        for member in sorted(layout.members, key=lambda member: natural(member.path)):
            yield member, archive.read(member.name)


def files_of(photos: Iterable[Photo]) -> Iterator[File]:
    """The files as if each lay in a folder of its class."""
    for photo in photos:
        yield Member(photo.name, f"{photo.label}/{_safe(photo.name)}", photo.label, None), photo.read()


def read_file(file: Path) -> bytes:
    """The bytes of a photo that is kept; none if another visitor has just removed it, so that it is left out as what cannot be read."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""


def read_images(
    made: Draft,
    files: Iterable[File],
    total: int,
    classes: Sequence[str],
    progress: Progress,
    stopped: Callable[[], bool],
    outside: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """Keep every readable image and, in the file `pixels` of the draft, its square; return what was skipped.

    Args:
        total: how many files there are.
        outside: names of files of no class, which are skipped too.
    """
    label_of = {name: label for label, name in enumerate(classes)}
    skipped: list[dict[str, Any]] = [{"path": name, "code": "outside_classes", "params": {}} for name in outside]
    done = 0
    with open(made.folder / "pixels", "wb") as spool:
        for chunk, images in _decoded(_chunks(files)):
            if stopped():
                raise VitrineError("job_stopped")
            for (member, data), image in zip(chunk, images, strict=True):
                if isinstance(data, Rejected) or isinstance(image, Rejected):
                    why = data if isinstance(data, Rejected) else image
                    assert isinstance(why, Rejected)
                    skipped.append({"path": member.name, "code": why.code, "params": why.params})
                    continue
                label = label_of[member.label]
                made.add(data, member.path, member.split or "train", label, image.width, image.height)
                spool.write(image.pixels.data)
            done += len(chunk)
            progress(done, total)
    return skipped


def _chunks(files: Iterable[File]) -> Iterator[list[File]]:
    """A bounded number of files and bytes at a time."""
    chunk: list[File] = []
    size = 0
    for member, data in files:
        chunk.append((member, data))
        size += len(data) if isinstance(data, bytes) else 0
        if len(chunk) >= CHUNK or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _decoded(chunks: Iterable[list[File]]) -> Iterator[tuple[list[File], list[Decoded | Rejected]]]:
    """Each chunk with its images. The next one is unpacked here while the decoders are at work."""
    with ThreadPoolExecutor(1) as thread:
        waiting = None
        for chunk in chunks:
            blobs = [data if isinstance(data, bytes) else b"" for _member, data in chunk]
            coming = chunk, thread.submit(shared_pool().decode, blobs, SIDE)
            if waiting:
                yield waiting[0], waiting[1].result()
            waiting = coming
        if waiting:
            yield waiting[0], waiting[1].result()


def _settle_splits(made: Draft, classes: Sequence[str], tested: bool = False) -> None:
    """Make the test split unless one was given, put each split in one stretch, and write the cache in that order."""
    labels, splits = np.asarray(made.rows["label"], np.int64), list(made.rows["split"])
    trained = {label for label, split in zip(labels.tolist(), splits, strict=True) if split == "train"}
    for label, name in enumerate(classes):
        if label not in trained:
            raise VitrineError("class_empty", name=name)
    if not tested:
        splits = with_test_split(labels, made.rows["sha256"])
    if "test" not in splits:
        raise VitrineError("test_empty")
    counts = np.bincount(labels[np.asarray(splits) == "train"], minlength=len(classes))
    for count, name in zip(counts.tolist(), classes, strict=True):
        if count < 2:
            raise VitrineError("class_too_small", name=name)
    order = np.argsort(np.asarray(splits) == "test", kind="stable")
    made.reorder(order.tolist(), [splits[row] for row in order])
    pixels = np.memmap(made.folder / "pixels", np.uint8, "r", shape=(len(order), SIDE, SIDE, 3))
    stretches = (pixels[order[start : start + CHUNK]] for start in range(0, len(order), CHUNK))
    write_cache(made.folder / "cache", SIDE, len(order), stretches)
    (made.folder / "pixels").unlink()


def with_test_split(
    labels: np.ndarray, digests: Sequence[str], share: float = TEST_SHARE, seed: int = TEST_SEED
) -> list[Split]:
    """A share of each class's different images for the test, the same ones for the same content and seed in any order.

    Files with the same bytes stay on the same side: a copy of a training image would make the test easier.
    """
    splits: list[Split] = ["train"] * len(labels)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label).tolist()
        different = sorted({digests[row] for row in rows}, key=lambda digest: _drawn(digest, seed))
        count = min(max(1, round(share * len(different))), len(different) - 1)
        held_out = set(different[:count])
        for row in rows:
            if digests[row] in held_out:
                splits[row] = "test"
    return splits


def _safe(name: str) -> str:
    """A photo's name as one in a ZIP: no way out of its folder, nothing that an import takes for clutter."""
    parts = [_UNSAFE.sub("_", part).lstrip(".") for part in name.split("/")]
    return "/".join(part for part in parts if part) or "photo"


def _drawn(digest: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed} {digest}".encode()).digest()
