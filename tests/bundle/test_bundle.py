"""What is sealed is what was trained, and what was altered is refused."""

import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from PIL import Image

from core.bundle.appearance import appearances
from core.bundle.calibration import fit_probability_threshold
from core.bundle.export import KNOWNNESS_QUANTILE, largest_difference, restore, seal
from core.bundle.format import CARD, FORMAT, KEY, MODEL, OUTPUTS, RECIPE, SUMS, WEIGHTS, Metadata
from core.bundle.knownness import KINDS, WIDEST, candidates, score
from core.bundle.predictor import CHUNK, Predictor, predict_files
from core.bundle.unknowns import foreign
from core.data.imageset import ImageSet, hold_out, load_split
from core.data.versions import get_dataset
from core.errors import VitrineError
from core.models.classifier import Classifier
from core.training.batches import to_input
from core.training.loop import fit
from core.training.presets import make_recipe

OF_COVARIANCES = {"distance", "relative", "entropy and relative"}


@dataclass(frozen=True)
class Sealed:
    folder: Path
    model: Classifier
    training: ImageSet
    validation: ImageSet
    test: ImageSet


class Silent:
    def step(self, metrics: dict[str, float], step: int) -> None: ...
    def progress(self, done: float, **figures: Any) -> None: ...
    def samples(self, *told: Any) -> None: ...
    def stopped(self) -> bool:
        return False


@pytest.fixture(scope="module", params=["article-cnn", "case-study"])
def sealed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    """A network trained on digits for two epochs, and its bundle."""
    folder = tmp_path_factory.mktemp("sealed")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("VITRINE_HOME", str(folder / "home"))
        dataset = get_dataset("digits")
        images, test = load_split(dataset, "train", 32), load_split(dataset, "test", 32)
    recipe = make_recipe(request.param, epochs=2, dropout=0.3)
    kept, held_out = hold_out(images.labels, 0.2, seed=0)
    validation = images.subset(held_out)
    training = images.subset(kept)
    model = fit(recipe, training, validation, Silent(), folder / "checkpoint.pt").model
    metadata = Metadata(
        classes=dataset.classes,
        side=32,
        dataset={"name": "digits", "version": dataset.version, "fingerprint": dataset.fingerprint},
        recipe=recipe.model_dump(mode="json"),
    )
    seal(model, to_input, metadata, training, validation, folder / "bundle")
    return Sealed(folder / "bundle", model, training, validation, test)


@pytest.fixture
def copy(sealed: Sealed, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sealed.folder, tmp_path / "copy"))


def test_pytorch_and_the_bundle_give_the_same_probabilities(sealed: Sealed) -> None:
    predictor = Predictor.open(sealed.folder)
    assert largest_difference(sealed.model, to_input, predictor, sealed.test.pixels) <= 1e-4
    random = np.random.default_rng(0).integers(0, 256, (64, 32, 32, 3), dtype=np.uint8)
    assert largest_difference(sealed.model, to_input, predictor, random) <= 1e-4


def test_the_difference_is_seen_when_there_is_one(sealed: Sealed) -> None:
    other = restore(sealed.folder)
    with torch.no_grad():
        other.head.bias[0] += 0.01
    assert largest_difference(other, to_input, Predictor.open(sealed.folder), sealed.test.pixels) > 1e-4


def test_the_network_can_be_rebuilt_from_its_bundle(sealed: Sealed) -> None:
    expected = sealed.model.state_dict()
    rebuilt = restore(sealed.folder).state_dict()
    assert rebuilt.keys() == expected.keys()
    assert all(torch.equal(rebuilt[name], value) for name, value in expected.items())


def test_the_graph_is_as_promised(sealed: Sealed) -> None:
    graph = onnx.load(sealed.folder / MODEL).graph
    image = graph.input[0]
    assert image.name == "images" and image.type.tensor_type.elem_type == onnx.TensorProto.UINT8
    sizes = [size.dim_value or size.dim_param for size in image.type.tensor_type.shape.dim]
    assert isinstance(sizes[0], str) and sizes[1:] == [32, 32, 3]
    assert tuple(output.name for output in graph.output) == OUTPUTS


