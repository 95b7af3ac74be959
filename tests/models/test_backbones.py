"""Published networks are what torchvision publishes: names, sizes, files, and what is learnt stays in place."""

from collections import OrderedDict
from pathlib import Path

import pytest
import torch
import torchvision.models
import torchvision.transforms._presets
from torch import nn

from core.bundle.export import Graph, to_onnx
from core.errors import VitrineError
from core.models import BACKBONES, Shape, build, count_parameters
from core.models.backbones import load_backbone
from core.training.batches import to_input

SMALL = Shape(5, 64)


def published(name: str) -> "OrderedDict[str, torch.Tensor]":
    """Weights as torchvision publishes them, of a network that was never trained; without what old files lack."""
    torch.manual_seed(1)
    state = getattr(torchvision.models, BACKBONES[name].function)(weights=None).state_dict()
    return OrderedDict((key, value) for key, value in state.items() if not key.endswith("num_batches_tracked"))


@pytest.mark.parametrize("name", BACKBONES)
def test_the_table_is_torchvisions(name: str) -> None:
    backbone = BACKBONES[name]
    weights = torchvision.models.get_model_weights(backbone.function)
    (entry,) = [entry for entry in weights if entry.url.endswith("/" + backbone.file)]
    assert entry == weights.DEFAULT
    assert entry.meta["num_params"] == backbone.parameters
    assert entry.meta["_ops"] * 1e9 == pytest.approx(backbone.multiplications)
    assert entry.meta["_file_size"] == backbone.megabytes


@pytest.mark.parametrize("name", BACKBONES)
def test_the_counted_parameters_are_those_of_the_built_network(name: str) -> None:
    with torch.device("meta"):
        model = build(name, Shape(7, 224))
    assert count_parameters(name, Shape(7, 224)) == sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize("name", ["resnet18", "mobilenet-v3"])
def test_the_loaded_network_sees_what_torchvisions_does(name: str, tmp_path: Path) -> None:
    torch.save(published(name), tmp_path / BACKBONES[name].file)
    model = load_backbone(name, tmp_path / BACKBONES[name].file, SMALL, dropout=0.0).eval()
    original = getattr(torchvision.models, BACKBONES[name].function)(weights=None)
    original.load_state_dict(published(name), strict=False)
    original.eval()
    head = [layer for layer in original.modules() if isinstance(layer, nn.Linear)][-1]
    images = torch.rand(2, 3, 64, 64)
    preset = torchvision.transforms._presets.ImageClassification(crop_size=64, resize_size=64)
    with torch.no_grad():
        seen = head(model.embedding(images))
        assert torch.allclose(seen, original(preset(images)), atol=1e-4)


def test_the_colours_stay_those_of_imagenet() -> None:
    model = build("resnet18", SMALL)
    before = model.mean.clone()
    model.prepare(torch.rand(4, 3, 64, 64))
    assert torch.equal(model.mean, before)


def test_a_file_with_another_networks_weights_is_refused(tmp_path: Path) -> None:
    for content in (published("resnet18"), {"weights": 1}, b"no weights at all"):
        torch.save(content, tmp_path / "mobilenet.pth")
        with pytest.raises(VitrineError, match="does not hold the weights of mobilenet-v3"):
            load_backbone("mobilenet-v3", tmp_path / "mobilenet.pth", SMALL, dropout=0.0)
    (tmp_path / "mobilenet.pth").write_bytes(b"<html>not found</html>")
    with pytest.raises(VitrineError, match="does not hold the weights of mobilenet-v3"):
        load_backbone("mobilenet-v3", tmp_path / "mobilenet.pth", SMALL, dropout=0.0)


@pytest.mark.parametrize("name", ["resnet18", "mobilenet-v3"])
def test_the_exported_network_gives_the_same_probabilities_for_any_batch(name: str, tmp_path: Path) -> None:
    import onnxruntime

    torch.manual_seed(0)
    model = build(name, SMALL)
    model.train()(torch.rand(8, 3, 64, 64))  # its norms see something, so that its answers differ from image to image
    graph = Graph(model.eval(), to_input, 1.3, lambda logits, embedding, appearance: appearance.sum(1))
    session = onnxruntime.InferenceSession(to_onnx(graph, 64).SerializeToString())
    for count in (1, 3):
        images = torch.randint(0, 256, (count, 64, 64, 3), dtype=torch.uint8)
        (probabilities,) = session.run(["probabilities"], {"images": images.numpy()})
        with torch.no_grad():
            assert (torch.from_numpy(probabilities) - graph(images)[2]).abs().max() <= 1e-4
