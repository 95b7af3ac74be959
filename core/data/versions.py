"""Datasets as immutable versions: a manifest of images, and the images themselves as they came.

    datasets/<name>/<version>/info.json          what it is, and where it came from
    datasets/<name>/<version>/manifest.parquet   one row an image: content hash, path, split, label, size, place in a pack
    datasets/<name>/<version>/cache/<side>.npy   its pixels at one side, derived: see core.data.imageset
    datasets/originals/<id>.pack                 the files of one import, one after the other

``digits`` has the same layout, inside the repository and read-only.
"""

import functools
import hashlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core import paths
from core.data.layout import Split
from core.errors import VitrineError
from core.runs import locks

if TYPE_CHECKING:
    import pyarrow as pa

EMBEDDED = Path(__file__).with_name("embedded")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_ORIGINALS = "originals"
_DRAFT = ".draft-"
_ALIVE = "alive.lock"  # held by the process that makes a draft
_LOCK = ".publish.lock"


@dataclass(frozen=True)
class Dataset:
    """One version of a dataset.

    Attributes:
        parent: the version it was made from or follows.
        fingerprint: of all images, labels and splits; the same content has the same.
        counts: images by split and class: ``counts["train"]["cat"]``.
        skipped: files that could not be read, as ``path``, ``code`` and ``params``.
    """

    name: str
    version: int
    parent: int | None
    fingerprint: str
    classes: tuple[str, ...]
    counts: dict[str, dict[str, int]]
    source: str
    licence: str
    created: str
    skipped: tuple[dict[str, Any], ...]

    @property
    def images(self) -> int:
        return self.size("train") + self.size("test")

    def size(self, split: Split) -> int:
        return sum(self.counts[split].values())

    @property
    def embedded(self) -> bool:
        return (EMBEDDED / self.name).is_dir()

    @property
    def folder(self) -> Path:
        """Where the version's own files lie."""
        root = EMBEDDED if self.embedded else _root()
        return root / self.name / str(self.version)

    @property
    def cache(self) -> Path:
        """Where derived pixels may be written: always under ``VITRINE_HOME``."""
        return _root() / self.name / str(self.version) / "cache"

    def manifest(self, *columns: str) -> "pa.Table":
        """One row an image; the named columns, or all of sha256, path, split, label, width, height, pack, offset, length."""
        from pyarrow import parquet

        return parquet.read_table(self.folder / "manifest.parquet", columns=list(columns) or None)

    def original(self, row: int) -> bytes:
        """The file of one manifest row as it came."""
        return self.originals([row])[0]

    def originals(self, rows: Sequence[int]) -> list[bytes]:
        """The files of those manifest rows as they came."""
        table = self.manifest("pack", "offset", "length")
        packs, offsets, lengths = (table[column].to_numpy() for column in ("pack", "offset", "length"))
        folder = self.folder.parent if self.embedded else _root() / _ORIGINALS
        opened = {pack: np.memmap(folder / f"{pack}.pack", np.uint8, "r") for pack in set(packs[rows])}
        return [opened[packs[row]][offsets[row] : offsets[row] + lengths[row]].tobytes() for row in rows]


def list_datasets() -> list[Dataset]:
    """The newest version of every visible dataset, by name."""
    names = {folder.name for root in (EMBEDDED, _root()) for folder in root.iterdir() if _versions(folder.name)}
    return [get_dataset(name) for name in sorted(names)]


def get_dataset(name: str, version: int | None = None) -> Dataset:
    """A dataset's newest version, or a certain one, even if it is hidden.

    Raises:
        VitrineError: ``dataset_unknown``.
    """
    versions = _versions(name) if _NAME.fullmatch(name) else []
    if version is None:
        if not versions:
            known = ", ".join(dataset.name for dataset in list_datasets())
            raise VitrineError("dataset_unknown", name=name, known=known)
        version = versions[-1]
    root = EMBEDDED if (EMBEDDED / name).is_dir() else _root()
    info = root / name / str(version) / "info.json"
    if not _NAME.fullmatch(name) or not info.is_file():
        known = ", ".join(f"{name} {number}" for number in versions) or ", ".join(d.name for d in list_datasets())
        raise VitrineError("dataset_unknown", name=f"{name} {version}", known=known)
    return _load(info)


