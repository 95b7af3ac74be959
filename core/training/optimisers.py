"""Optimisers by the names that a recipe uses."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from core.models.classifier import Classifier
from core.training.devices import has_bf16
from core.training.recipe import Recipe

KERAS_EPSILON = 1e-7  # Adam's in Keras; torch's own default is 1e-8
MOMENTUM = 0.9
MUON_MOMENTUM = 0.9

Groups = list[dict[str, Any]]


def make_optimiser(recipe: Recipe, model: Classifier) -> "torch.optim.Optimizer | MuonWithAdam":
    """The optimiser of the recipe. Weight decay pulls at weights, never at biases, norms or positions."""
    learnt = [p for p in model.parameters() if p.requires_grad]
    if recipe.optimizer == "muon":
        return MuonWithAdam(recipe, model)
    groups = _decayed(learnt, recipe.weight_decay)
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(groups, recipe.learning_rate, momentum=MOMENTUM, nesterov=True, fused=True)
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[recipe.optimizer]
    # Fused: one call a step instead of a loop over tensors.
    return kind(groups, recipe.learning_rate, eps=KERAS_EPSILON, fused=True)


class MuonWithAdam:
    """Muon (Jordan et al., 2024) for the matrices inside the network, AdamW for its head, biases and norms.

    Muon's steps are scaled to the size of AdamW's (Liu et al., 2025, arXiv 2502.16982), so that one learning rate and one weight decay
    serve both. A convolution's filters are the rows of a matrix. Stands for an optimiser as far as the loop uses one.
    """

    def __init__(self, recipe: Recipe, model: Classifier) -> None:
        rate, decay = recipe.learning_rate, recipe.weight_decay
        inside = {id(p) for p in model.features.parameters() if p.ndim in (2, 4)}
        learnt = [p for p in model.parameters() if p.requires_grad]
        self.weights = [p for p in learnt if id(p) in inside]
        # torch's Muon takes matrices only: it is given views of the filters, which share their memory. A copy would learn for nobody.
        self.matrices = [nn.Parameter(_matrix(weight.detach())) for weight in self.weights]
        assert all(m.data_ptr() == w.data_ptr() for m, w in zip(self.matrices, self.weights, strict=True)), (
            "channels last"
        )
        muon = torch.optim.Muon if has_bf16(learnt[0].device) else _SinglePrecisionMuon
        self.muon = muon(
            self.matrices, rate, decay, momentum=MUON_MOMENTUM, nesterov=True, adjust_lr_fn="match_rms_adamw"
        )
        others = _decayed([p for p in learnt if id(p) not in inside], decay)
        self.adam = torch.optim.AdamW(others, rate, eps=KERAS_EPSILON, fused=True)
        self.param_groups = self.muon.param_groups + self.adam.param_groups

    def zero_grad(self) -> None:
        for weight in self.weights:
            weight.grad = None
        self.adam.zero_grad()

    def step(self) -> None:
        for weight, matrix in zip(self.weights, self.matrices, strict=True):
            matrix.grad = None if weight.grad is None else _matrix(weight.grad)
        self.muon.step()
        self.adam.step()

    def state_dict(self) -> dict[str, Any]:
        return {"muon": self.muon.state_dict(), "adam": self.adam.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.muon.load_state_dict(state["muon"])
        self.adam.load_state_dict(state["adam"])
        self.param_groups = self.muon.param_groups + self.adam.param_groups


class _SinglePrecisionMuon(torch.optim.Muon):
    """torch's Muon, but for the number format of its iteration: torch's is in bf16, which a processor that imitates it takes dozens of times as long for."""

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        assert closure is None
        for group in self.param_groups:
            rate, momentum = group["lr"], group["momentum"]
            for matrix in group["params"]:
                if matrix.grad is None:
                    continue
                if not (state := self.state[matrix]):
                    state["momentum_buffer"] = torch.zeros_like(matrix.grad)
                buffer = state["momentum_buffer"].lerp_(matrix.grad, 1 - momentum)
                update = _orthogonal(
                    matrix.grad.lerp(buffer, momentum), group["ns_coefficients"], group["ns_steps"], group["eps"]
                )
                matrix.mul_(1 - rate * group["weight_decay"])
                matrix.add_(update, alpha=-0.2 * rate * max(matrix.shape) ** 0.5)  # as large as a step of AdamW


def _orthogonal(matrix: Tensor, coefficients: tuple[float, float, float], steps: int, epsilon: float) -> Tensor:
    """The matrix with all its singular values near one, by Newton and Schulz."""
    if len(matrix) > matrix.shape[1]:
        return _orthogonal(matrix.T, coefficients, steps, epsilon).T
    a, b, c = coefficients
    found = matrix / matrix.norm().clamp(min=epsilon)
    for _step in range(steps):
        gram = found @ found.T
        found = torch.addmm(found, torch.addmm(gram, gram, gram, beta=b, alpha=c), found, beta=a)
    return found


def _matrix(weight: Tensor) -> Tensor:
    """Filters `[out, in, height, width]` as rows of a matrix, without a copy where they lie channels last."""
    return weight.permute(0, 2, 3, 1).flatten(1) if weight.ndim == 4 else weight


def _decayed(parameters: Sequence[Tensor], decay: float) -> Groups:
    if not decay:  # a group less is a fused call less, which tells at small batches
        return [{"params": list(parameters), "weight_decay": 0.0}]
    weights = [p for p in parameters if p.ndim in (2, 4)]
    others = [p for p in parameters if p.ndim not in (2, 4)]
    return [{"params": weights, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]
