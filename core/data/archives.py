"""ZIP files as people make them: the images in them by class, and whether they can be trusted."""

import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from core.data.versions import Split
from core.errors import VitrineError

MAX_MEMBERS = 1_000_000
MAX_UNPACKED = 32 << 30  # bytes
MAX_RATIO = 200  # unpacked over packed: photos are packed already, so a bomb stands out
SMALL = 1 << 20  # bytes below which a member's ratio does not matter: a plain bitmap may pack well

_CLUTTER = re.compile(r"(^|/)(__MACOSX|\.[^/]*|Thumbs\.db|desktop\.ini)(/|$)", re.IGNORECASE)
_SPLITS: dict[str, Split] = {"train": "train", "training": "train", "test": "test", "testing": "test"}
_ENCRYPTED = 0x1
_LINK, _KIND = 0o120000, 0o170000


@dataclass(frozen=True)
class Member:
    """An image file of an archive: its name there, its class, and its split where the archive says so."""

    name: str
    path: str
    label: str
    split: Split | None


class Archive:
    """An opened ZIP whose directory was checked before anything is read from it. A context.

    Raises:
        VitrineError: it is no ZIP, is encrypted, reaches outside its folder, holds links, or would unpack to a bomb.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError) as error:
            raise VitrineError("zip_unreadable", file=path.name) from error
        try:
            self._check(self._zip.infolist())
        except VitrineError:
            self._zip.close()
            raise

    def __enter__(self) -> "Archive":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def members(self) -> list[Member]:
        """Its image files. Folders that hold all others are passed through until the class folders are reached.

        Raises:
            VitrineError: ``zip_no_classes`` when its files lie in no folders.
        """
        names = [info.filename for info in self._zip.infolist() if not info.is_dir() and not _CLUTTER.search(info.filename)]
        parts = [name.split("/") for name in names]
        depth = 0
        while _same_folder(parts, depth):
            depth += 1
        folders = {path[depth].lower() for path in parts if len(path) > depth + 1}
        has_splits = bool(folders) and folders <= set(_SPLITS) and any(len(path) > depth + 2 for path in parts)
        first = depth + has_splits
        found = [
            Member(name, "/".join(path[first:]), path[first], _SPLITS[path[depth].lower()] if has_splits else None)
            for name, path in zip(names, parts, strict=True)
            if len(path) > first + 1
        ]
        if not found:
            raise VitrineError("zip_no_classes", file=self.path.name)
        return found

    def folders(self) -> list[str]:
        """Names of folders without a file in them: a class that somebody forgot to fill."""
        files = {"/".join(info.filename.split("/")[:-1]) for info in self._zip.infolist() if not info.is_dir()}
        return [
            info.filename.rstrip("/").split("/")[-1]
            for info in self._zip.infolist()
            if info.is_dir()
            and not _CLUTTER.search(info.filename)
            and not any(file == info.filename.rstrip("/") or file.startswith(info.filename) for file in files)
        ]

    def read(self, members: Sequence[Member]) -> Iterator[bytes | None]:
        """The bytes of each member; None where the archive is damaged. Never more than the directory promised."""
        for member in members:
            size = self._zip.getinfo(member.name).file_size
            try:
                with self._zip.open(member.name) as file:
                    data = file.read(size + 1)
            except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError):
                yield None
                continue
            if len(data) > size:
                raise VitrineError("zip_bomb", file=self.path.name)
            yield data

    def _check(self, infos: Sequence[zipfile.ZipInfo]) -> None:
        if len(infos) > MAX_MEMBERS or sum(info.file_size for info in infos) > MAX_UNPACKED:
            raise VitrineError("zip_bomb", file=self.path.name)
        for info in infos:
            name = info.orig_filename.replace("\\", "/")
            if name.startswith("/") or ".." in name.split("/") or re.match(r"[A-Za-z]:", name) or "\0" in name:
                raise VitrineError("zip_traversal", file=self.path.name, member=info.filename)
            if info.flag_bits & _ENCRYPTED:
                raise VitrineError("zip_encrypted", file=self.path.name)
            if (info.external_attr >> 16) & _KIND == _LINK:
                raise VitrineError("zip_link", file=self.path.name, member=info.filename)
            if info.file_size > SMALL and info.file_size > MAX_RATIO * max(info.compress_size, 1):
                raise VitrineError("zip_bomb", file=self.path.name)


def _same_folder(parts: Sequence[Sequence[str]], depth: int) -> bool:
    """Whether all files lie in one folder at this depth that has folders in it again."""
    return (
        len({path[depth] for path in parts if len(path) > depth + 1}) == 1
        and any(len(path) > depth + 2 for path in parts)
    )
