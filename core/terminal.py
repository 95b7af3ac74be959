"""What the command line shows: a job's progress while it waits, and what came of it, for programs or for people."""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import click
from tqdm import tqdm

from core.errors import VitrineError
from core.evaluation.forecast import REACH, Forecast
from core.evaluation.metrics import Measured
from core.runs import jobs
from core.runs.store import Run
from core.training.estimate import Estimate

on_device = click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", help="What trains.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON value and nothing else.")


def costs(expected: Estimate, warnings: Sequence[VitrineError]) -> dict[str, Any]:
    """What a run would cost, as a command tells it."""
    return {**asdict(expected), "memory": round(expected.memory), "cautions": [str(warning) for warning in warnings]}


@contextmanager
def counter(name: str) -> Iterator[Callable[[float, float], None]]:
    """A function to tell of work done and in all, shown on stderr as a job's progress is."""
    with tqdm(total=100, desc=name, bar_format="{desc} {bar} {n:.0f}%", leave=False, disable=None) as bar:

        def tell(done: float, total: float) -> None:
            bar.update(100 * done / total - bar.n)

        yield tell


def answers(said: Forecast, target: float | None, price: float | None) -> dict[str, Any]:
    """What a forecast says, as a command tells it. An end of an interval that nobody can tell is None.

    Args:
        target: the accuracy to reach, if one is asked for.
        price: of an image, if it is to be counted.
    """
    farthest = {"images": REACH * said.largest, "accuracy": _interval(said.farthest)}
    figures = {
        "law": dict(zip(("a", "b", "c"), said.law.tolist(), strict=True)),
        "largest": said.largest,
        "unfit": said.unfit,
        "twice": {"images": 2 * said.largest, "accuracy": _interval(said.accuracy(2 * said.largest))},
        "farthest": farthest,
    }
    if target is not None:
        more = said.more(target)
        figures |= {"target": target, "verdict": said.verdict(target), "images_more": _interval(more)}
        figures |= {"money": _interval(Measured(*(price * n for n in more)))} if price is not None else {}
    return figures


def _interval(figure: Measured) -> list[float | None]:
    """Value, lower and upper end."""
    return [number if math.isfinite(number) else None for number in figure]


def follow(run: Run) -> Run:
    """Show the job's progress on stderr until it ends; Ctrl-C asks it to stop.

    Raises:
        VitrineError: what the job failed with.
    """
    looks = "{desc} {bar} {n:.0f}% {postfix}"
    with tqdm(total=100, desc=run.name, bar_format=looks, leave=False, disable=None) as bar:  # None: on terminals only

        def look(seen: Run) -> None:
            bar.n = 100 * seen.progress.get("done", 0.0)
            bar.set_postfix_str(_moment(seen))

        try:
            run = jobs.wait(run.id, look)
        except KeyboardInterrupt:
            jobs.stop(run.id)
            run = jobs.wait(run.id, look)
    if run.state == "interrupted":
        raise VitrineError("run_interrupted", run=run.name)
    if run.message or (run.state == "stopped" and run.kind not in ("train", "forecast")):
        raise run.message or VitrineError("job_stopped")
    return run


def _moment(run: Run) -> str:
    figures = [str(run.progress.get("phase", run.state))]
    if run.kind == "train" and run.metrics:
        figures += [f"{key} {run.metrics[key]:.3f}" for key in ("batch_loss", "val_accuracy") if key in run.metrics]
    return " · ".join(figures)


def show(value: Any, as_json: bool, for_people: Callable[[Any], str]) -> None:
    """Print what a command found, as JSON or in the form that people like."""
    text = json.dumps(value) if as_json else for_people(value)
    click.echo(text.encode("utf-8", "surrogateescape"))  # the name of a file need not be Unicode


def lines(figures: dict[str, Any], indent: str = "") -> str:
    """A line for each figure; those that make up one stand below it, further in."""
    return "\n".join(
        f"{indent}{key}:\n{lines(value, indent + '  ')}"
        if value and isinstance(value, dict)
        else f"{indent}{key}: {value}"
        for key, value in figures.items()
    )


def table(rows: list[dict[str, Any]]) -> str:
    """A line for each row, with the names of the columns above."""
    shown = [{key: _cell(value) for key, value in row.items()} for row in rows]
    keys = list(dict.fromkeys(key for row in shown for key in row))
    widths = {key: max(len(key), *(len(row.get(key, "")) for row in shown)) for key in keys}
    rows = [{key: key for key in keys}, *shown]
    return "\n".join("  ".join(row.get(key, "").ljust(widths[key]) for key in keys).rstrip() for row in rows)


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        best = sorted(value.items(), key=lambda item: -item[1])[:3]
        return ", ".join(f"{key} {share:.3f}" for key, share in best)
    if isinstance(value, float):
        return f"{value:.4f}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
