"""Another name for a dataset. Runs that learnt from it under the old one keep finding it there, hidden from the lists."""

import json
import os
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path

from core import paths
from core.data.drafts import DRAFT, LOCK
from core.data.feedback import rename_photos
from core.data.looks import rename_looks
from core.data.versions import HIDDEN, Dataset, all_versions, check_name, get_dataset, root, visible_versions
from core.errors import DISK_FULL, VitrineError
from core.files import disk_full_told
from core.runs import locks


def rename(old: str, new: str) -> Dataset:
    """Give all versions of a dataset another name, with the looks at it and the photos that wait. Images are shared by both names, so
    nothing of weight is copied.

    Version numbers are kept, unless the new name had versions once: a number is used once.

    Raises:
        VitrineError: ``dataset_unknown``, ``dataset_not_renamed``, ``dataset_name``, ``name_taken`` or ``disk_full``; nothing is
            changed then.
    """
    if get_dataset(old).embedded:
        raise VitrineError("dataset_not_renamed", name=old)
    check_name(new)
    made: list[Path] = []
    marks: list[Path] = []
    with locks.exclusive(root() / LOCK), disk_full_told(paths.folder("datasets")):
        if visible_versions(new):
            raise VitrineError("name_taken", name=new)
        used = max(all_versions(new), default=0)
        numbers = {number: used + number for number in visible_versions(old)}
        try:
            (root() / new).mkdir(exist_ok=True)
            for number in numbers:
                made.append(root() / f"{DRAFT}{uuid.uuid4().hex}")  # swept away if this process dies
                _copy(get_dataset(old, number), made[-1], new, numbers)
            rename_looks(old, new)
            for place, number in enumerate(numbers.values()):
                made[place] = made[place].rename(root() / new / str(number))
            for number, other in numbers.items():
                marks.append(root() / old / str(number) / HIDDEN)
                marks[-1].write_text(f"{new} {other}", encoding="utf-8")
        except Exception:
            for mark in marks:
                mark.unlink(missing_ok=True)
            for folder in made:
                shutil.rmtree(folder, ignore_errors=True)
            raise
    rename_photos(old, new)
    return get_dataset(new)


def _copy(dataset: Dataset, folder: Path, name: str, numbers: Mapping[int, int]) -> None:
    """A version's own files, but for its name."""
    folder.mkdir()
    for file in dataset.folder.rglob("*"):
        place = folder / file.relative_to(dataset.folder)
        if file.is_file() and not file.name.startswith(".") and place != folder / "info.json":
            place.parent.mkdir(parents=True, exist_ok=True)
            _link(file, place)
    fields = json.loads((dataset.folder / "info.json").read_text(encoding="utf-8"))
    fields |= {"name": name, "version": numbers[dataset.version], "parent": numbers.get(fields["parent"])}
    (folder / "info.json").write_text(json.dumps(fields, ensure_ascii=False, indent=1), "utf-8")


def _link(file: Path, place: Path) -> None:
    """Files are never written to again, only replaced: a link is as good as a copy, which is for file systems without links."""
    try:
        os.link(file, place)
    except OSError as error:
        if error.errno in DISK_FULL:
            raise
        shutil.copy2(file, place)
