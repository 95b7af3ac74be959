"""How the learning rate moves over a run."""

WARM_UP = 0.2  # of the run, in which a triangle rises


def share_of_peak(schedule: str, progress: float) -> float:
    """What the learning rate is multiplied by at `progress`, 0 to 1 of the run.

    A triangle rises from zero and falls back to it, as in Jordan, 2024 (arXiv 2404.00498): large steps find a good region
    fast, ever smaller ones settle in it.
    """
    if schedule == "constant":
        return 1.0
    return progress / WARM_UP if progress < WARM_UP else (1 - progress) / (1 - WARM_UP)