@pytest.mark.parametrize("n", [1, 3, CHUNK // 32**2 + 1])
def test_any_number_of_images_can_be_asked_at_once(sealed: Sealed, n: int) -> None:
    pixels = np.resize(sealed.test.pixels, (n, 32, 32, 3))
    outputs = Predictor.open(sealed.folder).run(pixels)
    assert outputs.logits.shape == outputs.probabilities.shape == (n, 10)
    assert outputs.knownness.shape == (n,) and len(outputs.embedding) == n
    np.testing.assert_allclose(outputs.probabilities.sum(axis=1), 1, atol=1e-5)


def test_fewer_than_one_in_twenty_validation_images_are_called_unknown(sealed: Sealed) -> None:
    predictor = Predictor.open(sealed.folder)
    outputs, metadata = predictor.run(sealed.validation.pixels), predictor.metadata
    one = 1 / len(sealed.validation)
    assert (outputs.knownness < metadata.knownness_threshold).mean() == pytest.approx(KNOWNNESS_QUANTILE, abs=one)
    assert metadata.probability_threshold == fit_probability_threshold(outputs.probabilities, sealed.validation.labels)
    assert KNOWNNESS_QUANTILE < 1 / 20
    right = (outputs.probabilities.argmax(axis=1) == sealed.validation.labels).mean()
    assert metadata.validation == {"accuracy": pytest.approx(right), "n": len(sealed.validation)}


def test_a_verdict_follows_the_thresholds(sealed: Sealed) -> None:
    predictor = Predictor.open(sealed.folder)
    limit, enough = predictor.metadata.knownness_threshold, predictor.metadata.probability_threshold
    probabilities = np.array([[1.0, 0.0], [enough - 0.01, 0.0], [enough, 0.0]], np.float32)
    said = predictor.metadata.verdicts(probabilities, np.array([limit - 0.01, limit, limit]))
    assert said.tolist() == ["unknown", "unsure", "known"]


def test_the_folder_tells_its_own_story(sealed: Sealed) -> None:
    assert {path.name for path in sealed.folder.iterdir()} == {MODEL, WEIGHTS, RECIPE, CARD, SUMS}
    assert json.loads((sealed.folder / RECIPE).read_text()) == Predictor.open(sealed.folder).metadata.recipe
    check = subprocess.run(["sha256sum", "--check", "--strict", SUMS], cwd=sealed.folder, capture_output=True)
    assert check.returncode == 0, check.stderr
    card = (sealed.folder / CARD).read_text(encoding="utf-8")
    for heading in ("Intended use", "Training data", "Results", "Limits"):
        assert f"## {heading}" in card


@pytest.mark.parametrize("name", [MODEL, WEIGHTS, RECIPE, CARD])
def test_an_altered_file_is_refused_by_name(copy: Path, name: str) -> None:
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(VitrineError, match=f"“{name}” of this bundle was altered"):
        Predictor.open(copy)


@pytest.mark.parametrize("name", [MODEL, WEIGHTS, RECIPE, CARD, SUMS])
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(VitrineError, match=f"“{name}” is missing"):
        Predictor.open(copy)


def test_a_file_that_was_never_sealed_is_refused(copy: Path) -> None:
    (copy / SUMS).write_text("")
    with pytest.raises(VitrineError, match="no complete bundle"):
        Predictor.open(copy)


@pytest.mark.parametrize("found", [FORMAT + 1, None])
def test_an_unknown_format_is_refused(copy: Path, found: int | None) -> None:
    model = onnx.load(copy / MODEL)
    fields = json.loads(onnxruntime.InferenceSession(copy / MODEL).get_modelmeta().custom_metadata_map[KEY])
    onnx.helper.set_model_props(model, {KEY: json.dumps(fields | {"format": found})} if found else {})
    onnx.save(model, copy / MODEL)
    _seal_again(copy)
    with pytest.raises(VitrineError, match=f"format {found}; this version of Vitrine reads format {FORMAT}"):
        Predictor.open(copy)


def test_sealing_replaces_a_bundle_as_a_whole_and_leaves_nothing_beside_it(sealed: Sealed, tmp_path: Path) -> None:
    metadata, folder = Predictor.open(sealed.folder).metadata, tmp_path / "bundle"
    (folder.with_name("bundle.part")).mkdir()  # left by a sealing that was killed
    (folder.with_name("bundle.part") / "rubbish").touch()
    folder.mkdir()
    (folder / "old").touch()
    seal(sealed.model, to_input, metadata, sealed.training, sealed.validation, folder)
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]
    assert not (folder / "old").exists() and not (folder / "rubbish").exists()
    assert Predictor.open(folder).metadata == metadata


@pytest.mark.parametrize("kind", KINDS)
def test_whichever_score_is_best_goes_into_the_graph_as_pytorch_has_it(
    kind: str, sealed: Sealed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = sealed.model.head.in_features > WIDEST
    if wide and kind in OF_COVARIANCES:
        pytest.skip("a covariance of so many features is not tried")
    monkeypatch.setattr("core.bundle.export.best", lambda compared: kind)
    metadata = Predictor.open(sealed.folder).metadata
    made = seal(sealed.model, to_input, metadata, sealed.training, sealed.validation, tmp_path / "bundle")
    assert made.knownness["kind"] == kind
    assert set(made.knownness["compared"]) == set(KINDS) - (OF_COVARIANCES if wide else set())
    predictor = Predictor.open(tmp_path / "bundle")
    shown = np.concatenate([np.asarray(sealed.test.pixels[:]), *foreign(32, 20).values()])
    training, validation, test = (
        (found.logits, found.embedding, appearances(to_input, pixels))
        for pixels in (np.asarray(sealed.training.pixels[:]), np.asarray(sealed.validation.pixels[:]), shown)
        for found in [predictor.run(pixels)]
    )
    outputs = predictor.run(shown)
    expected = score(candidates(training, sealed.training.labels, validation)[kind], test)
    np.testing.assert_allclose(outputs.knownness, expected, rtol=1e-3, atol=2e-3)
    refused = outputs.knownness < made.knownness_threshold
    assert refused[: len(sealed.test)].mean() < 0.2 and refused[len(sealed.test) :].mean() > 0.5


def test_files_are_answered_in_order_and_the_unreadable_ones_say_why(sealed: Sealed) -> None:
    predictor = Predictor.open(sealed.folder)
    files = [("a.png", _png(sealed.test.pixels[0])), ("b.txt", b"no image"), ("c.png", _png(sealed.test.pixels[1]))]
    first, broken, last = predict_files(predictor, files)
    assert [first["file"], broken["file"], last["file"]] == ["a.png", "b.txt", "c.png"]
    assert set(broken) == {"file", "error"} and "no image" in broken["error"]
    expected = predictor.run(sealed.test.pixels[:2])
    verdicts = predictor.metadata.verdicts(expected.probabilities, expected.knownness)
    for answer, probabilities, knownness, verdict in zip(
        (first, last), expected.probabilities, expected.knownness, verdicts, strict=True
    ):
        assert set(answer) == {"file", "verdict", "label", "probability", "knownness", "probabilities"}
        assert list(answer["probabilities"].values()) == pytest.approx(probabilities.tolist(), abs=1e-6)
        assert answer["label"] == max(answer["probabilities"], key=answer["probabilities"].get)
        assert answer["probability"] == max(answer["probabilities"].values())
        assert answer["knownness"] == pytest.approx(float(knownness), rel=1e-5)
        assert answer["verdict"] == verdict


def test_predicting_needs_no_torch(sealed: Sealed) -> None:
    program = (
        "import sys; from pathlib import Path; import numpy as np; from core.bundle.predictor import Predictor\n"
        "p = Predictor.open(Path(sys.argv[1])); p.run(np.zeros((1, p.side, p.side, 3), np.uint8))\n"
        "sys.exit('torch' in sys.modules)"
    )
    root = Path(__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", program, str(sealed.folder)], cwd=root).returncode == 0


def _png(pixels: np.ndarray) -> bytes:
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def _seal_again(folder: Path) -> None:
    """Make the checksums right, as somebody would who builds a bundle with other tools."""
    files = [path for path in sorted(folder.iterdir()) if path.name != SUMS]
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (folder / SUMS).write_text("".join(lines))
