"""Models that come with Vitrine, as tests need them: made by the script that makes the real ones."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from core.data.importing import import_zip
from core.data.versions import Dataset, get_dataset
from core.evaluation.predictions import evaluate_on
from core.runs.run import ENVIRONMENT
from core.runs.store import store
from scripts.bundle_model import bundle
from tests.conftest import RUN_NAME
from tests.data.making import pack

A_CLASS = 8  # images


def import_scans(
    name: str, zip_file: Path, first: int = 0, rename: Callable[[str], str] = lambda file: file
) -> Dataset:
    """A few of the digits' images of each class as a dataset of its own: other `first`, other images."""
    digits = get_dataset("digits")
    paths = digits.manifest("path")["path"].to_pylist()
    files: dict[str, bytes] = {}
    for label in digits.classes:
        rows = [row for row, path in enumerate(paths) if path.startswith(f"{label}/")][first : first + A_CLASS]
        names = [f"{label}/{rename(paths[row].split('/')[1])}" for row in rows]
        files |= dict(zip(names, digits.originals(rows), strict=True))
    return import_zip(name, pack(zip_file, files), None, lambda done, total: None, lambda: False)


def bundle_model_of(data: str, source: Path, folder: Path) -> None:
    """Put `foreign` into `folder`: the trained run's model, as if it had learnt from dataset `data`.

    Args:
        source: a copy of the trained home, with that dataset in it.
    """
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("VITRINE_HOME", str(source))
        environment.setenv("VITRINE_BUNDLED", str(folder))
        trained = store().find(RUN_NAME)
        run = store().create("train", "foreign", {**trained.spec, "data": data})
        shutil.copytree(trained.bundle, run.bundle)
        shutil.copy(trained.folder / ENVIRONMENT, run.folder)
        store().log(run.id, [(key, float(value), 1) for key, value in trained.metrics.items()])
        store().set_result(run.id, trained.result)
        store().set_state(run.id, "finished")
        run = store().get(run.id)
        evaluate_on(get_dataset(data), run).save(run.predictions)
        bundle(run, "foreign")
