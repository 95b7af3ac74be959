"""A run of this product as the calculator of large trainings sees it: its real recipe, and the time that it really took."""

from core.concepts.training_cost import HARDWARE, Hardware, Place, Preset, Workload
from core.errors import VitrineError
from core.models import count_multiplications, count_parameters
from core.runs.run import Run
from core.training.estimate import growing_share
from core.training.recipes import complete

WATTS = HARDWARE["laptop"].watts  # of processors, whose own figure nobody wrote down


def own_training(run: Run, classes: int) -> Preset | None:
    """The run's training where it ran; None for one that took no step, is not finished, or is of another version.

    On a graphics card known here its utilisation is what it reached of the card's peak. Otherwise the peak is what it reached.
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
    name = environment.get("graphics_card") or environment.get("processor") or run.name
    here = Hardware(name, reached, WATTS, HARDWARE["laptop"].memory)
    return Preset(run.name, work, Place(here, 1, 1.0, WATTS), result["epochs"])
