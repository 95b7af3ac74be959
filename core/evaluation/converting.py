"""The study of smaller and faster models: makes the other forms of a run's model, and measures them beside it."""

import shutil
import statistics
import time
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import onnxruntime

from core.bundle.format import CARD, FP16, INT8, MODEL, PRUNED, RECIPE, VARIANTS, Metadata, write_sums
from core.bundle.predictor import CHUNK, THREADS, Outputs, Predictor
from core.bundle.variants import PRUNED_SHARE, convert, store
from core.data.imageset import ImageSet
from core.errors import VitrineError, lacks_memory
from core.evaluation.card import variant_card
from core.evaluation.studies import seal, variants_folder
from core.evaluation.variants import ORIGINAL, Variant, Variants
from core.runs.environment import processor
from core.runs.run import Run

CALIBRATION = 512  # training images that the ranges of whole numbers are set by
RESET = 2500  # images that the threshold of knownness is set by where it is not known which were held out
BATCH = 64
ROUNDS, CALLS = 15, 10  # each model has its turn in each round, with so many single images
LONGEST = 40.0  # seconds that the rounds may take
ASKED = ("probabilities", "knownness")

HOW = {
    FP16: "the body's weights in half precision",
    INT8: "the body in whole numbers of eight bits, by ONNX Runtime's static quantisation: QDQ, weights by output channel",
    PRUNED: f"{PRUNED_SHARE:.0%} of the body's weights set to zero, by LAMP; not trained again",
}


def make_variants(
    run: Run,
    learnt: ImageSet,
    held_out: ImageSet | None,
    test: ImageSet,
    report: Callable[[float, float], None],
    stopped: Callable[[], bool],
) -> Variants | None:
    """Make each form of the run's model that can be made, as a bundle below :func:`variants_folder`, and measure it.

    Args:
        learnt: training images; ranges are set by some of them.
        held_out: the validation images, with which each new graph's thresholds are set; None where nobody knows which they were.
        test: the images that all are judged by.
        report: told of models that were judged, the one at work in part, and in all.

    Returns:
        The figures; None when it was stopped, and then all is as it was before.
    """
    folder = variants_folder(run)
    aside = folder.with_name(folder.name + ".part")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        with suppress(_Stopped):
            return _made(run, learnt, held_out, test, folder, aside, _Watch(report, stopped))
        return None
    finally:
        shutil.rmtree(aside, ignore_errors=True)


class _Stopped(Exception):
    pass


class _Watch:
    """Tells how far the work is, and ends it when it is to stop."""

    def __init__(self, report: Callable[[float, float], None], stopped: Callable[[], bool]) -> None:
        self.report, self.stopped, self.done = report, stopped, 0
        self.total = len(VARIANTS) + 2  # one for the original, one for the race

    def partly(self, share: float) -> None:
        if self.stopped():
            raise _Stopped
        self.report(self.done + share, self.total)

    def next(self) -> None:
        self.done += 1
        self.partly(0.0)


