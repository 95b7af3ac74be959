"""The files that a browser sent for an import: each in a folder of its own, removed once no job needs it."""

import shutil
import time
from contextlib import suppress
from pathlib import Path

from core import paths
from core.runs.store import DAY, Run, store


def discard(run: Run) -> None:
    """Remove what was uploaded for this job. Files that were imported from where they lay are left alone."""
    for file in _uploaded(run):
        shutil.rmtree(file.parent, ignore_errors=True)


def sweep() -> None:
    """Remove uploads older than a day, unless a job that waits or works needs them.

    So an import that was interrupted can be tried again for a day.
    """
    needed = {file.parent.name for run in store().runs("import") if run.active for file in _uploaded(run)}
    for folder in paths.folder("uploads").iterdir():
        with suppress(FileNotFoundError):  # another process sweeps too
            if folder.name not in needed and time.time() - folder.stat().st_mtime > DAY:
                shutil.rmtree(folder)


def _uploaded(run: Run) -> list[Path]:
    return [Path(file) for file in run.spec["files"]] if run.spec.get("uploaded") else []
