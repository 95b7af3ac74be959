"""Measure everything that is promised, and print one table: ``make bench``, or ``python -m bench --help``."""

import argparse
import importlib
import os
import sys
import tempfile
import time
from pathlib import Path

import psutil

from bench.figures import Bench, Figure, SkippedError, machine, table
from tests.processes import kill_workers

# Each module has `measure(bench) -> list[Figure]`. Runs that one trains are used by those after it.
GROUPS = [
    "first_point",
    "pages",
    "live_page",
    "own_classes",
    "evaluation",
    "concepts",
    "serving",
    "digits",
    "drawn_digits",
    "crops",
    "forecast",
    "article",
    "parity",
    "keras_compare",
    "presets",
]
QUIET = 0.25  # load a core up to which times are worth something


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"some of: {', '.join(GROUPS)}")
    parser.add_argument("--cifar", type=Path, help="folder with CIFAR-10 as train.zip and test.zip")
    parser.add_argument("--home", type=Path, help="keep imported data and trained runs here, and use those there are")
    chosen = parser.parse_args()
    if unknown := set(chosen.groups) - set(GROUPS):
        parser.error(f"there is no group {', '.join(sorted(unknown))}; choose from {', '.join(GROUPS)}")
    if chosen.cifar and not (chosen.cifar / "train.zip").is_file():
        parser.error(f"{chosen.cifar} has no train.zip")
    with tempfile.TemporaryDirectory() as temporary:
        home = (chosen.home or Path(temporary) / "home").absolute()
        home.mkdir(parents=True, exist_ok=True)
        os.environ["VITRINE_HOME"] = str(home)
        load = psutil.getloadavg()[0]
        try:
            figures, skipped = _measure(chosen.groups or GROUPS, Bench(home, chosen.cifar and chosen.cifar.absolute()))
        finally:
            kill_workers(home)
    print(f"\nMeasured on {machine()}, {time.strftime('%Y-%m-%d')}.\n")
    print(table(figures))
    if load > QUIET * (psutil.cpu_count() or 1):
        print(f"\nThe machine was busy (load {load:.1f} before the first measurement): times are not to be trusted.")
    for line in skipped:
        print(f"\nNot measured: {line}")
    return int(any(figure.reached is False for figure in figures))


def _measure(groups: list[str], bench: Bench) -> tuple[list[Figure], list[str]]:
    figures: list[Figure] = []
    skipped: list[str] = []
    for group in groups:
        print(f"{group} …", file=sys.stderr, flush=True)
        started = time.monotonic()
        try:
            found = importlib.import_module(f"bench.{group}").measure(bench)
        except SkippedError as reason:
            skipped.append(f"{group}: {reason}")
            continue
        figures += found
        for figure in found:
            print(f"  {figure.name}: {figure.measured}", file=sys.stderr, flush=True)
        print(f"  {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    return figures, skipped


if __name__ == "__main__":
    sys.exit(main())
