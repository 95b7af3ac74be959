"""The sentences quote what was measured, with how well it is known, and always end in what to try next."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.evaluation import story
from core.evaluation.facts import settings
from core.evaluation.predictions import StoredPredictions
from core.evaluation.story import TRAINING, Sentence, tell
from core.evaluation.stress import ADVERSARIAL, Stress
from core.evaluation.summary import summarise
from core.evaluation.unknowns import Unknowns, UnknownSet
from core.runs.store import Run
from core.training.presets import PRESETS, make_recipe

STRESS = Stress(200, 180, {"blur": [175, 160, 120, 80, 45], ADVERSARIAL: [20] * 5})


def predictions(right: dict[str, int], of: int = 200) -> StoredPredictions:
    """So many of each class are named rightly, all with a probability of 90%; the others are taken for the next class."""
    labels = np.repeat(np.arange(len(right)), of)
    said = np.concatenate(
        [np.where(np.arange(of) < hits, place, (place + 1) % len(right)) for place, hits in enumerate(right.values())]
    )
    probabilities = np.full((len(labels), len(right)), 0.1 / (len(right) - 1), np.float32)
    probabilities[np.arange(len(labels)), said] = 0.9
    return StoredPredictions(labels, probabilities, np.zeros(len(labels)), np.arange(len(labels)), tuple(right))


def unknowns(**caught: tuple[int, float]) -> Unknowns:
    """Of each set of 1,000 images so many are refused, with that AUROC."""
    sets = [UnknownSet(name, 1, 1000, n, {"energy": auroc}, []) for name, (n, auroc) in caught.items()]
    return Unknowns("energy", 400, 20, sets)


@pytest.fixture
def studies(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What was measured; nothing unless a test puts it in. No curves either."""
    found: dict[str, Any] = {}
    monkeypatch.setattr(story, "study", lambda run, kind: found.get(kind))
    curves = found.setdefault("curves", {"batch_accuracy": [], "val_accuracy": []})
    monkeypatch.setattr(story, "history", lambda run, *keys: curves)
    return found


def told(run: Run, given: StoredPredictions) -> list[Sentence]:
    return tell(run, given, summarise(given))


def texts(run: Run, given: StoredPredictions) -> list[str]:
    return [sentence.text() for sentence in told(run, given)]


def test_shares_have_their_intervals(trained_run: Run, studies: dict[str, Any]) -> None:
    found = texts(trained_run, predictions({"cat": 100, "dog": 190}))
    assert found[0] == (
        "It rightly names 72.5% (67.9% to 76.6%) of 400 held-out images; always naming the commonest class reaches 50.0%."
    )
    assert found[1] == (
        "It is best at “dog”, 95.0% (91.0% to 97.3%), and worst at “cat”, 50.0% (43.1% to 56.9%): more than chance."
    )
    assert found[2] == "Its commonest mistake takes “cat” for “dog”: 100 of 110 mistakes."


def test_what_is_decided_alone_has_its_interval(trained_run: Run, studies: dict[str, Any]) -> None:
    given = predictions({"cat": 160, "dog": 160})
    unsure = given.probabilities.copy()
    unsure[~given.right] = unsure[~given.right] * 0.8 + 0.1  # of which it is least sure
    found = texts(trained_run, replace(given, probabilities=unsure))
    assert "Left to decide the 80% that it is surest of, 320 images, it is right in 100.0% (98.8% to 100.0%)." in found


def test_a_set_is_the_hardest_only_beyond_chance(trained_run: Run, studies: dict[str, Any]) -> None:
    given = predictions({"cat": 160, "dog": 160})
    studies["unknowns"] = unknowns(digits=(510, 0.8), noise=(990, 0.99))
    own = "and 5.0% (3.3% to 7.6%) of its own kind."
    assert (
        f"Shown what it never learnt, it refuses 51.0% (47.9% to 54.1%) of “digits”, the hardest set, {own}"
        in texts(trained_run, given)
    )
    studies["unknowns"] = unknowns(digits=(980, 0.989), noise=(990, 0.99))
    assert (
        f"Shown 2 kinds of things it never learnt, it refuses 98.0% (96.9% to 98.7%) of each or more, {own}"
        in texts(trained_run, given)
    )
    studies["unknowns"] = unknowns(digits=(1000, 1.0), noise=(1000, 1.0))
    assert f"Shown 2 kinds of things it never learnt, it refuses 100.0% (99.6% to 100.0%) of each, {own}" in texts(
        trained_run, given
    )


