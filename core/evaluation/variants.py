"""What other forms of a sealed model are worth beside it: how large, how fast, how right, and how much of one mind with it."""

from dataclasses import dataclass
from typing import Any

from core.bundle.format import VARIANTS
from core.errors import VitrineError
from core.evaluation.metrics import Measured, share

ORIGINAL = "original"
SERVABLE = (ORIGINAL, *VARIANTS)


@dataclass(frozen=True)
class Variant:
    """One form of the model.

    Attributes:
        size: of its graph, in bytes.
        zipped: the same, compressed: zeros take no room there.
        seconds: that one image takes, the median of many.
        speed: images a second in batches, by their median.
        correct: test images that it names rightly.
        same_class, same_verdict: test images of which it says the same as the original.
        moved: |Δp|, mean over all test images and classes.
    """

    size: int
    zipped: int
    seconds: float
    speed: float
    correct: int
    same_class: int
    same_verdict: int
    moved: float


@dataclass(frozen=True)
class Variants:
    """All forms that could be made, measured with the same `n` test images and in turn on one machine.

    Attributes:
        forms: by their names, the original's among them.
        impossible: why others could not be made, as codes and parameters by their names.
        calibration: training images that the ranges of whole numbers were set by.
        batch: images of a batch.
    """

    n: int
    forms: dict[str, Variant]
    impossible: dict[str, dict[str, Any]]
    calibration: int
    batch: int
    processor: str
    threads: int

    @property
    def original(self) -> Variant:
        return self.forms[ORIGINAL]

    def accuracy(self, name: str) -> Measured:
        return share(self.forms[name].correct, self.n)

    def agreement(self, name: str) -> Measured:
        """The share of test images that it gives the same class as the original does."""
        return share(self.forms[name].same_class, self.n)

    def smaller(self, name: str) -> float:
        """How many times smaller than the original its graph is."""
        return self.original.size / self.forms[name].size

    def faster(self, name: str) -> float:
        """How many times faster than the original it is with a single image."""
        return self.original.seconds / self.forms[name].seconds

    def trouble(self, name: str) -> VitrineError:
        """Why a form could not be made."""
        why = self.impossible[name]
        return VitrineError(why["code"], **why["params"])

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "Variants":
        return cls(**{**fields, "forms": {name: Variant(**one) for name, one in fields["forms"].items()}})
