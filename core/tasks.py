"""What one can ask Vitrine to do: the functions behind the buttons and the commands.

They check everything that can be checked before a process is started, so that a mistake is answered where it was made.
"""

import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import psutil

from core import paths
from core.data.sources import SOURCES
from core.data.versions import check_name, get_dataset
from core.errors import DISK_FULL, VitrineError
from core.runs import jobs
from core.runs.store import Run, exists, store
from core.training.cautions import cautions, label_cautions
from core.training.estimate import Estimate
from core.training.recipe import Recipe
from core.training.speeds import expect, promise, try_out


def train(data: str, recipe: Recipe, name: str | None = None, device: str = "auto") -> Run:
    """Submit a training run on the newest version of a dataset.

    Args:
        device: ``auto``, ``cpu`` or ``cuda``.

    Raises:
        VitrineError: when there is no such dataset.
    """
    dataset = get_dataset(data)
    recipe_fields = recipe.model_dump(mode="json")
    spec = {"data": dataset.name, "data_version": dataset.version, "recipe": recipe_fields, "device": device}
    spec |= promise(recipe, dataset, store().runs(), device)
    return jobs.submit("train", name or _free_name(f"{recipe.preset}-{dataset.name}"), spec)


def estimate(data: str, recipe: Recipe, device: str = "auto") -> tuple[Estimate, list[VitrineError]]:
    """What a training run would cost, and what to be warned of. What nobody knows yet is tried out, for some seconds.

    While a run is at work nothing is tried, as both would be slowed down: the answer is a guess then. So it is where the trial
    fails, which is one of the warnings.

    Raises:
        VitrineError: when there is no such dataset.
    """
    dataset, runs = get_dataset(data), store().runs() if exists() else []
    expected, failures = expect(recipe, dataset, runs, device), []
    if expected.source == "guess" and not any(run.active for run in runs):
        try:
            try_out(recipe, dataset, device)
        except VitrineError as error:
            failures.append(error)
        expected = expect(recipe, dataset, runs, device)
    warnings = failures + cautions(recipe, expected, runs, psutil.virtual_memory().available)
    return expected, warnings + label_cautions(recipe, dataset.classes)


def import_data(name: str, train_zip: Path, test_zip: Path | None = None) -> Run:
    """Submit the import of a ZIP with a folder per class.

    Raises:
        VitrineError: when the name cannot be one, or a file is not there.
    """
    check_name(name)
    files = [path.absolute() for path in (train_zip, test_zip) if path is not None]
    for path in files:
        if not path.is_file():
            raise VitrineError("file_missing", path=str(path))
    return _submit_import(name, files, uploaded=False)


def import_uploads(name: str, uploads: Sequence[tuple[str, IO[bytes]]]) -> Run:
    """Submit the import of uploaded ZIPs. They are copied to where the job can read them, and it removes the copies.

    Args:
        uploads: file name and content of the training images, and of the test images if they are apart.

    Raises:
        VitrineError: when the name cannot be one, or the disk is full.
    """
    check_name(name)
    files: list[Path] = []
    try:
        for file_name, stream in uploads:
            folder = paths.folder("uploads") / uuid.uuid4().hex
            folder.mkdir()
            files.append(folder / Path(file_name).name[-100:])
            with open(files[-1], "wb") as copy:
                shutil.copyfileobj(stream, copy, 1 << 20)
        return _submit_import(name, files, uploaded=True)
    except BaseException as error:
        for path in files:
            shutil.rmtree(path.parent)
        if isinstance(error, OSError) and error.errno in DISK_FULL:
            raise VitrineError("disk_full", path=str(paths.folder("uploads"))) from error
        raise


def _submit_import(name: str, files: list[Path], *, uploaded: bool) -> Run:
    return jobs.submit("import", name, {"data": name, "files": [str(path) for path in files], "uploaded": uploaded})


def download_data(name: str) -> Run:
    """Submit the download of a public dataset."""
    if name not in SOURCES:
        raise VitrineError("source_unknown", name=name, known=", ".join(SOURCES))
    return jobs.submit("download", name, {"data": name})


def _free_name(stem: str) -> str:
    taken = {run.name for run in store().runs()}
    number = 1
    while f"{stem}-{number}" in taken:
        number += 1
    return f"{stem}-{number}"
