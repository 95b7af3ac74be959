"""A new head on a trained body: it finds what scikit-learn finds, in the form of the network's last layer."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from core.bundle.export import restore, seal
from core.bundle.format import Metadata
from core.data.imageset import load_split
from core.data.versions import get_dataset
from core.errors import VitrineError
from core.models import build
from core.training.batches import to_input
from core.training.devices import choose_device
from core.training.loop import fit
from core.training.presets import make_recipe
from core.training.transfer import _strength, embed, fit_head, take_over
from tests.training.test_loop import Listener, Splits, load_splits

HEAD = make_recipe("transfer", start="a-run", family="case-study")


@pytest.fixture(scope="module")
def splits() -> Splits:
    return load_splits()


def clouds(classes: int, each: int, features: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Points around a centre for each class, of other scale and place than the regression likes."""
    random, labels = np.random.default_rng(0), np.arange(classes * each) % classes
    centres = random.normal(size=(classes, features))
    noise = np.random.default_rng(seed).normal(size=(len(labels), features))
    return (7 + 30 * (centres[labels] + noise)).astype(np.float32), labels


@torch.no_grad()
def accuracy(head: torch.nn.Linear, points: np.ndarray, labels: np.ndarray) -> float:
    return float((head(torch.from_numpy(points)).argmax(1).numpy() == labels).mean())


@pytest.mark.parametrize(("classes", "features"), [(2, 16), (3, 16), (10, 64), (3, 600)])
def test_the_head_takes_the_embedding_as_it_is(classes: int, features: int) -> None:
    head = fit_head(*clouds(classes, 20, features), HEAD)
    assert (head.in_features, head.out_features) == (features, classes)
    assert accuracy(head, *clouds(classes, 200, features, seed=1)) > 0.9


def test_the_heads_probabilities_are_those_of_logistic_regression(monkeypatch: pytest.MonkeyPatch) -> None:
    points, labels = clouds(3, 40, 8)
    monkeypatch.setattr("core.training.transfer.STRENGTHS", (0.1,))
    head = fit_head(points, labels, HEAD)
    scaler = StandardScaler().fit(points)
    oracle = LogisticRegression(C=0.1, class_weight="balanced", tol=1e-8).fit(scaler.transform(points), labels)
    with torch.no_grad():
        probabilities = head(torch.from_numpy(points)).softmax(1).numpy()
    assert np.abs(probabilities - oracle.predict_proba(scaler.transform(points))).max() < 1e-3


def test_two_images_of_each_class_are_enough_for_a_head() -> None:
    assert accuracy(fit_head(*clouds(3, 2, 16), HEAD), *clouds(3, 100, 16, seed=1)) > 0.8
    fit_head(*clouds(3, 1, 16), HEAD)


def test_noise_is_met_with_a_strong_penalty() -> None:
    random = np.random.default_rng(0)
    head = fit_head(random.normal(size=(60, 200)).astype(np.float32), np.arange(60) % 3, HEAD)
    with torch.no_grad():
        assert head(torch.from_numpy(random.normal(size=(50, 200)).astype(np.float32))).softmax(1).max() < 0.6


def test_a_rare_class_among_many_images_does_not_end_the_search_for_a_strength() -> None:
    labels = np.array([0] * 1500 + [1] * 1500 + [2] * 2)
    noise = np.random.default_rng(0).normal(size=(len(labels), 64))
    assert _strength(noise, labels, None, seed=0) < 0.1, "noise is met with a strong penalty"


def test_a_head_alone_takes_no_epochs_and_leaves_the_body_as_it_is(splits: Splits, tmp_path: Path) -> None:
    body = build("case-study", HEAD.shape(4))
    before = {name: value.clone() for name, value in body.features.state_dict().items()}
    heard = Looking()
    result = take_over(HEAD, body, *splits, heard, tmp_path / "checkpoint.pt", "cpu")
    assert (result.epochs, result.stopped, result.model.training) == (0, False, False)
    assert result.images_per_second > 0 and not (tmp_path / "checkpoint.pt").exists()
    assert all(torch.equal(value, before[name]) for name, value in result.model.features.state_dict().items())
    ((step, point),) = heard.points
    assert (step, point["epoch"]) == (0, 0.0) and point["val_accuracy"] > 0.7
    assert heard.shares[-1] == 1.0


