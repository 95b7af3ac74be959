"""How well a forecast of accuracy holds: fitted on trainings with up to half of the images, held against those with all of them.

Five sizes, each twice the one before, three seeds each; the four smaller ones are fitted. All accuracies are on held-out training images.
"""

from bench.figures import Bench, Figure, SkippedError
from core.evaluation.forecast import Point, forecast

PRESET = "article-cnn"
TARGET = 0.02  # of accuracy, on CIFAR-10


def measure(bench: Bench) -> list[Figure]:
    figures = [_held_against(bench, "digits", None)]
    try:
        return [*figures, _held_against(bench, bench.cifar_dataset, TARGET)]
    except SkippedError:
        print("  CIFAR-10 is not measured: make bench CIFAR=folder")
        return figures


def _held_against(bench: Bench, data: str, target: float | None) -> Figure:
    found = bench.kept(f"forecast-{data}", lambda: bench.vitrine("data", "forecast", data, "--preset", PRESET))
    points = [Point(**{key: one[key] for key in Point.__annotations__}) for one in found["trainings"]]
    *_lower, half, whole = sorted({point.images for point in points})
    said = forecast([point for point in points if point.images <= half])
    assert said is not None
    expected, top = said.accuracy(whole), [point for point in points if point.images == whole]
    reached = 1 - sum(point.error for point in top) / len(top)
    missed = abs(expected.value - reached)
    each = ", ".join(f"{1 - point.error:.2%}" for point in top)
    inside = "inside" if expected.low <= reached <= expected.high else "outside"
    return Figure(
        name=f"accuracy at twice the images against its forecast, {data}",
        target=f"at most {100 * target:g} points" if target else "–",
        measured=(
            f"{100 * missed:.2f} points: {expected.value:.2%} ({expected.low:.2%} to {expected.high:.2%}) was forecast, {reached:.2%} "
            f"({each}) came, {inside} the interval"
        ),
        sample=f"{len(points)} trainings, {top[0].held_out:,} held-out images each",
        conditions=f"{PRESET}; fitted on {said.sizes[0]:,} to {half:,} images, held against {whole:,}",
        reached=None if target is None else missed <= target,
    )
