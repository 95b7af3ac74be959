"""The loss is what the recipe says; what is told of it can be compared with validation."""

import math

import pytest
import torch
import torch.nn.functional as F

from core.training.objective import Objective
from core.training.presets import make_recipe

LABELS = torch.tensor([0] * 6 + [1] * 2)
LOGITS = torch.tensor([[2.0, -1.0], [0.5, 1.5], [0.0, 0.0]])
TRUTH = torch.tensor([0, 1, 0])


def objective(**changes: object) -> Objective:
    return Objective(make_recipe("article-cnn", **changes), LABELS, classes=2)


def test_plain_cross_entropy_is_told_as_it_is() -> None:
    plain = objective()
    loss = plain.loss(LOGITS, TRUTH, None, 1.0)
    assert loss == F.cross_entropy(LOGITS, TRUTH)
    assert plain.tally(LOGITS, TRUTH, loss).tolist() == pytest.approx([3 * loss.item(), 3])


def test_a_rare_class_counts_for_more_when_classes_are_balanced() -> None:
    balanced = objective(class_weights="balanced")
    assert balanced.weights is not None and balanced.weights.tolist() == pytest.approx([8 / 12, 8 / 4])
    assert sum(balanced.weights[label].item() for label in LABELS) == pytest.approx(len(LABELS))


def test_smoothing_is_in_the_loss_and_not_in_what_is_told() -> None:
    smoothed = objective(label_smoothing=0.2)
    loss = smoothed.loss(LOGITS, TRUTH, None, 1.0)
    assert loss == F.cross_entropy(LOGITS, TRUTH, label_smoothing=0.2)
    assert smoothed.tally(LOGITS, TRUTH, loss)[0].item() == pytest.approx(3 * F.cross_entropy(LOGITS, TRUTH).item())


def test_a_blend_is_asked_for_both_its_labels() -> None:
    mixed = objective(mixup=0.4)
    partners = torch.tensor([1, 2, 0])
    expected = 0.7 * F.cross_entropy(LOGITS, TRUTH) + 0.3 * F.cross_entropy(LOGITS, TRUTH[partners])
    torch.testing.assert_close(mixed.loss(LOGITS, TRUTH, partners, 0.7), expected)


def test_only_a_recipe_with_mixup_blends_images() -> None:
    images = torch.rand(4, 3, 8, 8)
    assert objective().mixed(images)[0] is images
    assert not math.isclose(objective(mixup=1.0).mixed(images)[2], 1.0)
