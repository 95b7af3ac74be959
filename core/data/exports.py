"""Where ZIPs of datasets lie that were packed for a download: a day at most, like uploads."""

import time
from contextlib import suppress
from pathlib import Path

from core import paths
from core.data.versions import Dataset
from core.runs.store import DAY


def place(dataset: Dataset) -> Path:
    """The ZIP of that version, whether or not it is there."""
    return paths.folder("exports") / f"{dataset.name}-{dataset.version}.zip"


def sweep() -> None:
    """Remove what is older than a day."""
    for file in paths.folder("exports").iterdir():
        with suppress(FileNotFoundError):  # another process sweeps too
            if time.time() - file.stat().st_mtime > DAY:
                file.unlink()
