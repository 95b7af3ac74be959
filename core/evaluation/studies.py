"""Measurements that take long: made once by a job, kept with the run, read by Evaluate and the report.

Those of a model that comes with Vitrine are made anew in the user's own home, unless they come with it too.
"""

import json
import os
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.bundle.format import MODEL, SUMS
from core.data.duplicates import Duplicates
from core.evaluation.labels import Doubts
from core.evaluation.stress import Stress
from core.evaluation.unknown_inputs import LeftOut, Unknowns
from core.evaluation.views import Views
from core.runs.run import STUDIES, Run, place

Found = Stress | Views | Unknowns | LeftOut | Doubts | Duplicates
KINDS: dict[str, Any] = {
    "stress": Stress,
    "views": Views,
    "unknowns": Unknowns,
    "left-out": LeftOut,
    "labels": Doubts,
    "training-labels": Doubts,
    "duplicates": Duplicates,
}


def study(run: Run, kind: str) -> Any | None:
    """What a study of this run found, as an instance of its kind; None where it was not made, or of another bundle."""
    for folder in (_folder(run), run.folder / STUDIES):
        try:
            fields = json.loads((folder / f"{kind}.json").read_text(encoding="utf-8"))
            if fields.pop("sealed") == _seal(run):
                return KINDS[kind].from_json(fields)
        except (OSError, ValueError, KeyError, TypeError, StopIteration):  # not there, damaged, or another version's
            continue
    return None


def keep(run: Run, kind: str, found: Found) -> None:
    """Store what a study found, whole or not at all."""
    folder = _folder(run)
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f".{kind}.part"
    aside.write_text(json.dumps(asdict(found) | {"sealed": _seal(run)}), encoding="utf-8")
    os.replace(aside, folder / f"{kind}.json")


def copy_studies(run: Run, folder: Path) -> None:
    """Take the run's studies along to another folder."""
    if (source := _folder(run)).is_dir():
        shutil.copytree(source, folder / STUDIES)


def _folder(run: Run) -> Path:
    """Where studies are written: with the run, and never into what comes with Vitrine."""
    return place(run.id) / "artifacts" / STUDIES


def _seal(run: Run) -> str:
    """The checksum of the model: a resumed run is sealed anew, and its old studies are of another one."""
    lines = (run.bundle / SUMS).read_text(encoding="utf-8").splitlines()
    return next(line.split()[0] for line in lines if line.endswith(f"  {MODEL}"))
