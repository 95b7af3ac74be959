"""What others reach on public test images, with the source of each figure."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Reference:
    """A published share of images named rightly."""

    accuracy: float
    source: str
    url: str


CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

# Measured on the images as published. A JPEG copy of them is a little harder, for people as well.
PEOPLE = {
    frozenset(CIFAR10): Reference(0.939, "Ho-Phuoc, 2018, arXiv 1811.07270", "https://arxiv.org/abs/1811.07270"),
}


def people_on(classes: Sequence[str]) -> Reference | None:
    """How well people name images of exactly these classes, where it is known."""
    return PEOPLE.get(frozenset(classes))
