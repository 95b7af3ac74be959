"""Where a network may begin: at another run's, or at a published one. Settled when a run is submitted, without torch."""

import json
from collections.abc import Mapping

from core.bundle.format import RECIPE
from core.data.corrections import base_name
from core.data.lookup import dataset_of
from core.data.versions import Dataset
from core.errors import VitrineError
from core.models.pretrained import BACKBONES, PREFIX, SIDE
from core.runs.library import find_run
from core.runs.store import Run, exists, store
from core.training.recipe import Recipe

BODY = ("family", "depth", "width", "stages", "cell", "image_side")  # of a recipe: what the network is rebuilt from
NEEDED = 3  # training images of each class: one is held out, and two tell what they have in common


def settled(recipe: Recipe, dataset: Dataset) -> Recipe:
    """The recipe with its start written out: the run by its id, the network by the start's own shape.

    Raises:
        VitrineError: ``start_missing``, ``backbone_unknown``, ``bundle_missing`` or ``class_few`` where it cannot start so;
            the store's own where there is no such run.
    """
    if recipe.start is None:
        if recipe.preset == "transfer":
            raise VitrineError("start_missing", known=", ".join(PREFIX + name for name in BACKBONES))
        return recipe
    recipe = with_body(recipe)
    for name, count in dataset.counts["train"].items():
        if count < NEEDED:
            raise VitrineError("class_few", name=name, found=count, needed=NEEDED)
    return recipe


def with_body(recipe: Recipe) -> Recipe:
    """The recipe with the body that its start names, if it names one; see :func:`settled`."""
    if recipe.start is None:
        return recipe
    if name := backbone_name(recipe.start):
        return recipe.model_copy(update={"family": name, "image_side": SIDE})
    run = start_run(recipe.start)
    if run.active or not run.has_bundle:
        raise VitrineError("bundle_missing", run=run.name, state=run.state)
    body = _recipe_in(run)
    return recipe.model_copy(update={"start": run.id, **{name: getattr(body, name) for name in BODY}})


def backbone_name(start: str) -> str | None:
    """Which published network is meant; None where it is a run.

    Raises:
        VitrineError: ``backbone_unknown``.
    """
    if not start.startswith(PREFIX):
        return None
    name = start.removeprefix(PREFIX)
    if name not in BACKBONES:
        raise VitrineError("backbone_unknown", name=name, known=", ".join(BACKBONES))
    return name


def start_run(reference: str) -> Run:
    """The run to start from, even if it was deleted meanwhile, as long as its files are there.

    Raises:
        VitrineError: as :func:`core.runs.library.find_run`, where there is none.
    """
    try:
        return find_run(reference)
    except VitrineError as error:
        if error.code != "run_unknown" or not exists():
            raise
        try:
            return store().find_deleted(reference)
        except VitrineError:
            raise error from None


def check_unseen(recipe: Recipe, dataset: Dataset) -> None:
    """Whether the network that the recipe takes over, if it does, never learnt from any of these images, whatever they are called.

    Raises:
        VitrineError: ``start_has_seen``.
    """
    if recipe.start is not None and backbone_name(recipe.start) is None:
        run = start_run(recipe.start)
        try:
            table = dataset_of(run).manifest("sha256", "split").to_pydict()
            learnt = {file for file, split in zip(table["sha256"], table["split"], strict=True) if split == "train"}
            seen = not learnt.isdisjoint(dataset.manifest("sha256")["sha256"].to_pylist())
        except VitrineError:  # what it learnt from is not here: the name is all there is to go by
            seen = base_name(run.data) == base_name(dataset.name)
        if seen:
            raise VitrineError("start_has_seen", run=run.name, name=dataset.name)


def _recipe_in(run: Run) -> Recipe:
    """The recipe that lies in the run's bundle."""
    try:
        fields: Mapping[str, object] = json.loads((run.bundle / RECIPE).read_text(encoding="utf-8"))
        return Recipe.model_validate(fields)
    except OSError:
        raise VitrineError("bundle_incomplete", path=str(run.bundle), file=RECIPE) from None
    except ValueError:
        raise VitrineError("bundle_altered", file=RECIPE) from None
