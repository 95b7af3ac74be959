"""How often the test images of a dataset have been looked at: whoever chooses by what he sees there tunes on them."""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import NormalDist

from core import files, paths
from core.data.corrections import base_name

ONE_LOOK = timedelta(minutes=30)  # in which a model counts once


@dataclass(frozen=True)
class Looks:
    """What is remembered of one dataset's test images.

    Attributes:
        count: how often figures of them were asked for.
        models: of how many different models.
    """

    count: int
    models: int


def remember_look(data: str, run_id: str) -> None:
    """Note that somebody sees what a model does with the test images of dataset `data`, whatever its version."""
    line = json.dumps({"run": run_id, "time": datetime.now(UTC).isoformat(timespec="seconds")}) + "\n"
    with suppress(OSError):  # on a full disk: no reason to show nothing
        _file(data).parent.mkdir(exist_ok=True)
        with open(_file(data), "ab") as file:
            file.write(line.encode())  # one short line at the end: those of two processes do not mix


def looks_at(data: str) -> Looks:
    """How often the test images of dataset `data` have been looked at here."""
    try:
        lines = _file(data).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return Looks(0, 0)
    count, last = 0, dict[str, datetime]()
    for look in map(json.loads, lines):
        time = datetime.fromisoformat(look["time"])
        if look["run"] not in last or time - last[look["run"]] >= ONE_LOOK:
            count += 1
            last[look["run"]] = time  # a page that is soon loaded again shows nothing new
    return Looks(count, len(last))


def rename_looks(old: str, new: str) -> None:
    """Go on counting under another name; done twice, nothing counts twice.

    Raises:
        VitrineError: ``disk_full``.
    """
    with suppress(FileNotFoundError):
        before = _file(new).read_bytes() if _file(new).exists() else b""
        files.replace(_file(new), before + _file(old).read_bytes())


def flattery(models: int, accuracy: float, n: int) -> float:
    """By how much the best of so many equally good models looks better than it is, measured on `n` images.

    It is the expected largest of that many draws, which are taken to be independent: their standard error times Blom's (1958)
    approximation for the normal distribution. Models that err on the same images flatter less.
    """
    if models < 2:
        return 0.0
    highest = NormalDist().inv_cdf((models - 0.375) / (models + 0.25))
    return highest * (accuracy * (1 - accuracy) / n) ** 0.5


def _file(data: str) -> Path:
    return paths.home() / "looks" / f"{base_name(data)}.jsonl"
