"""Every family's sealed graph in its other forms: the same inputs and outputs, nearly the same answers, and only the body changed."""

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, numpy_helper

from core.bundle.export import seal
from core.bundle.format import FP16, INT8, MODEL, PRUNED, VARIANTS, Metadata
from core.bundle.predictor import Outputs, Predictor
from core.bundle.variants import convert, lamp, store
from core.data.imageset import ImageSet
from core.errors import VitrineError
from core.models import build
from core.training.batches import to_input
from core.training.presets import make_recipe

FAMILIES = ("article-cnn", "cnn", "resnet", "fast", "vit", "rnn", "mlp")
CLASSES = ("a", "b", "c", "d")


def coarse_pictures() -> np.ndarray:
    patches = np.random.default_rng(0).integers(0, 256, (40, 4, 4, 3), dtype=np.uint8)
    return patches.repeat(8, axis=1).repeat(8, axis=2)


@cache
def sealed(family: str) -> Path:
    """The graph of a small network of the family, whose norms know what images are like."""
    recipe, pixels = make_recipe("article-cnn", family=family, depth=2, width=16, stages=2), coarse_pictures()
    torch.manual_seed(0)
    model = build(family, recipe.shape(len(CLASSES)))
    model.prepare(to_input(torch.from_numpy(pixels)))
    for _look in range(30):
        model(to_input(torch.from_numpy(pixels)))
    labels = model.eval()(to_input(torch.from_numpy(pixels))).argmax(1).numpy()
    metadata = Metadata(
        classes=CLASSES, side=32, dataset={"name": "x", "version": 1, "fingerprint": ""}, recipe=recipe.model_dump()
    )
    images = ImageSet(pixels, labels, CLASSES, np.arange(len(labels)))
    folder = Path(mkdtemp()) / "bundle"
    seal(model, to_input, metadata, images, images, folder)
    return folder / MODEL


def interface(model: Path) -> list[tuple[str, str, list[object]]]:
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    ends = [*session.get_inputs(), *session.get_outputs()]
    return [(end.name, end.type, [size if isinstance(size, int) else None for size in end.shape]) for end in ends]


def converted(family: str, kind: str, folder: Path) -> tuple[Path, Outputs, Outputs]:
    """The graph in that form, and what the original and it say of the pictures."""
    model, pixels = sealed(family), coarse_pictures()
    original = Predictor.load(model)
    store(convert(kind, model, pixels), original.metadata, folder / MODEL)
    return folder / MODEL, original.run(pixels), Predictor.load(folder / MODEL).run(pixels)


def floats(model: Path) -> dict[str, np.ndarray]:
    tensors = onnx.load(model).graph.initializer
    return {one.name: numpy_helper.to_array(one) for one in tensors if one.data_type == TensorProto.FLOAT}


@pytest.mark.parametrize("family", FAMILIES)
def test_half_precision_says_the_same(family: str, tmp_path: Path) -> None:
    model, before, after = converted(family, FP16, tmp_path)
    assert interface(model)[0] == interface(sealed(family))[0]
    assert [end[:2] for end in interface(model)] == [end[:2] for end in interface(sealed(family))]
    assert np.abs(after.probabilities - before.probabilities).max() < 0.01
    assert model.stat().st_size < 0.9 * sealed(family).stat().st_size


@pytest.mark.parametrize("family", [family for family in FAMILIES if family != "rnn"])
def test_whole_numbers_say_nearly_the_same(family: str, tmp_path: Path) -> None:
    model, before, after = converted(family, INT8, tmp_path)
    assert [end[:2] for end in interface(model)] == [end[:2] for end in interface(sealed(family))]
    assert np.abs(after.probabilities - before.probabilities).mean() < 0.05
    assert not np.array_equal(after.probabilities, before.probabilities)


@pytest.mark.parametrize("family", [family for family in FAMILIES if family != "rnn"])
def test_weights_in_whole_numbers_are_small_enough_for_every_processor(family: str, tmp_path: Path) -> None:
    """Two products of an activation (up to 255) and a weight fit into sixteen bits: where there is no VNNI, larger sums are cut off."""
    model, _before, _after = converted(family, INT8, tmp_path)
    tensors = onnx.load(model).graph.initializer
    weights = [numpy_helper.to_array(one).astype(int) for one in tensors if one.data_type == TensorProto.INT8]
    weights = [array for array in weights if array.ndim > 1]
    assert weights
    assert 2 * 255 * max(np.abs(array).max() for array in weights) < 2**15


def test_recurrent_layers_cannot_be_computed_in_whole_numbers_and_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(VitrineError) as caught:
        convert(INT8, sealed("rnn"), coarse_pictures())
    assert caught.value.code == "variant_no_layers"


@pytest.mark.parametrize("family", FAMILIES)
def test_pruning_sets_half_of_the_bodys_weights_to_zero(family: str, tmp_path: Path) -> None:
    model, _before, after = converted(family, PRUNED, tmp_path)
    assert [end[:2] for end in interface(model)] == [end[:2] for end in interface(sealed(family))]
    pruned = {name: array for name, array in floats(model).items() if array.ndim > 1 and (array == 0).mean() > 0.02}
    weights, left = sum(array.size for array in pruned.values()), floats(sealed(family))
    one = np.ones(1)
    zeros, already = (sum(int((some.get(name, one) == 0).sum()) for name in pruned) for some in (pruned, left))
    assert zeros == pytest.approx(max(0.5 * weights, already), rel=0.04)  # some begin as networks that change nothing
    assert np.isfinite(after.probabilities).all()


@pytest.mark.parametrize("kind", VARIANTS)
def test_the_last_layer_and_the_score_of_likeness_stay_as_they_are(kind: str, tmp_path: Path) -> None:
    model, _before, _after = converted("resnet", kind, tmp_path)
    left, kept = floats(sealed("resnet")), floats(model)
    names = [name for name in left if name.startswith(("model.head.", "likeness."))]
    assert len(names) >= 2
    for name in names:
        np.testing.assert_array_equal(kept[name], left[name])


def test_a_score_is_a_weights_square_among_those_at_least_as_large() -> None:
    np.testing.assert_allclose(lamp(np.array([[1.0, -2.0], [3.0, 0.0]])), [[1 / 14, 4 / 13], [1.0, 0.0]])
