"""Measurements that take long: made once by a job, kept with the run, read by Evaluate and the report.

Those of a model that comes with Vitrine are made anew in the user's own home, unless they come with it too. What names rows of a
dataset belongs to that version as well; what is about a dataset alone is kept beside it, for all runs.
"""

import json
import os
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.bundle.format import MODEL, SUMS
from core.data.duplicates import Duplicates
from core.data.lookup import has_rows_of, images_for
from core.data.versions import Dataset
from core.errors import VitrineError
from core.evaluation.labels import LabelIssues
from core.evaluation.stress import Stress
from core.evaluation.unknowns import LeftOut, Unknowns
from core.evaluation.views import Views
from core.runs.run import STUDIES, Run, place

Study = Stress | Views | Unknowns | LeftOut | LabelIssues | Duplicates
KINDS: dict[str, Any] = {
    "stress": Stress,
    "views": Views,
    "unknowns": Unknowns,
    "left-out": LeftOut,
    "labels": LabelIssues,
    "training-labels": LabelIssues,
    "duplicates": Duplicates,
}
OF_ROWS = ("labels", "training-labels", "duplicates")


def study(run: Run, kind: str, dataset: Dataset | None = None) -> Any | None:
    """What a study of this run found, as an instance of its kind; None where it was not made, or of another bundle.

    Args:
        dataset: whose rows it names, if it does; None where that is not here.
    """
    if kind in OF_ROWS and dataset is None:
        return None
    for file in _files(run, kind, dataset):
        try:
            fields = json.loads(file.read_text(encoding="utf-8"))
            if fields.pop("sealed") in (_seal(run), None):
                return KINDS[kind].from_json(fields)
        except (OSError, ValueError, KeyError, TypeError, StopIteration):  # not there, damaged, or another version's
            continue
    return None


def duplicates_of(run: Run) -> Duplicates | None:
    """What was found of the run's own dataset, whose rows its stored predictions name; None where that is not here."""
    try:
        dataset = images_for(run)
    except VitrineError:
        return None
    return study(run, "duplicates", dataset) if has_rows_of(dataset, run) else None


def keep(run: Run, kind: str, found: Study, dataset: Dataset | None = None) -> None:
    """Store what a study found, whole or not at all; `dataset` as in :func:`study`."""
    file = _files(run, kind, dataset)[0]
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_suffix(".part")
    sealed = None if kind == "duplicates" else _seal(run)  # it is of the dataset, whatever the model
    aside.write_text(json.dumps(asdict(found) | {"sealed": sealed}), encoding="utf-8")
    os.replace(aside, file)


def copy_studies(run: Run, folder: Path) -> None:
    """Take along to another folder what was found of the run; rows are those of a dataset that stays here."""
    kept = [file for kind in KINDS if kind not in OF_ROWS and (file := _files(run, kind, None)[0]).exists()]
    if kept:
        (folder / STUDIES).mkdir()
    for file in kept:
        shutil.copy(file, folder / STUDIES)


def _files(run: Run, kind: str, dataset: Dataset | None) -> list[Path]:
    """Where a study may lie; the first is where it is written."""
    if kind not in OF_ROWS:
        return [_folder(run) / f"{kind}.json", run.folder / STUDIES / f"{kind}.json"]
    assert dataset is not None
    if kind == "duplicates":
        return [dataset.cache / "duplicates.json"]
    return [_folder(run) / f"{kind}-{dataset.name}-{dataset.version}.json"]


def _folder(run: Run) -> Path:
    """Where studies are written: with the run, and never into what comes with Vitrine."""
    return place(run.id) / "artifacts" / STUDIES


def _seal(run: Run) -> str:
    """The checksum of the model: a resumed run is sealed anew, and its old studies are of another one."""
    lines = (run.bundle / SUMS).read_text(encoding="utf-8").splitlines()
    return next(line.split()[0] for line in lines if line.endswith(f"  {MODEL}"))
