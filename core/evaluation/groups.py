"""Whether a model serves some groups of images worse than others, and whether that is more than chance. NumPy only."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluation.metrics import Measured, mean, share

DRAWS = 4000  # of the simulation: a share of 1% is known to about 0.3 points
ALPHA = 0.05


@dataclass(frozen=True)
class Group:
    """Test images that have something in common.

    Attributes:
        accuracy: the share of them that was named rightly, with its interval.
        confidence: how sure the model was of them on average.
    """

    name: str
    n: int
    accuracy: Measured
    confidence: Measured


@dataclass(frozen=True)
class Gap:
    """The distance between the group that is named rightly most often and the one that is least.

    Attributes:
        p: how often so large a gap would come by chance if all groups were alike.
    """

    best: Group
    worst: Group
    p: float

    @property
    def size(self) -> float:
        return self.best.accuracy.value - self.worst.accuracy.value

    @property
    def is_noise(self) -> bool:
        return self.p >= ALPHA


def groups(names: Sequence[str], right: np.ndarray, confidence: np.ndarray) -> list[Group]:
    """The groups, the one that is named rightly least often first.

    Args:
        names: of the group of each image.
        right: bool `[n]`, whether it was named rightly.
        confidence: `[n]`, how sure the model was.
    """
    members: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        members.setdefault(name, []).append(place)
    found = [
        Group(name, len(places), share(int(right[places].sum()), len(places)), mean(confidence[places]))
        for name, places in members.items()
    ]
    return sorted(found, key=lambda group: (group.accuracy.value, group.name))


def gap(found: Sequence[Group]) -> Gap | None:
    """The gap between the first and the last group, tried against chance; None where there are not two.

    With as many images in each group as there are, and all of them named rightly with the same probability, how often is the
    largest distance at least this large? A simulation, because the largest of many distances has no simple distribution.
    """
    if len(found) < 2:
        return None
    sizes = np.array([group.n for group in found])
    rates = np.array([group.accuracy.value for group in found])
    pooled = float((sizes * rates).sum() / sizes.sum())
    drawn = np.random.default_rng(0).binomial(sizes, pooled, (DRAWS, len(sizes))) / sizes
    spread = drawn.max(axis=1) - drawn.min(axis=1)
    return Gap(found[-1], found[0], float((spread >= rates.max() - rates.min() - 1e-12).mean()))