def test_fine_tuning_begins_with_the_new_head_and_changes_the_body(splits: Splits, tmp_path: Path) -> None:
    source = make_recipe("transfer", start="a-run", family="cnn", width=16, epochs=2, learning_rate="5e-3")
    body = fit(source.model_copy(update={"start": None}), *splits, Listener(), tmp_path / "source.pt", "cpu").model
    before = {name: value.clone() for name, value in body.features.state_dict().items()}
    heard = Looking()
    recipe = source.model_copy(update={"learning_rate": 1e-4})
    result = take_over(recipe, body, *splits, heard, tmp_path / "checkpoint.pt", "cpu")
    assert [end["epoch"] for end in heard.ends()] == [0.0, 1.0, 2.0]
    after = result.model.features.state_dict()
    changed = {name for name, value in after.items() if not torch.equal(value, before[name])}
    assert any(name.endswith("weight") for name in changed)
    assert not any("running" in name for name in changed), "the norms keep the statistics of many images"


def test_a_fine_tuning_that_was_stopped_goes_on_exactly(splits: Splits, tmp_path: Path) -> None:
    source = make_recipe("mlp", epochs=5, width=64, depth=2, dropout=0.0)
    model = fit(source, *splits, Listener(), tmp_path / "source.pt", "cpu").model
    metadata = Metadata(
        classes=splits[0].classes,
        side=32,
        dataset={"name": "digits", "version": 1, "fingerprint": ""},
        recipe=source.model_dump(mode="json"),
    )
    seal(model, to_input, metadata, splits[0], splits[1], tmp_path / "bundle")
    tuning = source.model_copy(update={"start": "a-run", "epochs": 3, "dropout": 0.1, "learning_rate": 1e-4})
    heard, stopped = Looking(), Looking()
    whole = take_over(tuning, restore(tmp_path / "bundle", 0.1), *splits, heard, tmp_path / "whole.pt", "cpu")
    stopped.epochs = 2  # the head, and an epoch
    assert take_over(tuning, restore(tmp_path / "bundle", 0.1), *splits, stopped, tmp_path / "parts.pt", "cpu").stopped
    resumed = fit(tuning, *splits, Listener(), tmp_path / "parts.pt", "cpu")
    assert all(torch.equal(value, whole.model.state_dict()[name]) for name, value in resumed.model.state_dict().items())


def test_a_stop_before_there_is_a_head_keeps_nothing(splits: Splits, tmp_path: Path) -> None:
    heard = Looking()
    heard.epochs = 0
    with pytest.raises(VitrineError, match="stopped before it was done"):
        take_over(HEAD, build("case-study", HEAD.shape(4)), *splits, heard, tmp_path / "checkpoint.pt", "cpu")


def test_what_is_embedded_is_what_the_network_sees() -> None:
    images = load_split(get_dataset("digits"), "train").subset(np.arange(150))
    body = build("case-study", HEAD.shape(4)).eval()
    parts = list(embed(body, images, choose_device("cpu")))
    assert [done for done, _seen in parts] == [100, 150]
    pixels = torch.from_numpy(np.array(images.pixels)).permute(0, 3, 1, 2).float() / 255
    with torch.no_grad():
        assert np.allclose(np.concatenate([seen for _done, seen in parts]), body.embedding(pixels).numpy(), atol=1e-5)


class Looking(Listener):
    """Hears of images that are looked at, too."""

    def __init__(self) -> None:
        super().__init__()
        self.shares: list[float] = []

    def progress(self, done: float, **figures: object) -> None:
        if figures["phase"] == "embedding":
            self.shares.append(done)
