"""Where the classes are in a tree of folders as people make them: below a top folder or two, below ``train`` and ``test``."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from core.errors import VitrineError

Split = Literal["train", "test"]
Parts = tuple[str, ...]

_SPLITS = {
    "train": "train",
    "training": "train",
    "test": "test",
    "testing": "test",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
}
# Not the name of a folder above, of a hidden one, of a drive, or of two.
_CLASS = re.compile(r"(?!\.|__MACOSX$|[A-Za-z]:)[^/\\\x00-\x1f]{1,64}")
SUFFIXES = {
    ".jpg",
    ".jpeg",
    ".jpe",
    ".jfif",
    ".png",
    ".webp",
    ".gif",
    ".bmp",
    ".tif",
    ".tiff",
    ".avif",
    ".heic",
    ".heif",
}


@dataclass(frozen=True)
class Member:
    """A file of a class: its whole name, its path from the class folder on, its class, and its split where a folder says so."""

    name: str
    path: str
    label: str
    split: Split | None


@dataclass(frozen=True)
class Layout:
    """What lies where.

    Attributes:
        members: files in class folders.
        classes: names of the class folders to learn from, empty ones included.
        outside: files that lie in no class folder.
    """

    members: tuple[Member, ...]
    classes: frozenset[str]
    outside: tuple[str, ...]

    @property
    def has_splits(self) -> bool:
        return any(member.split is not None for member in self.members)


def check_class_names(names: Collection[str]) -> None:
    """Whether folders of those names would be taken for classes.

    Raises:
        VitrineError: ``class_name``.
    """
    for name in names:
        if not _CLASS.fullmatch(name):
            raise VitrineError("class_name", name=name)
    # Folders of some names, such as train and test, would be taken for something else.
    if find_classes(f"{name}/1.png" for name in names).classes != set(names):
        raise VitrineError("class_name", name=", ".join(names))


def find_classes(files: Iterable[str], folders: Iterable[str] = ()) -> Layout:
    """Find the class folders.

    Folders that hold everything else are passed through. Folders ``train`` and ``test`` say the split; ``val`` stands for
    the test where there is none, and belongs to training otherwise: every run holds validation images out of those itself.

    Args:
        files: names with ``/`` between folders.
        folders: names of folders, of which some may be empty.
    """
    inside = [tuple(name.split("/")) for name in files]
    known = [tuple(name.strip("/").split("/")) for name in folders]
    depth = _enter(inside, known, 0)
    splits = _splits(inside, depth)
    if not splits:
        return _classes_at(inside, known, depth, None)
    found = []
    for folder, split in splits.items():
        files_there = [path for path in inside if len(path) > depth + 1 and path[depth] == folder]
        folders_there = [path for path in known if len(path) > depth and path[depth] == folder]
        found.append(_classes_at(files_there, folders_there, _enter(files_there, folders_there, depth + 1), split))
    other = ["/".join(path) for path in inside if len(path) <= depth + 1 or path[depth] not in splits]
    return Layout(
        members=tuple(member for layout in found for member in layout.members),
        classes=frozenset().union(*(layout.classes for layout in found)),
        outside=(*(name for layout in found for name in layout.outside), *other),
    )


def _enter(files: Sequence[Parts], folders: Sequence[Parts], depth: int) -> int:
    """The depth at which there is more than one folder, or images beside it."""
    while True:
        here = {path[depth] for path in files if len(path) > depth + 1} | {
            path[depth] for path in folders if len(path) > depth
        }
        images = any(len(path) == depth + 2 and _looks_like_an_image(path) for path in files)
        deeper = any(len(path) > depth + 2 for path in files) or any(len(path) > depth + 1 for path in folders)
        if len(here) != 1 or images or not deeper:
            return depth
        depth += 1


def _splits(files: Sequence[Parts], depth: int) -> dict[str, Split]:
    """Folder → split, when the folders with images at this depth are named after splits; else nothing."""
    below = [path for path in files if len(path) > depth + 1]
    holders = {path[depth] for path in below if _looks_like_an_image(path)} or {path[depth] for path in below}
    meanings = {folder: _SPLITS.get(folder.lower()) for folder in holders}
    if len(holders) < 2 or None in meanings.values() or "train" not in meanings.values():
        return {}
    tested = "test" in meanings.values()
    return {
        folder: "test" if meaning == "test" or (meaning == "validation" and not tested) else "train"
        for folder, meaning in sorted(meanings.items())
    }


def _classes_at(files: Sequence[Parts], folders: Sequence[Parts], depth: int, split: Split | None) -> Layout:
    members = tuple(
        Member("/".join(path), "/".join(path[depth:]), path[depth], split) for path in files if len(path) > depth + 1
    )
    classes = {member.label for member in members} | {path[depth] for path in folders if len(path) > depth}
    return Layout(
        members=members,
        classes=frozenset() if split == "test" else frozenset(classes),
        outside=tuple("/".join(path) for path in files if len(path) <= depth + 1),
    )


def _looks_like_an_image(path: Parts) -> bool:
    return PurePosixPath(path[-1]).suffix.lower() in SUFFIXES
