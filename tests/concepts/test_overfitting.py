"""Over-fitting on points in the plane is real, and so is what each remedy does."""

from functools import cache

import numpy as np
import pytest
import torch

from core.concepts.overfitting import (
    NEARLY_ZERO,
    Network,
    Remedies,
    Training,
    half_moons,
    loss_gradient,
    scores,
    train,
)

SEEDS = range(8)


@cache
def trained(**remedies: float) -> list[Training]:
    return [train(Remedies(**remedies, seed=seed)) for seed in SEEDS]  # type: ignore[arg-type]


def validation_loss(**remedies: float) -> float:
    return float(np.mean([one.validation[-1].loss for one in trained(**remedies)]))


def small_network() -> Network:
    random = np.random.default_rng(3)
    return Network(random.standard_normal((3, 5)), random.standard_normal(6))


def test_the_gradient_with_both_penalties_is_torchs() -> None:
    network, remedies = small_network(), Remedies(l1=0.02, l2=0.05)
    points, labels = half_moons(30, np.random.default_rng(0))
    hidden = torch.tensor(network.hidden, requires_grad=True)
    output = torch.tensor(network.output, requires_grad=True)
    inputs = torch.tensor(np.column_stack([points, np.ones(30)]))
    logits = (inputs @ hidden).relu() @ output[:-1] + output[-1]
    loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, torch.tensor(labels.astype(float)))
    assert scores(network, points, labels).loss == pytest.approx(loss.item())
    weights = torch.cat([hidden[:-1].flatten(), output[:-1]])
    (loss + 0.02 * weights.abs().sum() + 0.05 / 2 * (weights**2).sum()).backward()
    assert hidden.grad is not None and output.grad is not None
    found = loss_gradient(network, points, labels, remedies, np.random.default_rng(0))
    assert found == pytest.approx(torch.cat([hidden.grad.flatten(), output.grad]).numpy())


def test_dropout_leaves_the_gradient_of_the_output_as_it_is_on_average() -> None:
    network, random = Network(np.array([[1.0], [0.0], [0.0]]), np.zeros(2)), np.random.default_rng(0)
    points, labels = np.array([[2.0, 0.0]]), np.array([1])
    without = loss_gradient(network, points, labels, Remedies(), random)
    hidden = [loss_gradient(network, points, labels, Remedies(dropout=0.75), random) for _try in range(4000)]
    assert np.mean(hidden, axis=0) == pytest.approx(without, abs=0.1)
    assert {float(one[3]) for one in hidden} == {0.0, 4 * float(without[3])}


def test_without_remedies_it_learns_its_points_by_heart() -> None:
    for one in trained():
        assert one.training[-1].loss < 0.15
        assert one.validation[-1].loss > 3 * one.training[-1].loss
        assert one.validation[-1].loss > 1.3 * min(score.loss for score in one.validation)


@pytest.mark.parametrize(
    ("remedy", "share"), [({"l1": 0.01}, 0.5), ({"l2": 0.01}, 0.5), ({"dropout": 0.5}, 0.75), ({"points": 160}, 0.5)]
)
def test_each_remedy_lowers_the_loss_on_other_points(remedy: dict[str, float], share: float) -> None:
    assert validation_loss(**remedy) < share * validation_loss()


@pytest.mark.parametrize("remedy", [{"l1": 0.01}, {"l2": 0.01}, {"dropout": 0.5}, {"points": 160}])
def test_each_remedy_names_more_of_the_other_points_rightly(remedy: dict[str, float]) -> None:
    plain, helped = (np.mean([one.validation[-1].accuracy for one in trained(**kind)]) for kind in ({}, remedy))
    assert helped > plain + 0.015


def test_l1_leaves_few_weights_and_l2_many_small_ones() -> None:
    def nearly_zero(**remedies: float) -> float:
        return float(np.mean([(abs(one.network.weights) < NEARLY_ZERO).mean() for one in trained(**remedies)]))

    assert nearly_zero(l1=0.01) > 0.9 > 2 * nearly_zero(l2=0.01) > 4 * nearly_zero()


def test_the_same_seed_gives_the_same_training() -> None:
    one, other = train(Remedies(dropout=0.5, seed=4)), train(Remedies(dropout=0.5, seed=4))
    assert np.array_equal(one.network.output, other.network.output)
    assert not np.array_equal(one.points, train(Remedies(seed=5)).points)
