"""What changes over a run: the learning rate, and the size of the images."""

import math

from core.models import FAMILIES
from core.training.recipe import Recipe

GROWING = 0.75  # of a run, after which images have their whole size

# The share of the run in which a schedule rises unless the recipe says how long.
RISES = {"constant": 0.0, "cosine": 0.0, "one-cycle": 0.3, "triangular": 0.2}


def share_of_peak(schedule: str, progress: float, warmup: float = 0.0) -> float:
    """What the learning rate is multiplied by at `progress`, 0 to 1 of the run.

    Args:
        schedule: after its rise, ``constant`` stays; ``triangular`` falls in a straight line to zero (Jordan, 2024, arXiv
            2404.00498), ``cosine`` along half a wave (Loshchilov & Hutter, 2016, arXiv 1608.03983); ``one-cycle`` is a wave
            that rises as smoothly as it falls (Smith & Topin, 2017, arXiv 1708.07120).
        warmup: the share of the run in which it rises from zero; 0 leaves it to the schedule.
    """
    warmup = warmup or RISES[schedule]
    if progress < warmup:
        rise = progress / warmup
        return _half_wave(1 - rise) if schedule == "one-cycle" else rise
    fall = (progress - warmup) / (1 - warmup)
    if schedule == "constant":
        return 1.0
    return 1 - fall if schedule == "triangular" else _half_wave(fall)


def _half_wave(place: float) -> float:
    """From 1 at 0 to 0 at 1."""
    return (1 + math.cos(math.pi * place)) / 2


def side_at(recipe: Recipe, epoch: int) -> int:
    """Height and width of the training images in an epoch, counted from 0: they grow in a straight line, then stay.

    Small images cost less and teach the coarse first (progressive resizing: Tan & Le, 2021, arXiv 2104.00298).
    """
    share = min(1.0, recipe.grow + (1 - recipe.grow) * epoch / (GROWING * recipe.epochs))
    if share == 1 or "grow" not in FAMILIES[recipe.family].settings:
        return recipe.image_side
    return 2 * round(recipe.image_side * share / 2)
