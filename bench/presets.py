"""How good each preset is, and how long it takes: from the command to the sealed bundle, by the bundle's own test accuracy."""

import statistics
from dataclasses import dataclass

from bench.figures import Bench, Figure, SkippedError

HOUR = 3600.0


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
}


def measure(bench: Bench) -> list[Figure]:
    if bench.cifar is None:
        raise SkippedError("needs CIFAR-10 as train.zip and test.zip: make bench CIFAR=folder")
    return [figure for preset, promise in PROMISES.items() for figure in _measure(bench, preset, promise)]


def _measure(bench: Bench, preset: str, promise: Promise) -> list[Figure]:
    names = [f"{preset}-{seed}" for seed in range(promise.seeds)]
    runs = [bench.trained(bench.cifar_dataset, name, seed=seed, preset=preset) for seed, name in enumerate(names)]
    results = [bench.vitrine("evaluate", run["run_id"]) for run in runs]
    accuracies = [result["accuracy"] for result in results]
    low, high = results[0]["interval"]
    one = f"{accuracies[0]:.2%} (95% interval {low:.2%} to {high:.2%})"
    each = ", ".join(f"{accuracy:.2%}" for accuracy in accuracies)
    mean = statistics.mean(accuracies)
    sample = f"{len(runs)} seed{'s' if len(runs) > 1 else ''}, {results[0]['n']:,} test images"
    conditions = "CIFAR-10, JPEG copy; as the preset is offered; plain, without test-time augmentation"
    accuracy = Figure(
        name=f"test accuracy of {preset}",
        target=f"at least {promise.accuracy:.0%}",
        measured=one if len(runs) == 1 else f"{mean:.2%} ± {statistics.stdev(accuracies):.2%} ({each})",
        sample=sample,
        conditions=conditions,
        reached=mean >= promise.accuracy,
    )
    if promise.seconds is None:
        return [accuracy]
    seconds = [run["seconds"] for run in runs]
    longest = max(seconds)
    time = Figure(
        name=f"{preset}: command → sealed bundle with its test predictions",
        target=f"at most {promise.seconds:,.0f} s",
        measured=f"{statistics.mean(seconds):,.0f} s (longest {longest:,.0f} s)",
        sample=sample,
        conditions=f"the same runs; {bench.product_speed}",
        reached=longest <= promise.seconds,
    )
    return [accuracy, time]