def _made(
    run: Run,
    learnt: ImageSet,
    held_out: ImageSet | None,
    test: ImageSet,
    folder: Path,
    aside: Path,
    watch: _Watch,
) -> Variants:
    calibration = _some(learnt, CALIBRATION)
    models, impossible = {ORIGINAL: Predictor.open(run.bundle)}, {}
    said = {ORIGINAL: models[ORIGINAL].run(test.pixels, ASKED, watch.partly)}
    for kind in VARIANTS:
        watch.next()
        try:
            models[kind] = _converted(run, kind, calibration, learnt, held_out, aside / kind)
        except VitrineError as error:  # another family of networks: the other forms can be made all the same
            impossible[kind] = {"code": error.code, "params": error.params}
            continue
        said[kind] = models[kind].run(test.pixels, ASKED, watch.partly)
    watch.next()
    batch = min(BATCH, max(1, CHUNK // models[ORIGINAL].side ** 2), len(test))
    times = race(models, np.asarray(test.pixels[:batch]), watch.partly)
    graphs = {ORIGINAL: run.bundle / MODEL} | {kind: aside / kind / MODEL for kind in models if kind != ORIGINAL}
    forms = {
        kind: _figures(
            models[kind], said[kind], models[ORIGINAL], said[ORIGINAL], test.labels, graphs[kind], times[kind]
        )
        for kind in models
    }
    found = Variants(len(test), forms, impossible, len(calibration), batch, processor(), THREADS)
    for kind in forms.keys() - {ORIGINAL}:
        text = variant_card(run, models[kind].metadata, found, kind)
        (aside / kind / CARD).write_text(text, encoding="utf-8")
        write_sums(aside / kind)
    shutil.rmtree(folder, ignore_errors=True)
    aside.rename(folder)
    return found


def _converted(
    run: Run, kind: str, calibration: np.ndarray, learnt: ImageSet, held_out: ImageSet | None, folder: Path
) -> Predictor:
    """The model in another form, in a folder that is a bundle but for its card and checksums.

    Raises:
        VitrineError: it cannot be made of this network.
    """
    from core.bundle.export import measure

    folder.mkdir(parents=True)
    original = Predictor.open(run.bundle)
    about = {
        "kind": kind,
        "of": seal(run),
        "how": HOW[kind],
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "onnxruntime": onnxruntime.__version__,
    }
    try:
        graph = convert(kind, run.bundle / MODEL, calibration)
        store(graph, replace(original.metadata, variant=about), folder / MODEL)
        predictor = Predictor.load(folder / MODEL)
        if held_out is not None:
            metadata = measure(predictor, held_out.pixels, held_out.labels)
        else:
            metadata = _as_strict(predictor, original, _some(learnt, RESET))
        store(graph, metadata, folder / MODEL)
        shutil.copy(run.bundle / RECIPE, folder)
        return Predictor.load(folder / MODEL)
    except Exception as error:
        shutil.rmtree(folder)
        if isinstance(error, VitrineError | OSError) or lacks_memory(error):
            raise
        # Whatever its library makes of a network that it does not know: the other forms can be made all the same.
        reason = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        raise VitrineError("variant_failed", error=reason) from error


def _as_strict(predictor: Predictor, original: Predictor, images: np.ndarray) -> Metadata:
    """The metadata with a knownness threshold that refuses as many of the images as the original's does.

    Knownness has another scale in another form; probabilities mean the same, so their threshold stays, as do the validation figures.
    """
    new, old = predictor.run(images, ("knownness",)).knownness, original.run(images, ("knownness",)).knownness
    unlike = (old < original.metadata.knownness_threshold).mean()
    return replace(predictor.metadata, knownness_threshold=float(np.quantile(new, unlike)))


def race(
    models: Mapping[str, Predictor], images: np.ndarray, report: Callable[[float], None] = lambda share: None
) -> dict[str, tuple[float, float]]:
    """Seconds that one image takes each model, and images a second in a batch of all: medians.

    The models take turns, so that what else the machine does meanwhile slows all of them down alike.
    """
    single: dict[str, list[float]] = {name: [] for name in models}
    together: dict[str, list[float]] = {name: [] for name in models}
    started = time.perf_counter()
    for number in range(ROUNDS):
        for name, model in models.items():
            _clocked(model, images[:1])  # the one before left its own weights in the processor's cache
            single[name] += [_clocked(model, images[:1]) for _call in range(CALLS)]
        for name, model in models.items():
            together[name].append(_clocked(model, images))
        report((number + 1) / ROUNDS)
        if time.perf_counter() - started > LONGEST:
            break
    return {name: (statistics.median(single[name]), len(images) / statistics.median(together[name])) for name in models}


def _clocked(model: Predictor, images: np.ndarray) -> float:
    started = time.perf_counter()
    model.run(images, ASKED)
    return time.perf_counter() - started


def _figures(
    model: Predictor,
    said: Outputs,
    original: Predictor,
    sealed: Outputs,
    labels: np.ndarray,
    graph: Path,
    times: tuple[float, float],
) -> Variant:
    named, before = said.probabilities.argmax(axis=1), sealed.probabilities.argmax(axis=1)
    verdicts, old = (
        one.metadata.verdicts(what.probabilities, what.knownness) for one, what in ((model, said), (original, sealed))
    )
    return Variant(
        size=graph.stat().st_size,
        zipped=len(zlib.compress(graph.read_bytes())),
        seconds=times[0],
        speed=times[1],
        correct=int((named == labels).sum()),
        same_class=int((named == before).sum()),
        same_verdict=int((verdicts == old).sum()),
        moved=float(np.abs(said.probabilities - sealed.probabilities).mean()),
    )


def _some(images: ImageSet, count: int) -> np.ndarray:
    """At most so many of the images, drawn by chance, always the same."""
    chosen = np.sort(np.random.default_rng(0).permutation(len(images))[:count])
    return np.asarray(images.subset(chosen).pixels[:])
