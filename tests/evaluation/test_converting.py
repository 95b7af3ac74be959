"""The study of smaller and faster models measures what it made, on the images it says, and spoils nothing when it fails."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from core.bundle.calibration import fit_probability_threshold
from core.bundle.export import KNOWNNESS_QUANTILE
from core.bundle.format import CARD, CONVERTED, INT8, MODEL, VARIANTS
from core.bundle.predictor import Predictor
from core.data.imageset import ImageSet, hold_out, load_split
from core.data.versions import get_dataset
from core.errors import VitrineError
from core.evaluation import converting
from core.evaluation.converting import make_variants, race
from core.evaluation.studies import study, variants_folder
from core.evaluation.variants import ORIGINAL, Variants
from core.runs.store import Run
from core.training.recipe import Recipe


def ignore(done: float, total: float) -> None:
    pass


def divided(run: Run) -> tuple[ImageSet, ImageSet, ImageSet]:
    """Images to learn from, held out, and to test by, as the run had them."""
    recipe, images = Recipe(**run.recipe), load_split(get_dataset("digits"), "train", run.recipe["image_side"])
    kept, held_out = hold_out(images.labels, recipe.validation_share, recipe.seed, recipe.train_images)
    test = load_split(get_dataset("digits"), "test", run.recipe["image_side"])
    return images.subset(kept), images.subset(held_out), test


def test_the_figures_are_those_of_the_graphs_on_disk(converted_run: Run) -> None:
    found: Variants | None = study(converted_run, "variants")
    assert found is not None
    test = divided(converted_run)[2]
    sealed = Predictor.open(converted_run.bundle).run(test.pixels).probabilities.argmax(1)
    assert list(found.forms) == [ORIGINAL, *VARIANTS] and found.n == len(test)
    for kind in VARIANTS:
        folder = variants_folder(converted_run) / kind
        named = Predictor.open(folder, CONVERTED).run(test.pixels).probabilities.argmax(1)
        assert found.forms[kind].correct == (named == test.labels).sum()
        assert found.forms[kind].same_class == (named == sealed).sum()
        assert found.forms[kind].size == (folder / MODEL).stat().st_size
    assert found.original.same_verdict == found.n and found.original.moved == 0
    assert found.smaller(INT8) > 1


@pytest.mark.parametrize("kind", VARIANTS)
def test_thresholds_are_set_anew_by_what_the_new_graph_says_of_validation_images(kind: str, converted_run: Run) -> None:
    held_out = divided(converted_run)[1]
    predictor = Predictor.open(variants_folder(converted_run) / kind, CONVERTED)
    said, metadata = predictor.run(held_out.pixels), predictor.metadata
    assert metadata.knownness_threshold == pytest.approx(np.quantile(said.knownness, KNOWNNESS_QUANTILE))
    assert metadata.probability_threshold == fit_probability_threshold(said.probabilities, held_out.labels)
    assert metadata.validation["n"] == len(held_out)
    assert (
        metadata.variant["kind"] == kind and metadata.variant["of"] in (converted_run.bundle / "SHA256SUMS").read_text()
    )
    assert f"form of the sealed model: {kind}" in (variants_folder(converted_run) / kind / CARD).read_text()


def test_ranges_are_set_by_training_images_alone(own_run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    learnt, held_out, test = divided(own_run)
    shown: list[np.ndarray] = []

    def watched(kind: str, model: Path, images: np.ndarray) -> onnx.ModelProto:
        shown.append(images)
        return onnx.load(model)

    monkeypatch.setattr(converting, "convert", watched)
    assert make_variants(own_run, learnt, held_out, test, ignore, lambda: False) is not None
    seen = {picture.tobytes() for images in shown for picture in images}
    assert seen <= {picture.tobytes() for picture in learnt.pixels}
    assert seen.isdisjoint(picture.tobytes() for other in (held_out, test) for picture in other.pixels)


def test_of_another_copy_thresholds_refuse_as_many_as_before(own_run: Run) -> None:
    learnt, _held_out, test = divided(own_run)
    assert make_variants(own_run, learnt, None, test, ignore, lambda: False) is not None
    original = Predictor.open(own_run.bundle)
    new = Predictor.open(variants_folder(own_run) / INT8, CONVERTED)
    assert new.metadata.validation == original.metadata.validation
    assert new.metadata.probability_threshold == original.metadata.probability_threshold
    refused = [(one.run(learnt.pixels).knownness < one.metadata.knownness_threshold).sum() for one in (original, new)]
    assert abs(int(refused[0]) - int(refused[1])) <= 1


def test_a_form_that_cannot_be_made_is_named_and_the_others_are_there(
    own_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = converting.convert

    def failing(kind: str, *given: Any) -> onnx.ModelProto:
        if kind == INT8:
            raise RuntimeError("no such kernel\nand a long tale")
        return whole(kind, *given)

    monkeypatch.setattr(converting, "convert", failing)
    found = make_variants(own_run, *divided(own_run), ignore, lambda: False)
    assert found is not None and INT8 not in found.forms and len(found.forms) == len(VARIANTS)
    trouble = found.trouble(INT8)
    assert isinstance(trouble, VitrineError) and "no such kernel" in str(trouble) and "tale" not in str(trouble)
    assert not (variants_folder(own_run) / INT8).exists()


def test_one_that_is_stopped_leaves_what_was_there(own_run: Run) -> None:
    before = variants_folder(own_run)
    before.mkdir(parents=True)
    (before / "mark").touch()
    files = sorted(before.parent.iterdir())
    told: list[float] = []
    stopped = make_variants(own_run, *divided(own_run), lambda done, total: told.append(done), lambda: len(told) > 2)
    assert stopped is None
    assert sorted(before.parent.iterdir()) == files and (before / "mark").exists()


def test_each_model_has_as_many_turns_as_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[tuple[str, int]] = []

    class Runner:
        def __init__(self, name: str) -> None:
            self.name = name

        def run(self, images: np.ndarray, outputs: tuple[str, ...]) -> None:
            turns.append((self.name, len(images)))

    models: Any = {"one": Runner("one"), "other": Runner("other")}
    times = race(models, np.zeros((7, 4, 4, 3), np.uint8))
    assert set(times) == {"one", "other"} and all(seconds > 0 and speed > 0 for seconds, speed in times.values())
    for count in (1, 7):
        names = [name for name, images in turns if images == count]
        assert names.count("one") == names.count("other") >= converting.ROUNDS
