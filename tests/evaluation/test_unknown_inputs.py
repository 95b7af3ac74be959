"""Unknown inputs are met set by set, and every score is judged as the sealed one is."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from core.bundle.predictor import Predictor
from core.bundle.unknowns import auroc, foreign
from core.data.drafts import draft
from core.data.imageset import ImageSet, hold_out, load_split
from core.data.versions import get_dataset
from core.errors import VitrineError
from core.evaluation.metrics import auroc_interval
from core.evaluation.unknown_inputs import (
    LeftOut,
    Unknowns,
    leave_out,
    meet,
    pairs_of,
    stranger_positions,
    strangers,
)
from core.runs.store import Run
from core.training.presets import make_recipe
from core.training.recipe import Recipe
from tests.data.making import picture


def never() -> bool:
    return False


def ignore(done: int, total: int) -> None:
    pass


def shown(run: Run, stopped: Callable[[], bool] = never) -> Unknowns | None:
    """What the digits' model makes of foreign images."""
    predictor, images = Predictor.open(run.bundle), load_split(get_dataset("digits"), "train")
    recipe = Recipe(**run.recipe)
    kept, held_out = hold_out(images.labels, recipe.validation_share, recipe.seed, recipe.train_images)
    made: dict[tuple[str, int | None], np.ndarray] = {(n, None): pixels for n, pixels in foreign(32, 60).items()}
    test = load_split(get_dataset("digits"), "test")
    return meet(predictor, images.subset(kept), images.subset(held_out), test, made, ignore, stopped)


def test_each_set_is_counted_at_the_bundles_threshold_and_by_its_own_score(trained_run: Run) -> None:
    found = shown(trained_run)
    assert found is not None and found.n == 360
    predictor = Predictor.open(trained_run.bundle)
    own = predictor.run(np.asarray(load_split(get_dataset("digits"), "test").pixels)).knownness
    threshold = predictor.metadata.knownness_threshold
    assert found.refused == (own < threshold).sum()
    assert found.false_refusals.low < found.refused / 360 < found.false_refusals.high
    for one, (name, pixels) in zip(found.sets, foreign(32, 60).items(), strict=True):
        met = predictor.run(pixels)
        assert (one.name, one.version, one.n) == (name, None, 60)
        assert one.caught == (met.knownness < threshold).sum()
        # Fitted anew, the score that is in the graph tells as the graph does.
        assert one.auroc[found.kind] == pytest.approx(auroc(own, met.knownness), abs=0.002)
        at, label, probability = one.taken[0]
        assert at == met.knownness.argmax() and label == met.probabilities[at].argmax()
        assert probability == pytest.approx(met.probabilities[at].max())
    assert found.worst.auroc[found.kind] == min(one.auroc[found.kind] for one in found.sets)


def test_it_ends_when_it_is_told_to(trained_run: Run) -> None:
    assert shown(trained_run, lambda: True) is None


def test_what_was_found_is_the_same_after_it_was_stored(trained_run: Run) -> None:
    found = shown(trained_run)
    assert found is not None
    assert Unknowns.from_json(json.loads(json.dumps(asdict(found)))) == found


def test_every_other_dataset_is_met_but_for_classes_that_are_known(home: Path) -> None:
    with draft("mixed") as made:
        for number in range(40):
            made.add(picture(number), f"{number}.png", "train" if number < 20 else "test", number % 2, 12, 12)
        mixed = made.publish(("7", "seagull"), "drawn", "none")
    digits = get_dataset("digits")
    found = strangers(digits, 28)
    assert list(found) == [("noise", None), ("plain colours", None), ("patterns", None), ("mixed", 1)]
    test = load_split(mixed, "test", 28)
    assert found["mixed", 1].shape == (10, 28, 28, 3)
    np.testing.assert_array_equal(found["mixed", 1], test.pixels[test.labels == 1])
    assert set(test.labels[stranger_positions(mixed, digits.classes)]) == {1}
    assert ("digits", 1) in strangers(mixed, 28) and ("mixed", 1) not in strangers(mixed, 28)


def test_pairs_are_of_different_classes_and_the_same_each_time() -> None:
    pairs = list(pairs_of("abcdefghijkl"))
    assert len(pairs) == 5 and len({label for pair in pairs for label in pair}) == 10
    assert pairs == list(pairs_of("abcdefghijkl"))
    assert len(list(pairs_of("abcde"))) == 2


@pytest.fixture
def few_digits(home: Path) -> tuple[ImageSet, ImageSet]:
    """Training and test images of the digits 0 to 4."""
    train, test = (load_split(get_dataset("digits"), split) for split in ("train", "test"))
    return tuple(  # type: ignore[return-value]
        replace(images.subset(np.flatnonzero(images.labels < 5)), classes=tuple("01234")) for images in (train, test)
    )


def test_networks_that_were_never_told_of_two_classes_are_shown_them(few_digits: tuple[ImageSet, ImageSet]) -> None:
    told = []
    recipe = make_recipe("case-study", epochs=4, learning_rate=0.003)
    found = leave_out(recipe, "neighbours", *few_digits, lambda done, total: told.append((done, total)), never)
    assert found is not None and len(found.pairs) == 2
    for pair in found.pairs:
        left_out = np.isin(few_digits[1].labels, [int(name) for name in pair.classes])
        assert pair.n == left_out.sum() and pair.known == (~left_out).sum()
        assert pair.accuracy > 0.9, "three digits are easily told apart"
        assert pair.auroc["neighbours"] > 0.7
    assert found.mean("energy") == np.mean([pair.auroc["energy"] for pair in found.pairs])
    assert told[-1] == (2000, 2000) and [done for done, _total in told] == sorted(done for done, _total in told)
    assert LeftOut.from_json(json.loads(json.dumps(asdict(found)))) == found


def test_leaving_out_ends_when_it_is_told_to(few_digits: tuple[ImageSet, ImageSet]) -> None:
    assert leave_out(make_recipe("case-study", epochs=1), "energy", *few_digits, ignore, lambda: True) is None


def test_what_cannot_be_measured_so_is_said(few_digits: tuple[ImageSet, ImageSet]) -> None:
    train, test = (replace(images, classes=("0", "1", "2")) for images in few_digits)
    with pytest.raises(VitrineError, match="has 3 classes. It takes 4"):
        leave_out(make_recipe("case-study"), "energy", train, test, ignore, never)
    with pytest.raises(VitrineError, match="took over a trained network"):
        leave_out(make_recipe("transfer", start="latest"), "energy", *few_digits, ignore, never)


@pytest.mark.parametrize("apart", [0.5, 1.5, 3.0])
def test_the_interval_of_an_auroc_holds_the_truth_in_nineteen_of_twenty_draws(apart: float) -> None:
    random = np.random.default_rng(0)
    truth = auroc(random.normal(apart, 1, 50_000), random.normal(0, 1, 50_000))
    held = 0
    for _draw in range(400):
        found = auroc(random.normal(apart, 1, 80), random.normal(0, 1, 60))
        _value, low, high = auroc_interval(found, 80, 60)
        held += low <= truth <= high
    assert 0.88 < held / 400 < 0.99
