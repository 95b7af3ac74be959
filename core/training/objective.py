"""What training makes small: the loss of a batch, and the plain figures that are told of it."""

import torch
import torch.nn.functional as F
from torch import Tensor

from core.training.augment import mix
from core.training.recipe import Recipe


class Objective:
    """Cross-entropy as the recipe wants it.

    Args:
        labels: int64 `[n]`, of all training images.
    """

    def __init__(self, recipe: Recipe, labels: Tensor, classes: int) -> None:
        self.mixup, self.smoothing = recipe.mixup, recipe.label_smoothing
        self.weights = None
        if recipe.class_weights == "balanced":  # as scikit-learn's `compute_class_weight` has it
            counts = torch.bincount(labels, minlength=classes)
            self.weights = len(labels) / (classes * counts.float())
        self.plain = not (self.mixup or self.smoothing or self.weights is not None)

    def mixed(self, images: Tensor) -> tuple[Tensor, Tensor | None, float]:
        """The images as they are learnt from, and for blends their partners `[b]` and the share of the first, half at least."""
        if not self.mixup:
            return images, None, 1.0
        return mix(images, self.mixup)

    def loss(self, logits: Tensor, labels: Tensor, partners: Tensor | None, share: float) -> Tensor:
        """The mean loss of a batch."""
        loss = F.cross_entropy(logits, labels, self.weights, label_smoothing=self.smoothing)
        if partners is None:
            return loss
        other = F.cross_entropy(logits, labels[partners], self.weights, label_smoothing=self.smoothing)
        return share * loss + (1 - share) * other

    def tally(self, logits: Tensor, labels: Tensor, loss: Tensor) -> Tensor:
        """Summed plain cross-entropy and number of right answers, to be compared with validation; nobody waits for them."""
        told = loss if self.plain else F.cross_entropy(logits, labels)
        return torch.stack([told * len(labels), (logits.argmax(1) == labels).sum()])
