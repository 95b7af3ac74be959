"""A bundled model is judged by the images it learnt from, wherever they are; by another copy if only that is here; else by none."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.data.imageset import load_split
from core.data.lookup import dataset_of, has_rows_of, images_for
from core.data.versions import get_dataset
from core.errors import VitrineError
from core.evaluation.predictions import StoredPredictions, evaluate_on, evaluate_run
from core.runs.library import get_run
from core.runs.run import Run
from tests.bundling import bundle_model_of, import_scans


@pytest.fixture(scope="module")
def models(trained_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of bundled models with one that learnt from “scans”, which is in a home that nobody sees any more."""
    folder = tmp_path_factory.mktemp("models")
    source = Path(shutil.copytree(trained_home, tmp_path_factory.mktemp("source") / "home"))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("VITRINE_HOME", str(source))
        import_scans("scans", source / "scans.zip")
    bundle_model_of("scans", source, folder)
    shutil.rmtree(source)
    return folder


@pytest.fixture
def foreign(models: Path, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """That model, in an empty home."""
    monkeypatch.setenv("VITRINE_BUNDLED", str(shutil.copytree(models, tmp_path / "models")))
    return get_run("bundled-foreign")


def test_without_its_images_the_stored_figures_stand(foreign: Run) -> None:
    for look in (dataset_of, images_for):
        with pytest.raises(
            VitrineError, match="The images of “scans” that “foreign” learnt from are not here. Download or"
        ):
            look(foreign)
    told = json.loads((foreign.folder / "run.json").read_text())["test"]
    predictions = evaluate_run(foreign)
    assert (predictions.accuracy, len(predictions)) == (told["accuracy"], told["n"])


def test_its_images_are_known_under_any_name(foreign: Run, tmp_path: Path) -> None:
    import_scans("other", tmp_path / "other.zip", first=20)
    mine = import_scans("mine", tmp_path / "mine.zip")
    assert images_for(foreign) == dataset_of(foreign) == mine
    assert has_rows_of(mine, foreign)
    # The rows lead to the very images that the stored predictions are of: the bundle says the same of them.
    again, stored = evaluate_on(mine, foreign), StoredPredictions.load(foreign.predictions)
    np.testing.assert_array_equal(again.rows, stored.rows)
    np.testing.assert_allclose(again.probabilities, stored.probabilities, atol=1e-6)


def test_an_older_version_is_found_too(foreign: Run, tmp_path: Path) -> None:
    first = import_scans("mine", tmp_path / "one.zip")
    import_scans("mine", tmp_path / "two.zip", first=20)
    assert images_for(foreign) == first


def test_the_same_images_in_another_order_have_other_rows(foreign: Run, tmp_path: Path) -> None:
    def backwards(file: str) -> str:
        return f"{9999 - int(file.removesuffix('.png')):04d}.png"

    turned = import_scans("scans", tmp_path / "turned.zip", rename=backwards)
    assert turned.fingerprint == foreign.spec["data_fingerprint"]
    assert images_for(foreign) == turned and not has_rows_of(turned, foreign)
    predictions = evaluate_run(foreign, "scans")
    assert predictions.accuracy == StoredPredictions.load(foreign.predictions).accuracy
    np.testing.assert_array_equal(predictions.labels, load_split(turned, "test").labels)


def test_another_copy_of_that_name_is_judged_anew(foreign: Run, tmp_path: Path) -> None:
    copy = import_scans("scans", tmp_path / "copy.zip", first=20)
    assert images_for(foreign) == copy and not has_rows_of(copy, foreign)
    shares: list[float] = []
    predictions = evaluate_on(copy, foreign, shares.append)
    assert shares[-1] == 1.0
    np.testing.assert_array_equal(predictions.labels, load_split(copy, "test").labels)
    np.testing.assert_array_equal(evaluate_run(foreign, "scans").probabilities, predictions.probabilities)


def test_a_dataset_of_that_name_with_other_classes_is_none_of_its_copies(foreign: Run, tmp_path: Path) -> None:
    from core.data.importing import import_zip
    from tests.data.making import pack, two_classes

    import_zip("scans", pack(tmp_path / "pets.zip", two_classes()), None, lambda done, total: None, lambda: False)
    with pytest.raises(VitrineError, match="The images of “scans”"):
        images_for(foreign)
    with pytest.raises(VitrineError, match="“scans” has other classes"):
        evaluate_run(foreign, "scans")


@pytest.mark.parametrize("damage", [lambda file: file.write_bytes(b""), lambda file: os.truncate(file, 200)])
def test_damaged_predictions_are_made_again_and_nothing_is_written(
    damage: Callable[[Path], object], foreign: Run, tmp_path: Path
) -> None:
    expected = StoredPredictions.load(foreign.predictions)
    damage(foreign.predictions)
    left = foreign.predictions.read_bytes()
    with pytest.raises(VitrineError, match="The images of “scans”"):
        evaluate_run(foreign)
    import_scans("mine", tmp_path / "mine.zip")
    np.testing.assert_array_equal(evaluate_run(foreign).predicted, expected.predicted)
    assert foreign.predictions.read_bytes() == left


def test_the_users_own_runs_name_their_version(trained_run: Run) -> None:
    digits = get_dataset("digits")
    assert dataset_of(trained_run) == images_for(trained_run) == digits
    assert has_rows_of(digits, trained_run)
