"""How good each preset is, and how long it takes: from the command to the sealed bundle, by the bundle's own test accuracy."""

import statistics
from dataclasses import dataclass
from typing import Any

from bench.figures import Bench, Figure, SkippedError, spread

HOUR = 3600.0
ESTIMATE = 0.3


@dataclass(frozen=True)
class Promise:
    """What a preset should reach.

    Attributes:
        accuracy: on the test images, plain.
        seconds: from the command to the sealed and evaluated bundle.
        seeds: how often it is trained.
    """

    accuracy: float
    seconds: float | None = None
    seeds: int = 1


PROMISES = {
    "resnet": Promise(0.90, HOUR),
    "article-cnn-tuned": Promise(0.75),
    "mlp": Promise(0.55, HOUR),
    "rnn": Promise(0.60, HOUR),
    "vit": Promise(0.75, HOUR),
    "fast": Promise(0.89, 240, seeds=3),
    "accurate": Promise(0.92),
}


def measure(bench: Bench) -> list[Figure]:
    if bench.cifar is None:
        raise SkippedError("needs CIFAR-10 as train.zip and test.zip: make bench CIFAR=folder")
    return [figure for preset, promise in PROMISES.items() for figure in _measure(bench, preset, promise)]


def _measure(bench: Bench, preset: str, promise: Promise) -> list[Figure]:
    runs = [_trained(bench, preset, seed) for seed in range(promise.seeds)]
    results = [bench.vitrine("evaluate", run["run_id"]) for run in runs]
    accuracies = [result["accuracy"] for result in results]
    low, high = results[0]["interval"]
    one = f"{accuracies[0]:.2%} (95% interval {low:.2%} to {high:.2%})"
    each = ", ".join(f"{accuracy:.2%}" for accuracy in accuracies)
    mean = statistics.mean(accuracies)
    sample = f"{_count(runs)}, {results[0]['n']:,} test images"
    conditions = "CIFAR-10, JPEG copy; as the preset is offered; plain, without test-time augmentation"
    accuracy = Figure(
        name=f"test accuracy of {preset}",
        target=f"at least {promise.accuracy:.0%}",
        measured=one if len(runs) == 1 else f"{mean:.2%} ± {statistics.stdev(accuracies):.2%} ({each})",
        sample=sample,
        conditions=conditions,
        reached=mean >= promise.accuracy,
    )
    return [accuracy, _time(preset, promise, runs), _estimate(preset, runs)]


def _trained(bench: Bench, preset: str, seed: int) -> dict[str, Any]:
    """The run, how long it was expected to take, and how fast the machine was."""
    data, name = bench.cifar_dataset, f"{preset}-{seed}"

    def make() -> dict[str, Any]:
        expected = bench.vitrine("estimate", "--data", data, "--preset", preset)["seconds"]
        run = bench.train(data, name, seed=seed, preset=preset)
        return {**run, "expected_seconds": expected, "product_speed": bench.product_speed}

    return bench.kept(name, make)


def _time(preset: str, promise: Promise, runs: list[dict[str, Any]]) -> Figure:
    seconds = [run["command_seconds"] for run in runs]
    return Figure(
        name=f"{preset}: command → sealed bundle with its test predictions",
        target=f"at most {promise.seconds:,.0f} s" if promise.seconds else "–",
        measured=f"{statistics.mean(seconds):,.0f} s (longest {max(seconds):,.0f} s)",
        sample=_count(runs),
        conditions=f"the same; {runs[0]['product_speed']}",
        reached=max(seconds) <= promise.seconds if promise.seconds else None,
    )


def _estimate(preset: str, runs: list[dict[str, Any]]) -> Figure:
    ratios = [run["expected_seconds"] / run["seconds"] for run in runs]
    return Figure(
        name=f"{preset}: expected time over the real one",
        target=f"within {ESTIMATE:.0%}",
        measured=spread(ratios),
        sample=_count(runs),
        conditions="the same; asked right before, measured by a trial or known from the run before",
        reached=all(abs(ratio - 1) <= ESTIMATE for ratio in ratios),
    )


def _count(runs: list[dict[str, Any]]) -> str:
    return f"{len(runs)} run{'s' if len(runs) > 1 else ''}"
