"""What jobs do that measure something of a finished run or of a dataset. Nothing heavy is imported before they are called."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from core.errors import VitrineError
from core.runs.jobs import Job, counted
from core.runs.priority import step_back
from core.runs.store import State
from core.training_jobs import body_of

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
    from core.runs.run import Run


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
    done = measure_fractions(recipe, dataset, images, counted(job), job.stopped, device, lambda: body_of(job, recipe))
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
    from core.evaluation.unknowns import leave_out, pairs_of
    from core.training.recipe import Recipe

    train, test, pairs = _images(run, dataset, "train"), _images(run, dataset, "test"), list(pairs_of(dataset))
    return leave_out(Recipe(**run.recipe), pairs, train, test, counted(job), job.stopped, _device(run))


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
    return training_issues(recipe, images, counted(job), job.stopped, _device(run), lambda: body_of(job, recipe))


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
