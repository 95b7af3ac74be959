"""The process that does a job: ``python -m core.worker RUN_ID``. Here alone training, export and evaluation meet.

It waits for its slot before it imports anything heavy. Whatever goes wrong becomes a sentence in the store, so that the
page can say it, and a traceback in the log.
"""

import json
import sys
import time
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from core import data_jobs, paths
from core.errors import DISK_FULL, VitrineError, lacks_memory
from core.runs import launcher, uploads
from core.runs.environment import environment
from core.runs.jobs import Job, counted
from core.runs.priority import step_back
from core.runs.run import ENVIRONMENT
from core.runs.store import State, store

if TYPE_CHECKING:
    from core.bundle.predictor import Predictor
    from core.data.duplicates import Duplicates
    from core.data.imageset import ImageSet
    from core.data.layout import Split
    from core.data.versions import Dataset
    from core.evaluation.labels import LabelIssues
    from core.evaluation.neighbours import Neighbours
    from core.evaluation.stress import Stress
    from core.evaluation.unknowns import LeftOut, Unknowns
    from core.evaluation.variants import Variants
    from core.evaluation.views import Views
    from core.models.classifier import Classifier
    from core.runs.run import Run
    from core.training.recipe import Recipe

CHECKPOINT = "checkpoint.pt"


def train(job: Job) -> State:
    """Fit the recipe, seal the bundle, keep the bundle's predictions of the test images."""
    started = time.perf_counter()
    job.progress(0.0, phase="loading")
    from core.bundle.export import seal
    from core.bundle.format import Metadata
    from core.bundle.predictor import Predictor
    from core.data.imageset import hold_out, load_split, natural_side
    from core.data.versions import get_dataset
    from core.evaluation.card import complete_card
    from core.evaluation.predictions import evaluate_bundle
    from core.training.batches import to_input
    from core.training.devices import graphics_card
    from core.training.loop import fit
    from core.training.recipe import Recipe

    recipe, device = Recipe(**job.spec["recipe"]), job.spec.get("device", "auto")
    dataset = get_dataset(job.spec["data"], job.spec["data_version"])
    body = _body(job, recipe)  # before the images are made: what is missing is said at once
    images = load_split(dataset, "train", recipe.image_side)
    kept, held_out = hold_out(images.labels, recipe.validation_share, recipe.seed, recipe.train_images)
    validation = images.subset(held_out)
    step_back()  # not before: somebody waits for its start
    made_with = environment() | graphics_card(device)
    made_with["data_fingerprint"] = dataset.fingerprint
    (job.folder / ENVIRONMENT).write_text(json.dumps(made_with, indent=2))
    training = images.subset(kept)
    if body is None:
        fitted = fit(recipe, training, validation, job, job.folder / CHECKPOINT, device)
    else:
        from core.training.transfer import take_over

        fitted = take_over(recipe, body, training, validation, job, job.folder / CHECKPOINT, device)

    job.progress(1.0, phase="sealing")
    metadata = Metadata(
        classes=dataset.classes,
        side=recipe.image_side,
        dataset={"name": dataset.name, "version": dataset.version, "fingerprint": dataset.fingerprint},
        recipe=recipe.model_dump(mode="json"),
    )
    sealed = seal(fitted.model, to_input, metadata, training, validation, job.run.bundle, natural_side(dataset))

    job.progress(1.0, phase="evaluating")
    predictor = Predictor.open(job.run.bundle)
    evaluate_bundle(predictor, load_split(dataset, "test", recipe.image_side)).save(job.run.predictions)
    complete_card(job.run)
    job.result(
        val_accuracy=sealed.validation["accuracy"],
        seconds=time.perf_counter() - started,
        train_seconds=fitted.seconds,
        images_per_second=fitted.images_per_second,
        epochs=fitted.epochs,
        early=fitted.early,
        kept_epoch=fitted.kept_epoch,
        undisturbed=fitted.undisturbed,
        train_images=len(kept),
        validation_images=len(held_out),
    )
    return "stopped" if fitted.stopped else "finished"