def test_harm_says_how_many_images_it_was_measured_on(trained_run: Run, studies: dict[str, Any]) -> None:
    studies["stress"] = STRESS
    found = texts(trained_run, predictions({"cat": 160, "dog": 160}))
    assert (
        "Of what happens to photos, “blur” harms it most: 32 points on average over five severities (200 images)."
        in found
    )


@pytest.mark.parametrize(
    ("right", "expected", "section"),
    [
        (
            (100, 190),
            "more, or cleaner, training images of “cat”, of which 100 of 200 are named wrongly",
            "Data errors",
        ),
        ((180, 180), "look at its 40 mistakes, of which it was up to 90% sure: some labels may be wrong", "Mistakes"),
        ((199, 200), "look at its one mistake, of which it was 90% sure: the label may be wrong", "Mistakes"),
        ((200, 200), "harder images, for all 400 held-out ones are named rightly", "Mistakes"),
    ],
)
def test_the_last_sentence_is_what_to_try_next(
    right: tuple[int, int], expected: str, section: str, trained_run: Run, studies: dict[str, Any]
) -> None:
    given = predictions(dict(zip(("cat", "dog"), right, strict=True)))
    last = told(trained_run, given)[-1]
    missing = "the stress test and unknown inputs have not been measured yet."
    assert last.text() == f"To try next: {expected}; {missing}" and last.section == section
    studies["stress"] = STRESS
    assert texts(trained_run, given)[-1] == f"To try next: {expected}; unknown inputs have not been measured yet."
    studies["unknowns"] = unknowns(noise=(990, 0.99))
    found = texts(trained_run, given)
    assert found[-1] == f"To try next: {expected}." and len(found) <= 7
    assert sum(text.startswith("To try next") for text in found) == 1


def test_over_fitting_beyond_chance_comes_first_and_leads_to_its_curves(
    trained_run: Run, studies: dict[str, Any]
) -> None:
    run = replace(trained_run, result={**trained_run.result, "validation_images": 400})
    given = predictions({"cat": 100, "dog": 190})
    studies["curves"] |= {"batch_accuracy": [(5, 0.4), (10, 0.9), (20, 0.98)], "val_accuracy": [(10, 0.6), (20, 0.7)]}
    last = told(run, given)[-1]
    assert last.section == TRAINING
    assert last.text().startswith(
        "To try next: augmentation, because it named 98.0% of its training images rightly in the last epoch, and 70.0% of 400 validation images;"
    )
    flipped = replace(run, spec={**run.spec, "recipe": {**run.recipe, "flip": True}})
    assert told(flipped, given)[-1].text().startswith("To try next: more augmentation, because")
    blended = replace(run, spec={**run.spec, "recipe": {**run.recipe, "mixup": 0.2}})
    assert told(blended, given)[-1].section == "Data errors", "blended images are not held against whole ones"
    studies["curves"]["batch_accuracy"] = [(20, 0.78)]
    assert told(run, given)[-1].section == "Data errors", "eight points are not far beyond chance"


def test_names_are_shown_as_the_place_wants_them(trained_run: Run, studies: dict[str, Any]) -> None:
    given = predictions({"*cat*": 100, "{dog}": 190})
    found = [sentence.text(lambda value: value.replace("*", "\\*")) for sentence in told(trained_run, given)]
    assert "“\\*cat\\*”" in found[1] and "“{dog}”" in found[1]


@pytest.mark.parametrize(
    ("recipe", "there", "not_there"),
    [
        (PRESETS["resnet"], ("Depth", "Width", "Stages"), ("Cell", "Start from", "L1 penalty", "Training images")),
        (PRESETS["rnn"], ("Depth", "Width", "Cell"), ("Stages", "Begin small")),
        (make_recipe("article-cnn"), ("Learning rate", "Seed"), ("Depth", "Dropout", "Random crop", "Mirror")),
        (make_recipe("article-cnn", flip=True, dropout=0.5), ("Mirror", "Dropout"), ("Cell",)),
    ],
)
def test_only_settings_that_did_something_are_told(
    recipe: Any, there: tuple[str, ...], not_there: tuple[str, ...]
) -> None:
    found = settings(recipe)
    assert set(there) <= set(found) and not set(not_there) & set(found)
