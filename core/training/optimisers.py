"""Optimisers by the names that a recipe uses."""

import torch
from torch import nn

from core.training.recipe import Recipe

KERAS_EPSILON = 1e-7  # Adam's in Keras; torch's own default is 1e-8
MOMENTUM = 0.9


def make_optimiser(recipe: Recipe, model: nn.Module) -> torch.optim.Optimizer:
    """The optimiser of the recipe. All of them are fused: one call a step instead of a loop over tensors."""
    rate, decay = recipe.learning_rate, recipe.weight_decay
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(
            model.parameters(), rate, momentum=MOMENTUM, nesterov=True, weight_decay=decay, fused=True
        )
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[recipe.optimizer]
    return kind(model.parameters(), rate, eps=KERAS_EPSILON, weight_decay=decay, fused=True)
