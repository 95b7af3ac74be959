"""Every family of networks is the same in its bundle as in PyTorch."""

from pathlib import Path

import numpy as np
import pytest
import torch

from core.bundle.export import largest_difference, restore, seal
from core.bundle.format import Metadata
from core.bundle.predictor import Predictor
from core.data.imageset import ImageSet
from core.models import FAMILIES, build
from core.models.pretrained import BACKBONES
from core.training.batches import to_input
from core.training.presets import make_recipe

OURS = [name for name in FAMILIES if name not in BACKBONES]  # published networks have a test of their own
CELLS = [(family, cell) for family in OURS for cell in (("lstm", "gru") if family == "rnn" else ("lstm",))]


@pytest.mark.parametrize(("family", "cell"), CELLS)
def test_a_sealed_network_says_what_pytorch_says_and_can_be_rebuilt(family: str, cell: str, tmp_path: Path) -> None:
    recipe = make_recipe("article-cnn", family=family, cell=cell, depth=2, width=16)
    random = np.random.default_rng(0)
    coarse = random.integers(0, 256, (40, 4, 4, 3), dtype=np.uint8)  # patches of colour: unlike noise, no two are alike
    pixels = coarse.repeat(8, axis=1).repeat(8, axis=2)
    torch.manual_seed(0)
    model = build(family, recipe.shape(4))
    model.prepare(to_input(torch.from_numpy(pixels)))
    for _look in range(30):  # so that the norms know what images are like
        model(to_input(torch.from_numpy(pixels)))
    # Its own opinions for labels: probabilities are then as far apart as they can be.
    labels = model.eval()(to_input(torch.from_numpy(pixels))).argmax(1).numpy()
    classes = ("a", "b", "c", "d")
    metadata = Metadata(
        classes=classes, side=32, dataset={"name": "x", "version": 1, "fingerprint": ""}, recipe=recipe.model_dump()
    )
    images = ImageSet(pixels, labels, classes, np.arange(len(labels)))
    seal(model, to_input, metadata, images, images, tmp_path / "bundle")
    predictor = Predictor.open(tmp_path / "bundle")
    assert largest_difference(model, to_input, predictor, pixels) <= 1e-5
    assert largest_difference(model, to_input, predictor, pixels[:1]) <= 1e-5
    assert np.ptp(predictor.run(pixels).probabilities, axis=0).max() > 0.01, "it says the same of every image"
    expected = model.state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in restore(tmp_path / "bundle").state_dict().items())
