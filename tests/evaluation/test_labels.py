"""Wrong labels are found by models that never learnt from them."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from core.bundle.predictor import Predictor
from core.data.imageset import ImageSet, load_split
from core.data.versions import get_dataset
from core.errors import VitrineError
from core.evaluation.labels import LabelIssues, check_training_issues, held_out_issues, label_issues, training_issues
from core.runs.store import Run
from core.training.presets import make_recipe

RECIPE = make_recipe("case-study", epochs=6, learning_rate=0.003)


def ignore(done: float, total: float) -> None:
    pass


def spoilt(images: ImageSet, share: float = 0.05) -> tuple[ImageSet, set[int]]:
    """The images with a share of the labels wrong, and the rows of those."""
    random = np.random.default_rng(0)
    wrong = random.permutation(len(images))[: round(share * len(images))]
    labels = images.labels.copy()
    labels[wrong] = (labels[wrong] + random.integers(1, 10, len(wrong))) % 10
    return replace(images, labels=labels), set(images.rows[wrong].tolist())


def test_the_surest_doubts_come_first_and_name_the_likelier_class() -> None:
    labels = np.arange(600) % 3
    probabilities = np.full((600, 3), 0.1)
    probabilities[np.arange(600), labels] = 0.8
    probabilities[[10, 20]] = np.where(probabilities[[10, 20]] > 0.5, [[0.96], [0.9]], [[0.02], [0.05]])
    labels[[10, 20]] = (labels[[10, 20]] + 1) % 3
    found = label_issues(labels, probabilities, np.arange(1000, 1600))
    assert (found.n, found.found) == (600, 2)
    assert [one.row for one in found.worst] == [1010, 1020]
    assert found.worst[0].given == labels[10] and found.worst[0].likely == (labels[10] - 1) % 3
    assert found.worst[0].probability == pytest.approx(0.96) and found.worst[0].own == pytest.approx(0.02)


def test_classes_without_an_image_and_a_single_class_are_no_trouble() -> None:
    probabilities = np.full((60, 4), 0.02, np.float32)
    labels = np.arange(60) % 2
    probabilities[np.arange(60), labels] = 0.94
    labels[0] = 1
    found = label_issues(labels, probabilities, np.arange(60))
    assert [(one.row, one.given, one.likely) for one in found.worst] == [(0, 1, 0)]
    assert label_issues(np.zeros(9, int), probabilities[:9], np.arange(9)) == LabelIssues(9, 0, [])


def test_wrong_labels_among_held_out_images_are_found(trained_run: Run) -> None:
    images, wrong = spoilt(load_split(get_dataset("digits"), "test"))
    told: list[tuple[float, float]] = []
    found = held_out_issues(
        Predictor.open(trained_run.bundle), [images], lambda done, total: told.append((done, total)), lambda: False
    )
    assert found is not None and found.n == 360 and told == [(1, 1)]
    assert len({one.row for one in found.worst} & wrong) >= 0.6 * len(wrong)
    assert LabelIssues.from_json(json.loads(json.dumps(asdict(found)))) == found


def test_wrong_labels_among_training_images_are_found_by_networks_that_did_not_learn_them(home: Path) -> None:
    images, wrong = spoilt(load_split(get_dataset("digits"), "train"))
    told: list[float] = []
    found = training_issues(RECIPE, images, lambda done, total: told.append(done), lambda: False)
    assert found is not None and found.n == 1437
    candidates = {one.row for one in found.worst}
    assert len(candidates & wrong) > 0.7 * len(wrong), "most of the wrong ones are found"
    assert len(candidates & wrong) > 0.4 * len(candidates), "and they are no small part of what is found"
    assert told == sorted(told) and told[-1] == 2


def test_the_search_ends_when_it_is_told_to(trained_run: Run) -> None:
    images = load_split(get_dataset("digits"), "test")
    assert held_out_issues(Predictor.open(trained_run.bundle), [images], ignore, lambda: True) is None
    assert training_issues(RECIPE, images, ignore, lambda: True) is None


def test_a_probability_for_a_class_that_no_image_shows_is_no_trouble() -> None:
    probabilities = np.zeros((40, 3), np.float32)
    probabilities[np.arange(40), np.arange(40) % 2] = 1
    probabilities[7] = [0, 0, 1]
    found = label_issues(np.arange(40) % 2, probabilities, np.arange(40))
    assert found.n == 40 and all(np.isfinite(one.probability) for one in found.worst)


def test_classes_that_cannot_be_halved_and_networks_that_know_the_labels_are_refused(trained_run: Run) -> None:
    digits = get_dataset("digits")
    few = replace(digits, counts={**digits.counts, "train": {**digits.counts["train"], "7": 5}})
    with pytest.raises(VitrineError, match="Class “7” has 5 training images. It takes 6"):
        check_training_issues(RECIPE, few)
    again = make_recipe("transfer", start=trained_run.id)
    with pytest.raises(VitrineError, match="taken over from “a-run”, which learnt from “digits” already"):
        check_training_issues(again, digits)
    check_training_issues(make_recipe("transfer", start="torchvision:resnet18"), digits)
    check_training_issues(again, replace(digits, name="others"))
