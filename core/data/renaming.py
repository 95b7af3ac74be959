"""Another name for a dataset. Runs that learnt from it under the old one keep finding it there, hidden from the lists."""

import json
import os
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path

from core import paths
from core.data.drafts import DRAFT, LOCK
from core.data.versions import Dataset, all_versions, check_name, delete_dataset, get_dataset, root, visible_versions
from core.errors import DISK_FULL, VitrineError
from core.runs import locks


def rename(old: str, new: str) -> Dataset:
    """Give all versions of a dataset another name. Images are shared by both names, so nothing of weight is copied.

    Version numbers are kept, unless the new name had versions once: a number is used once.

    Raises:
        VitrineError: ``dataset_unknown``, ``dataset_not_renamed``, ``dataset_name``, ``name_taken`` or ``disk_full``; nothing is
            changed then.
    """
    if get_dataset(old).embedded:
        raise VitrineError("dataset_not_renamed", name=old)
    check_name(new)
    made: list[Path] = []
    with locks.exclusive(root() / LOCK):
        if visible_versions(new):
            raise VitrineError("name_taken", name=new)
        used = max(all_versions(new), default=0)
        numbers = {number: used + number for number in visible_versions(old)}
        try:
            (root() / new).mkdir(exist_ok=True)
            for number in numbers:
                aside = root() / f"{DRAFT}{uuid.uuid4().hex}"  # swept away if this process dies
                made.append(aside)
                _copy(get_dataset(old, number), aside, new, numbers)
            for place, number in enumerate(numbers.values()):
                made[place] = made[place].rename(root() / new / str(number))
            delete_dataset(old)
        except OSError as error:
            for folder in made:
                shutil.rmtree(folder, ignore_errors=True)
            if error.errno in DISK_FULL:
                raise VitrineError("disk_full", path=str(paths.folder("datasets"))) from error
            raise
    return get_dataset(new)


def _copy(dataset: Dataset, folder: Path, name: str, numbers: Mapping[int, int]) -> None:
    """A version's own files, but for its name. Files are never written to again, only replaced: a link is as good as a copy."""
    shutil.copytree(
        dataset.folder, folder, copy_function=os.link, ignore=shutil.ignore_patterns("info.json", ".*", "originals")
    )
    fields = json.loads((dataset.folder / "info.json").read_text(encoding="utf-8"))
    fields |= {"name": name, "version": numbers[dataset.version], "parent": numbers.get(fields["parent"])}
    (folder / "info.json").write_text(json.dumps(fields, ensure_ascii=False, indent=1), "utf-8")
