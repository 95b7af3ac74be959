"""What is known of images beside their class: the folders they lay in, and a table that the user brings."""

import csv
import io
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from core import files
from core.data.versions import Dataset, root
from core.errors import VitrineError

Attributes = dict[str, list[str]]
"""Values by the attribute's name, one for each row of the manifest; empty where nothing is known."""

NAME = "attributes.csv"
KEY = "path"  # the column that names the image
MAX_BYTES = 64 << 20
MAX_COLUMNS = 20


def attributes_of(dataset: Dataset) -> Attributes:
    """All attributes of a version: sub-folders below the class folders, and the columns of the table that was added."""
    paths = _paths(dataset)
    found = dict(_folders(paths))
    try:
        text = _file(dataset).read_text(encoding="utf-8")
    except FileNotFoundError:
        return found
    return found | _matched(_rows(text), paths)


def add_attributes(dataset: Dataset, content: bytes) -> tuple[int, list[str]]:
    """Keep a table of attributes, in place of the one before: CSV whose column ``path`` names images as their ZIP did, or by file name.

    Returns:
        How many images it speaks of, and the names of its attributes.

    Raises:
        VitrineError: ``attributes_unreadable``, ``attributes_no_path``, ``attributes_wide``, ``attributes_no_match`` or ``disk_full``.
    """
    if len(content) > MAX_BYTES:
        raise VitrineError("attributes_unreadable", reason=f"{len(content) >> 20} MiB, of {MAX_BYTES >> 20} at most")
    try:
        text = content.decode("utf-8-sig")
        rows = _rows(text)
    except (UnicodeDecodeError, csv.Error) as error:
        raise VitrineError("attributes_unreadable", reason=str(error)) from error
    names = [name for name in (rows[0] if rows else {}) if name != KEY]
    if not rows or KEY not in rows[0] or not names:
        raise VitrineError("attributes_no_path", found=", ".join(rows[0]) if rows else "–")
    if len(names) > MAX_COLUMNS:
        raise VitrineError("attributes_wide", found=len(names), allowed=MAX_COLUMNS)
    paths = _paths(dataset)
    matched = _matched(rows, paths)
    count = sum(any(column[row] for column in matched.values()) for row in range(len(paths)))
    if not count:
        raise VitrineError("attributes_no_match", example=rows[0][KEY], name=dataset.name, known=paths[0])
    files.replace(_file(dataset), text, sync=True)
    return count, names


def copy_attributes(dataset: Dataset, folder: Path) -> None:
    """Take the table, if there is one, over to the folder of a version of the same images."""
    with suppress(FileNotFoundError):
        shutil.copy(_file(dataset), folder / NAME)


def _rows(text: str) -> list[dict[str, str]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, restval="", restkey="")
    rows = [{(key or "").strip(): value for key, value in row.items() if key} for row in reader]
    return [{key: (value or "").strip() for key, value in row.items() if isinstance(value, str)} for row in rows]


def _matched(rows: list[dict[str, str]], paths: list[str]) -> Attributes:
    """The table's columns in the order of the manifest. A file name alone will do where it is the name of one image only."""
    places: dict[str, list[int]] = {}
    for place, path in enumerate(paths):
        places.setdefault(path, []).append(place)
    by_name: dict[str, list[int]] = {}
    for place, path in enumerate(paths):
        by_name.setdefault(path.rsplit("/", 1)[-1], []).append(place)
    found: Attributes = {name: [""] * len(paths) for name in (rows[0] if rows else {}) if name != KEY}
    for row in rows:
        wanted = row.get(KEY, "").replace("\\", "/").removeprefix("./")
        named = by_name.get(wanted, [])
        for place in places.get(wanted) or (named if len(named) == 1 else []):
            for name, column in found.items():
                column[place] = row.get(name, "")
    return found


def _folders(paths: list[str]) -> Iterator[tuple[str, list[str]]]:
    """An attribute for each depth below the class folders at which images lie in more than one folder."""
    parts = [path.split("/")[1:-1] for path in paths]
    for level in range(max((len(part) for part in parts), default=0)):
        names = [part[level] if level < len(part) else "" for part in parts]
        if len(set(names)) > 1:
            yield f"folder {level + 1}", names


def _paths(dataset: Dataset) -> list[str]:
    return dataset.manifest("path")["path"].to_pylist()


def _file(dataset: Dataset) -> Path:
    return root() / dataset.name / str(dataset.version) / NAME
