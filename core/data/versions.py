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
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core import paths
from core.data.layout import Split
from core.errors import VitrineError

if TYPE_CHECKING:
    import pyarrow as pa

EMBEDDED = Path(__file__).with_name("embedded")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
ORIGINALS = "originals"
HIDDEN, UNDONE = "hidden", "undone"  # marks of versions that are in no list; the first may say what it goes on as


@dataclass(frozen=True)
class Dataset:
    """One version of a dataset.

    Attributes:
        parent: the version it was made from or follows.
        fingerprint: of all images, labels and splits; the same content has the same.
        counts: images by split and class: ``counts["train"]["cat"]``.
        skipped: files that could not be read, as ``path``, ``code`` and ``params``.
        copies: test images that training has too, byte by byte; a model need only remember those.
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
    copies: int = 0

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
        return _home_of(self.name) / self.name / str(self.version)

    @property
    def cache(self) -> Path:
        """Where derived pixels may be written: always under ``VITRINE_HOME``."""
        return root() / self.name / str(self.version) / "cache"

    def manifest(self, *columns: str) -> "pa.Table":
        """One row an image; the named columns, or all of sha256, path, split, label, width, height, pack, offset, length.

        Raises:
            VitrineError: ``data_damaged`` when it is gone, or not what was written.
        """
        from pyarrow import ArrowException, parquet

        try:
            return parquet.read_table(self.folder / "manifest.parquet", columns=list(columns) or None)
        except (OSError, ArrowException) as error:
            raise VitrineError("data_damaged", name=self.name, version=self.version) from error

    def original(self, row: int) -> bytes:
        """The file of one manifest row as it came."""
        return self.originals([row])[0]

    def originals(self, rows: Sequence[int]) -> list[bytes]:
        """The files of those manifest rows as they came.

        Raises:
            VitrineError: ``data_damaged`` when they are gone, or not what the manifest says.
        """
        table = self.manifest("sha256", "pack", "offset", "length")
        digests, packs, offsets, lengths = (column.to_numpy() for column in table.columns)
        folder = self.folder.parent if self.embedded else root() / ORIGINALS
        files = []
        try:
            opened = {pack: np.memmap(folder / f"{pack}.pack", np.uint8, "r") for pack in set(packs[rows])}
            for row in rows:
                file = opened[packs[row]][offsets[row] : offsets[row] + lengths[row]].tobytes()
                if hashlib.sha256(file).hexdigest() != digests[row]:
                    raise ValueError(f"row {row} was altered")
                files.append(file)
        except (OSError, ValueError) as error:  # ValueError: an empty pack cannot be mapped
            raise VitrineError("data_damaged", name=self.name, version=self.version) from error
        return files


def list_datasets() -> list[Dataset]:
    """The newest version of every visible dataset, by name."""
    names = {folder.name for place in (EMBEDDED, root()) for folder in place.iterdir() if visible_versions(folder.name)}
    return [get_dataset(name) for name in sorted(names)]


def get_dataset(name: str, version: int | None = None) -> Dataset:
    """A dataset's newest version, or a certain one, even if it is hidden.

    Raises:
        VitrineError: ``dataset_unknown``.
    """
    versions = visible_versions(name) if _NAME.fullmatch(name) else []
    if version is None:
        if not versions:
            known = ", ".join(dataset.name for dataset in list_datasets())
            raise VitrineError("dataset_unknown", name=name, known=known)
        version = versions[-1]
    info = _home_of(name) / name / str(version) / "info.json"
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
    for version in visible_versions(name):
        (root() / name / str(version) / HIDDEN).touch()


def hide_version(dataset: Dataset) -> None:
    """Hide one version for good, so that the one before it is the newest. Its files stay: runs refer to them."""
    (root() / dataset.name / str(dataset.version) / UNDONE).touch()


def restore_dataset(name: str) -> None:
    """Undo :func:`delete_dataset`."""
    for hidden in (root() / name).glob(f"*/{HIDDEN}"):
        if not hidden.stat().st_size:  # what was renamed is there under its other name
            hidden.unlink()


def name_now(name: str, version: int) -> str:
    """The name that a version goes by: another one than it had, where the dataset was renamed since."""
    try:
        renamed = (root() / name / str(version) / HIDDEN).read_text(encoding="utf-8").split()
    except OSError:
        return name
    return name_now(renamed[0], int(renamed[1])) if renamed else name


def check_name(name: str) -> None:
    """
    Raises:
        VitrineError: ``dataset_name_missing``, or ``dataset_name`` when it cannot be a dataset's.
    """
    if not name:
        raise VitrineError("dataset_name_missing")
    if not _NAME.fullmatch(name) or name == ORIGINALS or (EMBEDDED / name).is_dir():
        raise VitrineError("dataset_name", name=name)


def root() -> Path:
    """Where the user's datasets lie."""
    return paths.folder("datasets")


def all_versions(name: str) -> list[int]:
    """The versions that there are, hidden ones included, oldest first."""
    return sorted(int(info.parent.name) for info in (_home_of(name) / name).glob("*/info.json"))


def visible_versions(name: str) -> list[int]:
    """The versions that nobody hid, oldest first."""
    folders = {number: root() / name / str(number) for number in all_versions(name)}
    return [
        number for number, folder in folders.items() if not any((folder / mark).exists() for mark in (HIDDEN, UNDONE))
    ]


def _home_of(name: str) -> Path:
    return EMBEDDED if (EMBEDDED / name).is_dir() else root()


def _load(info: Path) -> Dataset:
    return _parse(info, info.stat().st_mtime_ns)


@functools.lru_cache(maxsize=64)
def _parse(info: Path, written: int) -> Dataset:
    fields = json.loads(info.read_text(encoding="utf-8"))
    return Dataset(**{**fields, "classes": tuple(fields["classes"]), "skipped": tuple(fields["skipped"])})
