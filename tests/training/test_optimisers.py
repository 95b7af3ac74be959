"""Optimisers move what they should, as far as they should, and can be laid aside."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from core.models import Shape, build
from core.models.classifier import Classifier
from core.training.optimisers import MuonWithAdam, _SinglePrecisionMuon, make_optimiser
from core.training.presets import make_recipe

NAMES = ("adam", "adamw", "sgd", "muon")
SHAPE = Shape(4, 32, 2, 32)


def network(family: str = "fast") -> Classifier:
    torch.manual_seed(0)
    return build(family, SHAPE).to(memory_format=torch.channels_last)


def train(model: Classifier, optimiser: Any, steps: int) -> float:
    torch.manual_seed(1)
    images, labels = torch.rand(32, 3, 32, 32), torch.arange(32) % 4
    images += 0.3 * labels[:, None, None, None] / 4
    for _step in range(steps):
        optimiser.zero_grad()
        loss = F.cross_entropy(model(images), labels)
        loss.backward()
        optimiser.step()
    return loss.item()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("family", ["fast", "vit", "rnn", "mlp"])
def test_every_optimiser_trains_every_kind_of_network(name: str, family: str) -> None:
    model = network(family)
    before = {key: value.clone() for key, value in model.named_parameters()}
    optimiser = make_optimiser(make_recipe("article-cnn", optimizer=name, learning_rate=0.01), model)
    first = train(model, optimiser, 1)
    assert train(model, optimiser, 15) < 0.7 * first
    moved = {key for key, value in model.named_parameters() if not torch.equal(value, before[key])}
    assert moved == {key for key, value in model.named_parameters() if value.requires_grad}


@pytest.mark.parametrize("name", NAMES)
def test_it_goes_on_exactly_from_what_it_had_stored(name: str) -> None:
    recipe = make_recipe("article-cnn", optimizer=name, learning_rate=0.01, weight_decay=0.1)
    whole, halves = network(), network()
    train(whole, make_optimiser(recipe, whole), 4)
    first = make_optimiser(recipe, halves)
    train(halves, first, 2)
    second = make_optimiser(recipe, halves)
    second.load_state_dict(first.state_dict())
    train(halves, second, 2)
    # The running statistics of the norms are in the networks; the weights must be the same to the last bit.
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), halves.parameters(), strict=True))


def test_muon_moves_the_filters_in_all_directions_alike() -> None:
    model = network()
    recipe = make_recipe("article-cnn", optimizer="muon", learning_rate=0.01)
    conv = next(p for p in model.features.parameters() if p.ndim == 4 and p.requires_grad)
    before = conv.detach().clone()
    train(model, make_optimiser(recipe, model), 1)
    change = (conv.detach() - before).flatten(1)
    strengths = torch.linalg.svdvals(change)
    assert strengths.max() < 2 * strengths.min()
    assert change.square().mean().sqrt().item() == pytest.approx(0.2 * 0.01, rel=0.3)  # as large as a step of AdamW


def test_muon_leaves_head_and_norms_to_adam() -> None:
    model = network()
    optimiser = make_optimiser(make_recipe("article-cnn", optimizer="muon"), model)
    assert isinstance(optimiser, MuonWithAdam)
    theirs = {id(p) for group in optimiser.adam.param_groups for p in group["params"]}
    assert {id(p) for p in model.head.parameters()} <= theirs
    assert {id(p) for p in model.parameters() if p.ndim == 1} <= theirs
    assert not theirs & {id(weight) for weight in optimiser.weights}


@pytest.mark.parametrize("name", NAMES)
def test_weight_decay_pulls_at_weights_and_not_at_biases(name: str) -> None:
    model = network("vit")
    optimiser = make_optimiser(make_recipe("article-cnn", optimizer=name, weight_decay=0.1), model)
    decayed: list[Tensor] = []
    for group in optimiser.param_groups:
        decayed += group["params"] if group["weight_decay"] else []
    assert decayed and {p.ndim for p in decayed} <= {2, 4}


def test_in_single_precision_muon_steps_as_torchs_does_but_for_rounding() -> None:
    """torch's own iteration is in bf16: its eight bits are all that may tell the two apart."""
    torch.manual_seed(0)
    shapes = [(24, 90), (90, 24), (40, 40)]
    ours, theirs = ([torch.nn.Parameter(torch.ones(shape)) for shape in shapes] for _ in range(2))
    optimisers = [
        kind(matrices, lr=0.02, weight_decay=0.1, momentum=0.9, adjust_lr_fn="match_rms_adamw")
        for kind, matrices in ((_SinglePrecisionMuon, ours), (torch.optim.Muon, theirs))
    ]
    for _step in range(3):
        for one, other in zip(ours, theirs, strict=True):
            one.grad = torch.randn(one.shape)
            other.grad = one.grad.clone()
        for optimiser in optimisers:
            optimiser.step()
    for one, other in zip(ours, theirs, strict=True):
        change, difference = one.detach() - 1, (one - other).detach()
        assert difference.norm() < 0.02 * change.norm()
    assert optimisers[0].state_dict()["param_groups"] == optimisers[1].state_dict()["param_groups"]


@pytest.mark.parametrize("hardware", [True, False])
def test_muon_computes_in_bf16_only_where_the_processor_has_it(hardware: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"avx512_bf16": hardware})
    optimiser = make_optimiser(make_recipe("article-cnn", optimizer="muon"), network())
    assert isinstance(optimiser, MuonWithAdam)
    assert isinstance(optimiser.muon, _SinglePrecisionMuon) != hardware
