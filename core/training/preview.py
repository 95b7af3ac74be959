"""What training would see of a few images, for the eye: augmented and blended by the code that trains."""

import numpy as np
import torch

from core.training.augment import augment, mix, whom_to_mirror
from core.training.batches import to_input
from core.training.recipe import Recipe

Blend = tuple[float, list[int]]


def views(pixels: np.ndarray, recipe: Recipe, epochs: int, draw: int) -> tuple[np.ndarray, list[Blend]]:
    """Images as the first epochs would see them, in one batch.

    Args:
        pixels: uint8 `[n, side, side, 3]`.
        draw: the random state: the same number, the same places and strengths.

    Returns:
        uint8 `[epochs, n, side, side, 3]`; and for each epoch of a recipe with mixup the share of an image in its blend and the
        partner of each `[n]`.
    """
    images = to_input(torch.from_numpy(pixels.copy()))
    seen, blends = [], []
    for epoch in range(epochs):
        torch.manual_seed(1000 * draw + epoch)
        batch = augment(images, recipe, whom_to_mirror(torch.arange(len(images)) + draw, epoch, recipe))
        if recipe.mixup:
            batch, partners, share = mix(batch, recipe.mixup)
            blends.append((share, partners.tolist()))
        seen.append((batch * 255).round().byte().permute(0, 2, 3, 1))
    return torch.stack(seen).contiguous().numpy(), blends
