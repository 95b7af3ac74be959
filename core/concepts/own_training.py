"""A run of this product as the calculator of large trainings sees it: its real recipe, and the time that it really took."""

from core.concepts.training_cost import HARDWARE, Hardware, Place, Preset, Workload
from core.errors import VitrineError
from core.models import count_multiplications, count_parameters
from core.runs.run import Run
from core.training.estimate import growing_share
from core.training.recipes import complete


def own_training(run: Run, classes: int, peak: float | None = None) -> Preset | None:
    """The run's training where it ran; None for one that took no step, is not finished, or is of another version.

    Its utilisation is what it reached of a peak: the graphics card's, where that is known here. It is 1 where no peak is known.

    Args:
        peak: of the processor that trained it, floating-point operations a second, where it was measured.
    """
    result = run.result
    try:
        recipe = complete(run.recipe)
    except VitrineError:
        return None
    if not result.get("train_seconds") or not result.get("epochs"):
        return None
    work = Workload(
        count_parameters(recipe.family, recipe.shape(classes)),
        result["train_images"] * result["epochs"],
        2 * count_multiplications(recipe.family, recipe.shape(classes)) * growing_share(recipe, classes),
    )
    reached = work.operations / result["train_seconds"]
    environment = run.environment
    card = next((one for key, one in HARDWARE.items() if key in environment.get("graphics_card", "")), None)
    if card:
        return Preset(run.name, work, Place(card, 1, reached / card.peak, card.watts), result["epochs"])
    laptop = HARDWARE["laptop"]
    name = environment.get("graphics_card") or environment.get("processor") or run.name
    # Of a machine whose peak nobody knows, what was reached counts as all there is.
    known = peak if peak and peak >= reached else reached
    here = Hardware(name, known, laptop.watts, laptop.memory)
    return Preset(run.name, work, Place(here, 1, reached / known, here.watts), result["epochs"])
