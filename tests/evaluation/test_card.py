"""The model card quotes what was measured with the sealed model, and is sealed with it."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from core.bundle.calibration import UNREACHABLE
from core.bundle.card import thresholds
from core.bundle.format import CARD, MODEL, Metadata, check_sums, replace_card
from core.evaluation.card import card_of, complete_card
from core.evaluation.predictions import StoredPredictions
from core.evaluation.stress import ADVERSARIAL, Stress
from core.evaluation.studies import keep, study
from core.evaluation.unknowns import LeftOut, LeftOutPair, Unknowns, UnknownSet
from core.evaluation.views import Views
from core.runs.bundled import bundled_runs
from core.runs.store import Run, store
from tests.conftest import RUN_NAME


@pytest.fixture
def own_run(trained_home: Path, home: Path) -> Run:
    shutil.copytree(trained_home, home)
    return store().find(RUN_NAME)


def test_a_finished_run_has_test_results_fairness_and_environment_in_its_card(trained_run: Run) -> None:
    predictions = StoredPredictions.load(trained_run.predictions)
    card = (trained_run.bundle / CARD).read_text()
    low, high = predictions.interval
    assert f"| accuracy | {predictions.accuracy:.1%} ({low:.1%} to {high:.1%}) |" in card
    assert "On 360 test images that the model was neither trained nor chosen by" in card
    for heading in (
        "Intended use",
        "Training data",
        "Results",
        "Test results",
        "Fairness",
        "Environment",
        "Limits",
        "Recipe",
    ):
        assert f"\n## {heading}\n" in card
    assert all(f"| {name} | " in card for name in predictions.classes)
    assert f"| torch | {trained_run.environment['torch']} |" in card
    check_sums(trained_run.bundle)


def test_what_is_measured_later_is_added_and_the_bundle_stays_sealed(own_run: Run) -> None:
    assert "## Stress test" not in card_of(own_run)
    keep(own_run, "stress", Stress(200, 180, {"blur": [175, 160, 120, 80, 45], ADVERSARIAL: [20] * 5}))
    keep(own_run, "views", Views(360, 322, 331, 3))
    noise = UnknownSet("noise", None, 1000, 990, {"energy": 0.97}, [])
    keep(own_run, "unknowns", Unknowns("energy", 360, 18, [noise], appearance=True))
    keep(own_run, "left-out", LeftOut([LeftOutPair(("1", "7"), "energy", 290, 70, 284, 14, 40, {"energy": 0.9})]))
    complete_card(own_run)
    card = (own_run.bundle / CARD).read_text()
    assert "| blur | 87.5% | 80.0% | 60.0% | 40.0% | 22.5% |" in card
    assert "against 360 test images, of which it refuses 5.0% (3.2% to 7.8%)" in card
    assert "Each image is judged by how strongly any class at all speaks up (energy)." in card
    assert "light, colours and edges are like those of no known image" in card
    assert "| noise | 1,000 | 99.0% (98.2% to 99.5%) | 0.970 (" in card
    assert "| 1 and 7 | 70 | 0.900 (" in card
    assert "With 3 looks at each image, shifted and mirrored, 91.9% (" in card
    check_sums(own_run.bundle)
    assert study(own_run, "stress") is not None  # the model is the same, and so its studies hold
    assert [folder.name for folder in own_run.folder.iterdir() if folder.name.startswith("bundle")] == ["bundle"]


def test_another_card_leaves_the_rest_of_the_bundle_as_it_was(own_run: Run) -> None:
    model = (own_run.bundle / MODEL).read_bytes()
    left_behind = own_run.folder / "bundle.part"
    left_behind.mkdir()
    (left_behind / "half").touch()
    replace_card(own_run.bundle, "another")
    assert (own_run.bundle / CARD).read_text() == "another"
    assert (own_run.bundle / MODEL).read_bytes() == model
    check_sums(own_run.bundle)


def test_thresholds_are_told_as_they_are_for_every_bundle() -> None:
    about = Metadata(("cat", "dog"), 8, {}, {}, knownness_threshold=-2.5, probability_threshold=0.65999)
    assert thresholds(about) == (
        "It calls an image unknown when its knownness is below -2.5000: it is like nothing that the model was trained on. "
        "It is unsure when its best class is less probable than 65.99%. "
        "Both were set on the validation images; fewer than one in twenty known images are to be called unknown."
    )
    assert "Both were set on" not in thresholds(replace(about, variant={"kind": "int8"}))
    never = thresholds(replace(about, probability_threshold=UNREACHABLE))
    assert "no class is ever probable enough" in never and "%" not in never


def test_the_cards_that_come_with_vitrine_say_what_is_known_of_their_models(first_start: Path) -> None:
    for run in bundled_runs():
        assert (run.bundle / CARD).read_text(encoding="utf-8") == card_of(run), run.name
