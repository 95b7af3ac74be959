"""What one can ask Vitrine to do: the functions behind the buttons and the commands.

They check everything that can be checked before a process is started, so that a mistake is answered where it was made.
"""

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from core import paths
from core.data.sources import SOURCES
from core.data.versions import check_name, get_dataset
from core.errors import VitrineError
from core.runs import jobs
from core.runs.store import Run, store
from core.training.recipe import Recipe


def train(data: str, recipe: Recipe, name: str | None = None) -> Run:
    """Submit a training run on the newest version of a dataset.

    Raises:
        VitrineError: when there is no such dataset.
    """
    dataset = get_dataset(data)
    spec = {"data": dataset.name, "data_version": dataset.version, "recipe": recipe.model_dump(mode="json")}
    return jobs.submit("train", name or _free_name(f"{recipe.preset}-{dataset.name}"), spec)


def import_data(name: str, train_zip: Path, test_zip: Path | None = None, *, uploaded: bool = False) -> Run:
    """Submit the import of a ZIP with a folder per class.

    Args:
        uploaded: the files are copies that the job removes when it is done.

    Raises:
        VitrineError: when the name cannot be one, or a file is not there.
    """
    check_name(name)
    files = [path.absolute() for path in (train_zip, test_zip) if path is not None]
    for path in files:
        if not path.is_file():
            raise VitrineError("file_missing", path=str(path))
    return jobs.submit("import", name, {"data": name, "files": [str(path) for path in files], "uploaded": uploaded})


def download_data(name: str) -> Run:
    """Submit the download of a public dataset."""
    if name not in SOURCES:
        raise VitrineError("source_unknown", name=name, known=", ".join(SOURCES))
    return jobs.submit("download", name, {"data": name})


def keep_upload(stream: IO[bytes]) -> Path:
    """Copy an uploaded file to where a job can read it, block by block."""
    path = paths.folder("uploads") / f"{uuid.uuid4().hex}.zip"
    with open(path, "wb") as copy:
        while block := stream.read(1 << 20):
            copy.write(block)
    return path


def changes(recipe: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What differs between two recipes: field → (value here, value there)."""
    return {
        field: (value, other.get(field))
        for field, value in recipe.items()
        if field != "preset" and value != other.get(field)
    }


def _free_name(stem: str) -> str:
    taken = {run.name for run in store().runs()}
    number = 1
    while f"{stem}-{number}" in taken:
        number += 1
    return f"{stem}-{number}"
