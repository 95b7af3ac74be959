"""What is likely to go wrong with a recipe, said before it is run: few things, each with what to do. No torch in here."""

from collections.abc import Iterator, Sequence

from core.errors import VitrineError
from core.runs.run import Run
from core.training.estimate import Estimate
from core.training.recipe import Recipe
from core.training.schedule import RISES

FEWEST_STEPS = 10  # an epoch
SMALLEST_BATCH = 4
HOUR = 3600.0  # seconds; longer than that is worth a word
SMALLEST_CROP, LARGEST_SHIFT, LARGEST_CUTOUT = 0.3, 0.2, 0.5
LEAST_CERTAIN = 0.85  # of the right one of two classes, after label smoothing
DIVERGED = ("diverged", "hopeless")  # failures that a lower learning rate may mend

# The smallest learning rate at which a network no longer learnt: it diverged, or ended at less than half of the accuracy that it
# has at a better rate. Measured once each on digits (1,150 images, side 32, batch 32, 4 epochs at a constant rate, the families small),
# at 0.002 to 1 in steps of about 2. Where none is named, none of those did.
TOO_LARGE = {
    "adam": {"article-cnn": 0.05, "rnn": 0.05, "vit": 0.005, "resnet": 0.1, "fast": 0.5},
    "sgd": {"article-cnn": 0.2, "rnn": 0.2, "vit": 0.02, "resnet": 1.0, "fast": 0.02},
    "muon": {"article-cnn": 0.2, "mlp": 1.0, "rnn": 0.2, "vit": 0.1, "fast": 1.0},
}
TOO_LARGE["adamw"] = TOO_LARGE["adam"]  # as it was measured


def cautions(recipe: Recipe, expected: Estimate, runs: Sequence[Run], free_memory: float) -> list[VitrineError]:
    """What to be warned of, as messages; nothing is raised.

    Args:
        runs: earlier training runs, newest first.
        free_memory: bytes.
    """
    found = [*_steps(recipe, expected), *_rate(recipe, runs), *_cost(recipe, expected, free_memory)]
    if expected.imitates:
        found.append(VitrineError("caution_bf16"))
    if recipe.patience >= max(1, recipe.epochs):
        found.append(VitrineError("caution_patience", patience=recipe.patience, epochs=recipe.epochs))
    return found


def label_cautions(recipe: Recipe, classes: Sequence[str]) -> list[VitrineError]:
    """The same of what is done to images and labels."""
    found = []
    if recipe.flip and all(len(name) == 1 and name.isalnum() for name in classes):
        found.append(VitrineError("caution_mirror"))
    if recipe.crop < SMALLEST_CROP:
        found.append(VitrineError("caution_crop", crop=f"{recipe.crop:.0%}", advice=f"{SMALLEST_CROP:g}"))
    if recipe.translate > LARGEST_SHIFT:
        found.append(VitrineError("caution_shift", shift=f"{recipe.translate:.0%}"))
    if recipe.cutout > LARGEST_CUTOUT:
        found.append(VitrineError("caution_cutout", area=f"{recipe.cutout**2:.0%}", advice=f"{LARGEST_CUTOUT:g}"))
    certain = 1 - recipe.label_smoothing * (1 - 1 / len(classes))
    if len(classes) == 2 and certain < LEAST_CERTAIN:
        found.append(VitrineError("caution_smoothing", certain=f"{certain:.0%}"))
    return found


def _steps(recipe: Recipe, expected: Estimate) -> Iterator[VitrineError]:
    images, batch = expected.train_images, recipe.batch_size
    few = recipe.epochs and expected.steps_per_epoch < FEWEST_STEPS
    advice = max(SMALLEST_BATCH, images // FEWEST_STEPS)
    if few and batch > advice:
        if batch >= images:
            yield VitrineError("caution_one_batch", images=images, batch=batch, advice=advice)
        elif images >= SMALLEST_BATCH * FEWEST_STEPS:
            yield VitrineError("caution_few_steps", steps=expected.steps_per_epoch, advice=advice)


def _rate(recipe: Recipe, runs: Sequence[Run]) -> Iterator[VitrineError]:
    rate, alike = recipe.learning_rate, (recipe.family, recipe.optimizer)
    for run in runs:
        same = (run.recipe.get("family"), run.recipe.get("optimizer")) == alike
        if same and run.message and run.message.code in DIVERGED and run.recipe["learning_rate"] <= rate:
            yield VitrineError("caution_diverged", run=run.name, rate=f"{run.recipe['learning_rate']:g}")
            return
    limit = TOO_LARGE[recipe.optimizer].get(recipe.family)
    rises = recipe.warmup or RISES[recipe.schedule]
    if limit and rate >= limit and not rises:
        yield VitrineError("caution_rate", optimizer=recipe.optimizer, rate=f"{limit:g}", advice=f"{limit / 5:g}")


def _cost(recipe: Recipe, expected: Estimate, free_memory: float) -> Iterator[VitrineError]:
    if expected.memory > free_memory:
        needed, free = (f"{size / 2**30:.1f}" for size in (expected.memory, free_memory))
        yield VitrineError("caution_memory", needed=needed, free=free)
    if expected.seconds > HOUR and recipe.epochs > 1:
        epochs = max(1, int(recipe.epochs * HOUR / expected.seconds))
        yield VitrineError("caution_long", hours=f"{expected.seconds / HOUR:.1f}", epochs=epochs)