def _body(job: Job, recipe: "Recipe") -> "Classifier | None":
    """The trained network that the recipe takes over; None where it begins from scratch, or goes on from its checkpoint."""
    if recipe.start is None or (job.folder / CHECKPOINT).exists():
        return None
    from core.bundle.export import restore
    from core.models.backbones import load_backbone
    from core.models.pretrained import BACKBONES
    from core.training.start import backbone_name, start_run
    from core.training.weights import fetch

    name = backbone_name(recipe.start)
    if name is None:
        return restore(start_run(recipe.start).bundle, recipe.dropout)
    path = fetch(BACKBONES[name], counted(job, "downloading"), job.stopped)
    return load_backbone(name, path, recipe.shape(1), recipe.dropout)


def study(job: Job) -> State:
    """Measure something of a finished run that takes long, and keep it with that run."""
    from core.data.lookup import images_for
    from core.evaluation import studies
    from core.evaluation.card import complete_card
    from core.runs.library import get_run

    job.progress(0.0, phase="loading")
    run, kind = get_run(job.spec["run"]), job.spec["study"]
    step_back()
    dataset = images_for(run)
    found = STUDIES[kind](job, run, dataset)
    if found is None:
        raise VitrineError("job_stopped")
    studies.keep(run, kind, found, dataset)
    complete_card(run)
    return "finished"


def forecast(job: Job) -> State:
    """Train on fractions of a dataset, one after the other; each is kept when it is done."""
    job.progress(0.0, phase="loading")
    from core.data.imageset import load_split
    from core.data.versions import get_dataset
    from core.evaluation.fractions import measure_fractions
    from core.training.recipe import Recipe

    recipe, device = Recipe(**job.spec["recipe"]), job.spec.get("device", "auto")
    dataset = get_dataset(job.spec["data"], job.spec["data_version"])
    images = load_split(dataset, "train", recipe.image_side)
    step_back()
    done = measure_fractions(recipe, dataset, images, counted(job), job.stopped, device, lambda: _body(job, recipe))
    return "finished" if done else "stopped"


def _stress(job: Job, run: "Run", dataset: "Dataset") -> "Stress | None":
    from core.bundle.export import restore
    from core.evaluation.stress import stress
    from core.training.batches import to_input

    images = _images(run, dataset, "test")
    return stress(_predictor(run), restore(run.bundle), to_input, images, counted(job), job.stopped)


def _views(job: Job, run: "Run", dataset: "Dataset") -> "Views | None":
    from core.evaluation.views import look_often

    mirror = bool(run.recipe.get("flip"))
    return look_often(_predictor(run), _images(run, dataset, "test"), mirror, counted(job), job.stopped)


def _unknowns(job: Job, run: "Run", dataset: "Dataset") -> "Unknowns | None":
    from core.evaluation.unknowns import evaluate_unknowns, unknown_sets

    learnt, held_out = _divided(run, dataset)
    test, sets = _images(run, dataset, "test"), unknown_sets(dataset)
    return evaluate_unknowns(_predictor(run), learnt, held_out, test, sets, counted(job), job.stopped)


def _left_out(job: Job, run: "Run", dataset: "Dataset") -> "LeftOut | None":
    from core.evaluation.unknowns import leave_out, pairs_of, sealed_kind
    from core.training.recipe import Recipe

    train, test, pairs = _images(run, dataset, "train"), _images(run, dataset, "test"), list(pairs_of(dataset))
    recipe, kind = Recipe(**run.recipe), sealed_kind(_predictor(run))
    return leave_out(recipe, kind, pairs, train, test, counted(job), job.stopped, _device(run))


def _labels(job: Job, run: "Run", dataset: "Dataset") -> "LabelIssues | None":
    from core.data.lookup import has_rows_of
    from core.evaluation.labels import held_out_issues

    looked_at = [_images(run, dataset, "test")]
    if has_rows_of(dataset, run):  # of another copy nobody knows which images were held out
        looked_at.append(_divided(run, dataset)[1])
    return held_out_issues(_predictor(run), looked_at, counted(job), job.stopped)


