"""The stress test: how accuracy falls as photos get worse, and under small changes that were made to mislead."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.bundle.predictor import Predictor, chunked
from core.data.imageset import ImageSet
from core.evaluation.corruptions import CORRUPTIONS, SEVERITIES, corrupt
from core.evaluation.metrics import Measured, share

if TYPE_CHECKING:
    from core.models.classifier import Classifier


def _(name: str) -> str:
    """Marks a name for translation, which happens where it is shown."""
    return name


IMAGES = 2000  # that are tried, drawn from the test split: an accuracy is known to 1 or 2 points then
ADVERSARIAL = "adversarial"
NAMES = {
    "blur": _("blur"),
    "noise": _("noise"),
    "jpeg": _("JPEG"),
    "darkness": _("too little light"),
    "contrast": _("low contrast"),
    "rotation": _("held aslant"),
    "translation": _("badly framed"),
    "occlusion": _("partly hidden"),
    ADVERSARIAL: _("made to mislead"),
}
STEPS = (1, 2, 4, 6, 8)  # of 255: how far each pixel may be moved by the adversary


@dataclass(frozen=True)
class Stress:
    """What was measured.

    Attributes:
        n: how many test images were tried, the same ones each time.
        clean: how many of them are named rightly as they are.
        correct: of each kind of harm, how many still are, at severities 1 to 5.
    """

    n: int
    clean: int
    correct: dict[str, list[int]]

    def accuracy(self, kind: str, severity: int) -> Measured:
        """At severity 0 (as they are) to 5."""
        return share(self.clean if severity == 0 else self.correct[kind][severity - 1], self.n)

    def loss(self, kind: str) -> float:
        """The accuracy lost to it, mean over the severities."""
        return self.clean / self.n - sum(self.correct[kind]) / SEVERITIES / self.n

    @property
    def margin(self) -> float:
        """How far from the truth a share of these images may be, either way (95%): that of one half, which varies most."""
        half = share(self.n // 2, self.n)
        return (half.high - half.low) / 2

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "Stress":
        return cls(fields["n"], fields["clean"], fields["correct"])


def stress(
    predictor: Predictor,
    model: "Classifier",
    to_input: Callable[[Any], Any],
    images: ImageSet,
    report: Callable[[int, int], None],
    stopped: Callable[[], bool],
) -> Stress | None:
    """Try the bundle under every kind of harm at every severity; None when it was stopped.

    Args:
        model: the bundle's network in PyTorch: the adversary needs its gradients.
        images: the test split, of which at most :data:`IMAGES` are drawn.
        report: told of trials done and in all.
    """
    rows = np.sort(np.random.default_rng(0).permutation(len(images))[:IMAGES])
    chosen = images.subset(rows)
    pixels, labels = np.asarray(chosen.pixels[:]), chosen.labels
    total = 1 + (len(CORRUPTIONS) + 1) * SEVERITIES

    def correct(changed: np.ndarray) -> int:
        return int((predictor.run(changed, ("probabilities",)).probabilities.argmax(axis=1) == labels).sum())

    clean = correct(pixels)
    found: dict[str, list[int]] = {}
    report(1, total)
    trials: dict[str, Iterator[np.ndarray]] = {name: _worse_and_worse(pixels, name) for name in CORRUPTIONS}
    trials[ADVERSARIAL] = (mislead(model, to_input, pixels, labels, step) for step in STEPS)
    for number, (name, versions) in enumerate(trials.items()):
        found[name] = []
        for severity, version in enumerate(versions, start=1):
            if stopped():
                return None
            found[name].append(correct(version))
            report(1 + number * SEVERITIES + severity, total)
    return Stress(len(labels), clean, found)


def _worse_and_worse(pixels: np.ndarray, name: str) -> Iterator[np.ndarray]:
    return (corrupt(pixels, name, severity) for severity in range(1, SEVERITIES + 1))


def mislead(
    model: "Classifier", to_input: Callable[[Any], Any], pixels: np.ndarray, labels: np.ndarray, step: int
) -> np.ndarray:
    """The images, each pixel moved by `step` of 255 in the direction that makes the truth less probable.

    The fast gradient sign method (Goodfellow et al., 2014, arXiv 1412.6572), rounded to whole pixel values.
    """
    import torch
    import torch.nn.functional as F

    moved, done = np.empty_like(pixels), 0
    for part in chunked(pixels):
        here = slice(done, done + len(part))
        images = to_input(torch.from_numpy(np.array(part))).requires_grad_(True)
        loss = F.cross_entropy(model(images), torch.from_numpy(labels[here]), reduction="sum")
        (gradient,) = torch.autograd.grad(loss, images)
        direction = gradient.sign().permute(0, 2, 3, 1).numpy().astype(np.int16)
        moved[here] = (part.astype(np.int16) + step * direction).clip(0, 255)
        done += len(part)
    return moved