def delete_dataset(name: str) -> None:
    """Hide a dataset from the lists. Its files stay: runs refer to them.

    Raises:
        VitrineError: ``dataset_unknown``, or ``dataset_embedded`` for one that belongs to the product.
    """
    if get_dataset(name).embedded:
        raise VitrineError("dataset_embedded", name=name)
    for version in _versions(name):
        (_root() / name / str(version) / "hidden").touch()


def restore_dataset(name: str) -> None:
    """Undo :func:`delete_dataset`."""
    for hidden in (_root() / name).glob("*/hidden"):
        hidden.unlink()


def check_name(name: str) -> None:
    """
    Raises:
        VitrineError: ``dataset_name`` when the name cannot be a dataset's.
    """
    if not _NAME.fullmatch(name) or name == _ORIGINALS or (EMBEDDED / name).is_dir():
        raise VitrineError("dataset_name", name=name)


class Draft:
    """A version in the making: images are added to a pack, and nothing is visible until :meth:`publish`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rows: dict[str, list[Any]] = {
            key: [] for key in ("sha256", "path", "split", "label", "width", "height", "pack", "offset", "length")
        }
        self.folder = _root() / f"{_DRAFT}{uuid.uuid4().hex}"
        with locks.exclusive(_root() / _LOCK):
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
        """Make it the newest version of its name, at once and whole."""
        import pyarrow as pa
        from pyarrow import parquet

        self._pack.close()
        parquet.write_table(pa.table(self.rows), self.folder / "manifest.parquet")
        root = _root()
        with locks.exclusive(root / _LOCK):
            versions = _all_versions(self.name)
            dataset = Dataset(
                name=self.name,
                version=versions[-1] + 1 if versions else 1,
                parent=versions[-1] if versions else None,
                fingerprint=_fingerprint(self.rows, classes),
                classes=tuple(classes),
                counts=_counts(self.rows, classes),
                source=source,
                licence=licence,
                created=datetime.now(UTC).isoformat(timespec="seconds"),
                skipped=tuple(dict(file) for file in skipped),
            )
            (self.folder / "info.json").write_text(json.dumps(asdict(dataset), ensure_ascii=False, indent=1))
            (root / _ORIGINALS).mkdir(exist_ok=True)
            (self.folder / "originals").rename(root / _ORIGINALS / f"{self._pack_id}.pack")
            (root / self.name).mkdir(exist_ok=True)
            (self.folder / _ALIVE).unlink()
            self.folder.rename(root / self.name / str(dataset.version))
        return dataset

    def discard(self) -> None:
        """Leave nothing behind."""
        self._pack.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._alive is not None:
            os.close(self._alive)


@contextmanager
def draft(name: str) -> Iterator[Draft]:
    """A draft that is discarded unless it was published."""
    check_name(name)
    made = Draft(name)
    try:
        yield made
    finally:
        made.discard()


def _root() -> Path:
    return paths.folder("datasets")


def _sweep() -> None:
    """Remove the drafts of processes that were killed."""
    for folder in _root().glob(f"{_DRAFT}*"):
        if not locks.held(folder / _ALIVE):
            shutil.rmtree(folder, ignore_errors=True)


def _all_versions(name: str) -> list[int]:
    root = EMBEDDED if (EMBEDDED / name).is_dir() else _root()
    return sorted(int(info.parent.name) for info in (root / name).glob("*/info.json"))


def _versions(name: str) -> list[int]:
    return [number for number in _all_versions(name) if not (_root() / name / str(number) / "hidden").exists()]


def _load(info: Path) -> Dataset:
    return _parse(info, info.stat().st_mtime_ns)


@functools.lru_cache(maxsize=64)
def _parse(info: Path, written: int) -> Dataset:
    fields = json.loads(info.read_text(encoding="utf-8"))
    return Dataset(**{**fields, "classes": tuple(fields["classes"]), "skipped": tuple(fields["skipped"])})


def _counts(rows: Mapping[str, Sequence[Any]], classes: Sequence[str]) -> dict[str, dict[str, int]]:
    labels, splits = np.asarray(rows["label"]), np.asarray(rows["split"])
    return {
        split: {name: int(((labels == label) & (splits == split)).sum()) for label, name in enumerate(classes)}
        for split in ("train", "test")
    }


def _fingerprint(rows: Mapping[str, Sequence[Any]], classes: Sequence[str]) -> str:
    lines = sorted(
        f"{split} {classes[label]} {digest}"
        for split, label, digest in zip(rows["split"], rows["label"], rows["sha256"], strict=True)
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