def _training_labels(job: Job, run: "Run", dataset: "Dataset") -> "LabelIssues | None":
    from core.evaluation.labels import training_issues
    from core.training.recipe import Recipe

    recipe, images = Recipe(**run.recipe), _images(run, dataset, "train")
    return training_issues(recipe, images, counted(job), job.stopped, _device(run), lambda: _body(job, recipe))


def _duplicates(job: Job, run: "Run", dataset: "Dataset") -> "Duplicates | None":
    from core.data.duplicates import find_duplicates

    return find_duplicates(dataset, counted(job), job.stopped)


def _neighbours(job: Job, run: "Run", dataset: "Dataset") -> "Neighbours | None":
    from core.evaluation.neighbours import embed

    return embed(_predictor(run), _images(run, dataset, "train"), counted(job), job.stopped)


def _variants(job: Job, run: "Run", dataset: "Dataset") -> "Variants | None":
    from core.data.lookup import has_rows_of
    from core.evaluation.converting import make_variants

    learnt, held_out = _divided(run, dataset)
    known = held_out if has_rows_of(dataset, run) else None  # of another copy nobody knows which were held out
    return make_variants(run, learnt, known, _images(run, dataset, "test"), counted(job), job.stopped)


def _predictor(run: "Run") -> "Predictor":
    from core.bundle.predictor import Predictor

    return Predictor.open(run.bundle)


def _images(run: "Run", dataset: "Dataset", split: "Split") -> "ImageSet":
    from core.data.imageset import load_split

    return load_split(dataset, split, run.recipe["image_side"])


def _divided(run: "Run", dataset: "Dataset") -> "tuple[ImageSet, ImageSet]":
    """The images that the run learnt from, and those that were held out."""
    from core.data.imageset import hold_out
    from core.training.recipe import Recipe

    recipe, images = Recipe(**run.recipe), _images(run, dataset, "train")
    kept, held_out = hold_out(images.labels, recipe.validation_share, recipe.seed, recipe.train_images)
    return images.subset(kept), images.subset(held_out)


def _device(run: "Run") -> str:
    """What trained the run, and trains aside for it."""
    return str(run.spec.get("device", "auto")) if not run.bundled else "auto"


STUDIES: dict[str, Callable[..., Any]] = {
    "stress": _stress,
    "views": _views,
    "unknowns": _unknowns,
    "left-out": _left_out,
    "labels": _labels,
    "training-labels": _training_labels,
    "duplicates": _duplicates,
    "neighbours": _neighbours,
    "variants": _variants,
}


KINDS = {
    "train": train,
    "import": data_jobs.import_data,
    "label": data_jobs.label,
    "download": data_jobs.download,
    "export": data_jobs.export,
    "duplicates": data_jobs.duplicates,
    "study": study,
    "forecast": forecast,
}


def main(run_id: str) -> int:
    work = launcher.wait_for_slot(run_id, lambda: launcher.stop_requested(run_id))
    runs = store()
    run = runs.get(run_id)
    if not work:
        uploads.discard(run)
        runs.set_state(run_id, "stopped")
        return 0
    runs.set_state(run_id, "running")
    try:
        with Job(run, runs) as job:
            state = KINDS[run.kind](job)
    except Exception as error:
        traceback.print_exc()
        failure = explain(error)
        runs.set_state(run_id, "stopped" if failure.code == "job_stopped" else "failed", failure)
        return 1
    runs.set_state(run_id, state)
    runs.purge()
    uploads.sweep()
    data_jobs.sweep_exports()
    return 0


def explain(error: BaseException) -> VitrineError:
    """The sentence that tells a user what went wrong, for anything that a job can throw."""
    if isinstance(error, VitrineError):
        return error
    if lacks_memory(error):
        return VitrineError("out_of_memory")
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in DISK_FULL:
            return VitrineError("disk_full", path=str(cause.filename or paths.home()))
        if "database or disk is full" in str(cause) or "No space left on device" in str(cause):
            return VitrineError("disk_full", path=str(paths.home()))
        cause = cause.__cause__ or cause.__context__
    return VitrineError(
        "worker_failed", error=f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
