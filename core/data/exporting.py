"""A dataset as a ZIP that others can use: folders ``train`` and ``test``, a folder per class in each, the files as they came."""

import os
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import IO

from core.data.versions import Dataset
from core.errors import VitrineError

FILES, BYTES = 4096, 32 << 20  # read at once


def export_zip(
    dataset: Dataset, path: Path, progress: Callable[[float, float], None], stopped: Callable[[], bool] = lambda: False
) -> int:
    """Write the ZIP, whole or not at all, replacing what was there; imported again it has the same fingerprint.

    Args:
        progress: told of images done and in all.
        stopped: asked now and then whether to give up.

    Returns:
        How many images it has.

    Raises:
        VitrineError: ``data_damaged``, ``job_stopped``.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(aside, "wb") as file:
            _write(dataset, file, progress, stopped)
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    return dataset.images


def _write(
    dataset: Dataset, file: IO[bytes], progress: Callable[[float, float], None], stopped: Callable[[], bool]
) -> None:
    names, done = _names(dataset), 0
    with zipfile.ZipFile(file, "w") as archive:  # images are packed already: nothing is to be gained
        for rows in _chunks(dataset.manifest("length")["length"].to_pylist()):
            if stopped():
                raise VitrineError("job_stopped")
            for row, data in zip(rows, dataset.originals(rows), strict=True):
                archive.writestr(zipfile.ZipInfo(names[row]), data)
            done += len(rows)
            progress(done, len(names))


def _names(dataset: Dataset) -> list[str]:
    """A name of its own for each row: below its split and class what its path was below its class, with a number where that is taken."""
    table = dataset.manifest("path", "split", "label").to_pydict()
    used: Counter[str] = Counter()
    names = []
    for path, split, label in zip(table["path"], table["split"], table["label"], strict=True):
        inside = PurePosixPath(path.partition("/")[2] or path)
        name = f"{split}/{dataset.classes[label]}/{inside}"
        used[name] += 1
        while used[name] > 1:
            name = f"{split}/{dataset.classes[label]}/{inside.with_name(f'{inside.stem}-{used[name]}{inside.suffix}')}"
            used[name] += 1
        names.append(name)
    return names


def _chunks(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Rows, a bounded number of files and bytes at a time."""
    chunk: list[int] = []
    size = 0
    for row, length in enumerate(lengths):
        if chunk and (len(chunk) >= FILES or size + length > BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(row)
        size += length
    if chunk:
        yield chunk
