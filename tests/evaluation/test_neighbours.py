"""The training images that a photo resembles: itself first, and those of its class before others."""

import numpy as np
import pytest

from core.bundle.predictor import Predictor
from core.data.imageset import load_split
from core.data.versions import get_dataset
from core.evaluation import neighbours
from core.evaluation.neighbours import embed
from core.runs.store import Run


def test_an_image_is_its_own_nearest(trained_run: Run) -> None:
    predictor, images = Predictor.open(trained_run.bundle), load_split(get_dataset("digits"), "train", 32)
    told: list[float] = []
    found = embed(predictor, images, lambda done, total: told.append(done / total), lambda: False)
    assert found is not None and len(found.rows) == len(images) and told[-1] == 1
    some = np.arange(0, len(images), 100)
    embeddings = predictor.run(np.asarray(images.pixels[some]), ("embedding",)).embedding
    nearest = [found.nearest(embedding, 10) for embedding in embeddings]
    assert [found[0][0] for found in nearest] == images.rows[some].tolist()
    assert [found[0][2] for found in nearest] == pytest.approx([1.0] * len(some), abs=0.002)
    same = [label == images.labels[place] for place, found in zip(some, nearest, strict=True) for _, label, _ in found]
    assert np.mean(same) > 0.6  # a tenth by chance


def test_of_many_images_some_of_each_class_are_kept(trained_run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "IMAGES", 100)
    images = load_split(get_dataset("digits"), "train", 32)
    found = embed(Predictor.open(trained_run.bundle), images, lambda done, total: None, lambda: False)
    assert found is not None and len(found.rows) == 100
    assert np.bincount(found.labels).tolist() == [10] * 10
    assert images.labels[np.searchsorted(images.rows, found.rows)].tolist() == found.labels


def test_it_can_be_stopped(trained_run: Run) -> None:
    images = load_split(get_dataset("digits"), "train", 32)
    assert embed(Predictor.open(trained_run.bundle), images, lambda done, total: None, lambda: True) is None
