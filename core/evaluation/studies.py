"""Measurements that take long: made once by a job, kept with the run, read by Evaluate and the report.

Those of a model that comes with Vitrine are made anew in the user's own home, unless they come with it too. What names rows of a
dataset belongs to that version as well; what is about a dataset alone is kept beside it, for all runs.
"""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core import files
from core.bundle.format import MODEL, SUMS
from core.data.duplicates import Duplicates, kept_at, kept_duplicates
from core.data.lookup import dataset_of, has_rows_of
from core.data.versions import Dataset
from core.errors import VitrineError
from core.evaluation.labels import LabelIssues
from core.evaluation.neighbours import Neighbours
from core.evaluation.stress import Stress
from core.evaluation.unknowns import LeftOut, Unknowns
from core.evaluation.variants import Variants
from core.evaluation.views import Views
from core.runs.bundled import bundled_runs
from core.runs.run import STUDIES, Run, place

Study = Stress | Views | Unknowns | LeftOut | LabelIssues | Duplicates | Neighbours | Variants
KINDS: dict[str, Any] = {
    "stress": Stress,
    "views": Views,
    "unknowns": Unknowns,
    "left-out": LeftOut,
    "labels": LabelIssues,
    "training-labels": LabelIssues,
    "duplicates": Duplicates,
    "neighbours": Neighbours,
    "variants": Variants,
}
OF_VERSION = ("labels", "training-labels", "neighbours")  # of a run and of a version of its dataset
OF_ROWS = (*OF_VERSION, "duplicates")
STAYS = (*OF_VERSION, "variants")  # where it was made: what it speaks of is there


def study(run: Run, kind: str, dataset: Dataset | None = None) -> Any | None:
    """What a study of this run found, as an instance of its kind; None where it was not made, or of another bundle.

    Args:
        dataset: whose rows it names, if it does; None where that is not here.
    """
    if kind in OF_ROWS and dataset is None:
        return None
    found = (_read(file, run, kind) for file in _files(run, kind, dataset))
    return next((one for one in found if one is not None), None)


def _read(file: Path, run: Run, kind: str) -> Any | None:
    try:
        fields = json.loads(file.read_text(encoding="utf-8"))
        return KINDS[kind].from_json(fields) if fields.pop("sealed") in (seal(run), None) else None
    except (OSError, ValueError, KeyError, TypeError, StopIteration):  # not there, damaged, or another version's
        return None


def duplicates_of(run: Run) -> Duplicates | None:
    """What was found of the run's own dataset, whose rows its stored predictions name; None where nobody looked."""
    if run.bundled:  # it comes with the model: rows are those of its predictions, wherever the images are
        return _read(run.folder / STUDIES / "duplicates.json", run, "duplicates")
    try:
        return study(run, "duplicates", dataset_of(run))
    except VitrineError:
        return None


def duplicates_in(dataset: Dataset) -> Duplicates | None:
    """What was found among the images of a dataset, here or by a model that comes with Vitrine and learnt from the same rows."""
    if (found := kept_duplicates(dataset)) is not None:
        return found
    shipped = (run for run in bundled_runs() if has_rows_of(dataset, run))
    return next((found for run in shipped if (found := duplicates_of(run)) is not None), None)


def keep(run: Run, kind: str, found: Study, dataset: Dataset | None = None) -> None:
    """Store what a study found, whole or not at all; `dataset` as in :func:`study`."""
    sealed = None if kind == "duplicates" else seal(run)  # it is of the dataset, whatever the model
    files.replace(_files(run, kind, dataset)[0], json.dumps(asdict(found) | {"sealed": sealed}))


def variants_folder(run: Run) -> Path:
    """Where the other forms of its model lie, a bundle each; they belong to the study of that name."""
    return _folder(run) / "variants"


def copy_studies(run: Run, folder: Path) -> None:
    """Take along to another folder what was found of the run, and of its dataset, but for what stays."""
    kept = [_files(run, kind, dataset_of(run))[0] for kind in KINDS if kind not in STAYS]
    for file in kept:
        if file.exists():
            (folder / STUDIES).mkdir(exist_ok=True)
            shutil.copy(file, folder / STUDIES)


def _files(run: Run, kind: str, dataset: Dataset | None) -> list[Path]:
    """Where a study may lie; the first is where it is written."""
    if kind not in OF_ROWS:
        return [_folder(run) / f"{kind}.json", run.folder / STUDIES / f"{kind}.json"]
    assert dataset is not None
    if kind == "duplicates":
        shipped = [run.folder / STUDIES / "duplicates.json"] if run.bundled and has_rows_of(dataset, run) else []
        return [kept_at(dataset), *shipped]
    return [_folder(run) / f"{kind}-{dataset.name}-{dataset.version}.json"]


def _folder(run: Run) -> Path:
    """Where studies are written: with the run, and never into what comes with Vitrine."""
    return place(run.id) / "artifacts" / STUDIES


def seal(run: Run) -> str:
    """The checksum of the model: a resumed run is sealed anew, and its old studies are of another one."""
    lines = (run.bundle / SUMS).read_text(encoding="utf-8").splitlines()
    return next(line.split()[0] for line in lines if line.endswith(f"  {MODEL}"))
