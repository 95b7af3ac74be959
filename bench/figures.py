"""What the measurements share: a figure with its conditions, the table of them, and the product as a program."""

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import psutil

from core.runs.environment import commit, processor
from tests.processes import ROOT

CIFAR = "cifar10-jpeg"


class SkippedError(Exception):
    """A measurement lacks what it needs; the text says what."""


@dataclass(frozen=True)
class Figure:
    """One line of the table. A figure that was not measured has no place here."""

    name: str
    target: str
    measured: str
    sample: str
    conditions: str
    reached: bool | None = None  # None: nothing was promised


@dataclass(frozen=True)
class Bench:
    """Where measurements work: a home of their own, and the folder with CIFAR-10 if there is one."""

    home: Path
    cifar: Path | None

    @cached_property
    def cifar_dataset(self) -> str:
        """CIFAR-10's name in this home, imported on first use."""
        if self.cifar is None:
            raise SkippedError("needs CIFAR-10 as train.zip and test.zip: make bench CIFAR=folder")
        if CIFAR not in [dataset["name"] for dataset in self.vitrine("data", "list")]:
            self.vitrine("data", "import", CIFAR, self.cifar / "train.zip", "--test", self.cifar / "test.zip")
        return CIFAR

    @cached_property
    def one_line_app(self) -> Path:
        """A folder with the least that Streamlit can show, as ``app.py``: what it takes itself."""
        folder = self.home / "one-line"
        folder.mkdir(exist_ok=True)
        (folder / "app.py").write_text("import streamlit as st; st.title('One line')\n")
        return folder

    def vitrine(self, *arguments: object) -> Any:
        """What the command line prints as JSON."""
        return json.loads(self.run(*arguments, "--json"))

    def run(self, *arguments: object) -> str:
        """Run a command of the command line; what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "core", *map(str, arguments)],
            cwd=ROOT,
            env={**os.environ, "VITRINE_HOME": str(self.home)},
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"core {' '.join(map(str, arguments))}: {done.stderr.strip()[-500:]}")
        return done.stdout

    @cached_property
    def product_speed(self) -> str:
        """How fast this machine multiplies matrices, measured now: what times of training are to be seen against."""
        asked = """import torch
from core.training.devices import has_bf16, product_speed
cpu = torch.device("cpu")
kind = "bfloat16" if has_bf16(cpu) else "float32"
print(kind, product_speed(cpu, getattr(torch, kind)))"""
        done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, check=True, capture_output=True, text=True)
        kind, speed = done.stdout.split()
        return f"a large {kind} product runs at {float(speed) / 1e12:.2f} TFLOP/s"

    def train(self, data: str, name: str, *settings: str, seed: int = 0, preset: str = "article-cnn") -> dict[str, Any]:
        """Train and wait: ``run_id``, ``val_accuracy``, ``seconds``, ``images_per_second``, ``command_seconds``."""
        changes = [part for setting in settings for part in ("--set", setting)]
        options = ["--preset", preset, "--name", name, "--seed", seed, *changes]
        started = time.perf_counter()
        run = self.vitrine("train", "--data", data, *options)
        return {**run, "command_seconds": time.perf_counter() - started}

    def trained(
        self, data: str, name: str, *settings: str, seed: int = 0, preset: str = "article-cnn"
    ) -> dict[str, Any]:
        """Such a run, taken from an earlier measurement of this commit if it is there: for what does not depend on the moment."""
        return self.kept(name, lambda: self.train(data, name, *settings, seed=seed, preset=preset))

    def kept(self, name: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """What `make` gave when it was first asked at this commit."""
        known = self.home / f"{name}-{commit() or 'unknown'}.json"
        if not known.exists():
            known.write_text(json.dumps(make()))
        return dict(json.loads(known.read_text()))


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * int(100 * share) // 100) - 1))]


def spread(values: Sequence[float], form: str = "{:.2f}") -> str:
    """Median, smallest and largest."""
    low, middle, high = (form.format(value) for value in (min(values), statistics.median(values), max(values)))
    return f"{middle} ({low} to {high})"


def machine() -> str:
    """What the figures were measured on."""
    cores = f"{psutil.cpu_count(logical=False)} cores, {psutil.cpu_count()} threads"
    return (
        f"{processor()}, {cores}, {psutil.virtual_memory().total / 2**30:.0f} GiB, Python {platform.python_version()}"
    )


def table(figures: Sequence[Figure]) -> str:
    """The figures as a table in Markdown."""
    heads = ("figure", "target", "measured", "sample", "conditions")
    marks = {True: "reached: ", False: "MISSED: ", None: ""}
    rows = [(f.name, f.target, marks[f.reached] + f.measured, f.sample, f.conditions) for f in figures]
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
