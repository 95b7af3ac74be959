"""A version in the making: nothing of it is visible until it is whole, and nothing is left when it never is."""

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np

from core.data import versions
from core.data.layout import Split
from core.data.versions import Dataset
from core.errors import VitrineError
from core.files import disk_full_told
from core.runs import locks

DRAFT = ".draft-"
_ALIVE = "alive.lock"  # held by the process that makes a draft
LOCK = ".publish.lock"


class Draft:
    """A version in the making: images are added to a pack, and nothing is visible until :meth:`publish`."""

    def __init__(self, name: str, derived: bool) -> None:
        self.name = name
        self._follows = versions.all_versions(name)[-1:] if derived else None
        self.rows: dict[str, list[Any]] = {
            key: [] for key in ("sha256", "path", "split", "label", "width", "height", "pack", "offset", "length")
        }
        self.folder = versions.root() / f"{DRAFT}{uuid.uuid4().hex}"
        with locks.exclusive(versions.root() / LOCK):
            _sweep()
            self.folder.mkdir()
            self._alive = locks.take(self.folder / _ALIVE)
        self._pack_id = uuid.uuid4().hex
        self._pack = open(self.folder / "originals", "wb")  # noqa: SIM115 (closed by publish or discard)

    def add(self, data: bytes, path: str, split: Split, label: int, width: int, height: int) -> int:
        """Keep one image; returns its row."""
        digest = hashlib.sha256(data).hexdigest()
        offset = self._pack.tell()
        self._pack.write(data)
        row = (digest, path, split, label, width, height, self._pack_id, offset, len(data))
        for column, value in zip(self.rows.values(), row, strict=True):
            column.append(value)
        return len(self.rows["label"]) - 1

    def reorder(self, order: Sequence[int], splits: Sequence[Split]) -> None:
        """Put the rows into another order, and say the split of each."""
        self.rows = {key: [column[row] for row in order] for key, column in self.rows.items()}
        self.rows["split"] = list(splits)

    def publish(
        self, classes: Sequence[str], source: str, licence: str, skipped: Sequence[Mapping[str, Any]] = ()
    ) -> Dataset:
        """Make it the newest version of its name, at once and whole.

        Raises:
            VitrineError: ``dataset_changed`` if it is derived and another version came while it was made.
        """
        import pyarrow as pa
        from pyarrow import parquet

        self._pack.close()
        parquet.write_table(pa.table(self.rows), self.folder / "manifest.parquet")
        root = versions.root()
        with locks.exclusive(root / LOCK):
            before = versions.all_versions(self.name)  # hidden ones too: a number is used once
            if self._follows is not None and before[-1:] != self._follows:
                raise VitrineError("dataset_changed", name=self.name)
            dataset = Dataset(
                name=self.name,
                version=before[-1] + 1 if before else 1,
                parent=before[-1] if before else None,
                fingerprint=_fingerprint(self.rows, classes),
                classes=tuple(classes),
                counts=_counts(self.rows, classes),
                source=source,
                licence=licence,
                created=datetime.now(UTC).isoformat(timespec="seconds"),
                skipped=tuple(dict(file) for file in skipped),
                copies=_copies(self.rows),
            )
            (self.folder / "info.json").write_text(json.dumps(asdict(dataset), ensure_ascii=False, indent=1), "utf-8")
            if self._pack_id in self.rows["pack"]:  # all images may be those of versions before
                (root / versions.ORIGINALS).mkdir(exist_ok=True)
                (self.folder / "originals").rename(root / versions.ORIGINALS / f"{self._pack_id}.pack")
            else:
                (self.folder / "originals").unlink()
            (root / self.name).mkdir(exist_ok=True)
            (self.folder / _ALIVE).unlink()
            self.folder.rename(root / self.name / str(dataset.version))
        return dataset

    def discard(self) -> None:
        """Leave nothing behind."""
        with suppress(OSError):  # a full disk shows once more, when the rest is flushed
            self._pack.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._alive is not None:
            os.close(self._alive)


@contextmanager
def draft(name: str, *, derived: bool = False) -> Iterator[Draft]:
    """A draft that is discarded unless it was published.

    Args:
        derived: whether it is made of a version that is there: what others change meanwhile would be missing in it.

    Raises:
        VitrineError: ``dataset_name_missing``, ``dataset_name``, ``disk_full``.
    """
    versions.check_name(name)
    with disk_full_told(versions.root()):
        made = Draft(name, derived)
        try:
            yield made
        finally:
            made.discard()


def _sweep() -> None:
    """Remove the drafts of processes that were killed."""
    for folder in versions.root().glob(f"{DRAFT}*"):
        if not locks.held(folder / _ALIVE):
            shutil.rmtree(folder, ignore_errors=True)


def _counts(rows: Mapping[str, Sequence[Any]], classes: Sequence[str]) -> dict[str, dict[str, int]]:
    labels, splits = np.asarray(rows["label"]), np.asarray(rows["split"])
    return {
        split: {name: int(((labels == label) & (splits == split)).sum()) for label, name in enumerate(classes)}
        for split in ("train", "test")
    }


def _copies(rows: Mapping[str, Sequence[Any]]) -> int:
    images = list(zip(rows["split"], rows["sha256"], strict=True))
    trained = {digest for split, digest in images if split == "train"}
    return sum(split == "test" and digest in trained for split, digest in images)


def _fingerprint(rows: Mapping[str, Sequence[Any]], classes: Sequence[str]) -> str:
    lines = sorted(
        f"{split} {classes[label]} {digest}"
        for split, label, digest in zip(rows["split"], rows["label"], rows["sha256"], strict=True)
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
