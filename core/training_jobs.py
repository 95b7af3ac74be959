"""What a training job does, in the worker's process: here training, export and evaluation meet. Nothing heavy is imported before it is called."""

import json
import time
from typing import TYPE_CHECKING

from core.runs.environment import environment
from core.runs.jobs import Job, counted
from core.runs.priority import step_back
from core.runs.run import ENVIRONMENT
from core.runs.store import State

if TYPE_CHECKING:
    from core.data.imageset import ImageSet
    from core.models.classifier import Classifier
    from core.training.loop import FitResult
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
    from core.training.recipe import Recipe

    recipe, device = Recipe(**job.spec["recipe"]), job.spec.get("device", "auto")
    dataset = get_dataset(job.spec["data"], job.spec["data_version"])
    body = body_of(job, recipe)  # before the images are made: what is missing is said at once
    images = load_split(dataset, "train", recipe.image_side)
    kept, held_out = hold_out(images.labels, recipe.validation_share, recipe.seed, recipe.train_images)
    validation = images.subset(held_out)
    step_back()  # not before: somebody waits for its start
    made_with = environment() | graphics_card(device) | {"data_fingerprint": dataset.fingerprint}
    (job.folder / ENVIRONMENT).write_text(json.dumps(made_with, indent=2))
    training = images.subset(kept)
    fitted = _learn(job, recipe, body, training, validation, device)

    done = fitted.epochs / recipe.epochs if fitted.stopped else 1.0
    job.progress(done, phase="sealing")
    metadata = Metadata(
        classes=dataset.classes,
        side=recipe.image_side,
        dataset={"name": dataset.name, "version": dataset.version, "fingerprint": dataset.fingerprint},
        recipe=recipe.model_dump(mode="json"),
    )
    sealed = seal(fitted.model, to_input, metadata, training, validation, job.run.bundle, natural_side(dataset))

    job.progress(done, phase="evaluating")
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


def _learn(
    job: Job, recipe: "Recipe", body: "Classifier | None", train: "ImageSet", validation: "ImageSet", device: str
) -> "FitResult":
    """From scratch, or from where the checkpoint stands; or by taking over a trained network."""
    if body is None:
        from core.training.loop import fit

        return fit(recipe, train, validation, job, job.folder / CHECKPOINT, device)
    from core.training.transfer import take_over

    return take_over(recipe, body, train, validation, job, job.folder / CHECKPOINT, device)


def body_of(job: Job, recipe: "Recipe") -> "Classifier | None":
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
