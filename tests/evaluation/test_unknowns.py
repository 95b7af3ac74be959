"""Unknown inputs are met set by set, and every score is judged as the sealed one is."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from core.bundle.export import fit_scores, outputs
from core.bundle.knownness import best, score
from core.bundle.predictor import Predictor
from core.bundle.unknowns import auroc, foreign
from core.data.drafts import draft
from core.data.imageset import ImageSet, hold_out, load_split
from core.data.versions import Dataset, get_dataset
from core.errors import VitrineError
from core.evaluation.metrics import auroc_interval
from core.evaluation.unknowns import (
    LeftOut,
    Unknowns,
    check_left_out,
    evaluate_unknowns,
    images_unknown_to,
    leave_out,
    pairs_of,
    unknown_rows,
    unknown_sets,
)
from core.runs.store import Run
from core.training.aside import train_aside
from core.training.batches import to_input
from core.training.presets import make_recipe
from core.training.recipe import Recipe
from tests.data.making import picture


def never() -> bool:
    return False


def ignore(done: float, total: float) -> None:
    pass


def shown(run: Run, stopped: Callable[[], bool] = never) -> Unknowns | None:
    """What the digits' model makes of foreign images."""
    predictor, digits = Predictor.open(run.bundle), get_dataset("digits")
    images, recipe = load_split(digits, "train"), Recipe(**run.recipe)
    kept, held_out = hold_out(images.labels, recipe.validation_share, recipe.seed, recipe.train_images)
    test, sets = load_split(digits, "test"), unknown_sets(digits)
    return evaluate_unknowns(predictor, images.subset(kept), images.subset(held_out), test, sets, ignore, stopped)


def test_each_set_is_counted_at_the_bundles_threshold_and_by_its_own_score(trained_run: Run) -> None:
    found = shown(trained_run)
    assert found is not None and found.n == 360
    predictor = Predictor.open(trained_run.bundle)
    own = predictor.run(np.asarray(load_split(get_dataset("digits"), "test").pixels)).knownness
    threshold = predictor.metadata.knownness_threshold
    assert found.refused == (own < threshold).sum()
    assert found.false_refusals.low < found.refused / 360 < found.false_refusals.high
    for one, (name, pixels) in zip(found.sets, foreign(32).items(), strict=True):
        met = predictor.run(pixels)
        assert (one.name, one.version, one.n) == (name, None, 1000)
        assert one.caught == (met.knownness < threshold).sum()
        assert one.auroc[found.kind] == auroc(own, met.knownness)
        assert found.auroc(one).low < one.auroc[found.kind]
        at, label, probability, refused = one.most_known[0]
        assert at == met.knownness.argmax() and label == met.probabilities[at].argmax()
        assert probability == pytest.approx(met.probabilities[at].max())
        assert refused == (met.knownness[at] < threshold)
    assert found.appearance, "a model that is sealed now looks at light, colours and edges too"
    assert found.worst.auroc[found.kind] == min(one.auroc[found.kind] for one in found.sets)


def test_it_ends_when_it_is_told_to(trained_run: Run) -> None:
    assert shown(trained_run, lambda: True) is None


def test_what_was_found_is_the_same_after_it_was_stored(trained_run: Run) -> None:
    found = shown(trained_run)
    assert found is not None
    assert Unknowns.from_json(json.loads(json.dumps(asdict(found)))) == found


def test_every_other_dataset_is_shown_but_for_classes_that_are_known(home: Path) -> None:
    with draft("mixed") as made:
        for number in range(100):
            made.add(picture(number), f"{number}.png", "train" if number < 20 else "test", number % 2, 12, 12)
        mixed = made.publish(("7", "seagull"), "drawn", "none")
    digits = get_dataset("digits")
    sets = unknown_sets(digits)
    assert [one[:2] for one in sets] == [("noise", None), ("plain colours", None), ("patterns", None), ("mixed", 1)]
    assert all(pixels(28).shape == (1000, 28, 28, 3) for _name, _version, pixels in sets[:3])
    assert not list(mixed.cache.glob("*")), "nothing is decoded before it is shown"
    gulls = sets[3][2](28)
    assert not list(mixed.cache.glob("*")), "and no more than that"
    test = load_split(mixed, "test", 28)
    np.testing.assert_array_equal(gulls, np.asarray(test.pixels)[test.labels == 1])
    np.testing.assert_array_equal(gulls, images_unknown_to(digits.classes, mixed, 28))
    assert [one[:2] for one in unknown_sets(mixed)][3:] == [("digits", 1)]


def test_a_handful_of_images_is_no_set(home: Path) -> None:
    with draft("few") as made:
        for number in range(30):
            made.add(picture(number), f"{number}.png", "train" if number < 10 else "test", 0, 12, 12)
        few = made.publish(("gull",), "drawn", "none")
    digits = get_dataset("digits")
    assert len(unknown_rows(few, digits.classes)) == 20 and len(unknown_sets(digits)) == 3


def with_tested(classes: str) -> Dataset:
    """The digits, as if only some had test images."""
    digits = get_dataset("digits")
    return replace(digits, counts={**digits.counts, "test": dict.fromkeys(classes, 30)})


def test_pairs_are_of_different_classes_that_have_test_images_and_the_same_each_time(home: Path) -> None:
    pairs = list(pairs_of(get_dataset("digits")))
    assert len(pairs) == 5 and sorted(label for pair in pairs for label in pair) == list(range(10))
    assert pairs == list(pairs_of(get_dataset("digits")))
    assert {label for pair in pairs_of(with_tested("13579")) for label in pair} <= {1, 3, 5, 7, 9}
    assert len(list(pairs_of(with_tested("13579")))) == 2


@pytest.fixture
def few_digits(home: Path) -> tuple[ImageSet, ImageSet]:
    """Training and test images of the digits 0 to 4."""
    train, test = (load_split(get_dataset("digits"), split) for split in ("train", "test"))
    return tuple(  # type: ignore[return-value]
        replace(images.subset(np.flatnonzero(images.labels < 5)), classes=tuple("01234")) for images in (train, test)
    )


def test_networks_that_were_never_told_of_two_classes_are_shown_them(few_digits: tuple[ImageSet, ImageSet]) -> None:
    told: list[tuple[float, float]] = []
    recipe = make_recipe("case-study", epochs=4, learning_rate=0.003)
    pairs = [(0, 3), (1, 4)]
    found = leave_out(recipe, pairs, *few_digits, lambda done, total: told.append((done, total)), never)
    assert found is not None and len(found.pairs) == 2
    for pair in found.pairs:
        left_out = np.isin(few_digits[1].labels, [int(name) for name in pair.classes])
        assert pair.n == left_out.sum() and pair.known == (~left_out).sum()
        assert pair.correct > 0.9 * pair.known, "three digits are easily told apart"
        assert pair.refused < 0.2 * pair.known and pair.caught / pair.n > pair.refused / pair.known
        assert pair.told().value > 0.7
    assert found.mean() == np.mean([pair.auroc[pair.kind] for pair in found.pairs])
    assert found.mean("energy") == np.mean([pair.auroc["energy"] for pair in found.pairs])
    assert told[-1] == (2, 2) and [done for done, _total in told] == sorted(done for done, _total in told)
    assert LeftOut.from_json(json.loads(json.dumps(asdict(found)))) == found


def test_each_network_is_judged_by_the_score_that_a_bundle_of_it_would_have(
    few_digits: tuple[ImageSet, ImageSet],
) -> None:
    recipe, (train, test) = make_recipe("case-study", epochs=1), few_digits
    found = leave_out(recipe, [(0, 3)], train, test, ignore, never)
    told = np.isin(train.labels, [1, 2, 4])
    others = replace(
        train.subset(np.flatnonzero(told)), labels=np.searchsorted([1, 2, 4], train.labels[told]), classes=tuple("124")
    )
    trained = train_aside(recipe, others, lambda done: None, never)
    assert found is not None and trained is not None
    network, learnt, validation = trained
    scores, on_validation = fit_scores(
        network, to_input, learnt, validation, outputs(network, to_input, validation.pixels)
    )
    (pair,) = found.pairs
    assert pair.kind == best(on_validation)
    left_out = np.isin(test.labels, [0, 3])
    known, unknown = (
        score(scores[pair.kind], outputs(network, to_input, test.pixels[rows])) for rows in (~left_out, left_out)
    )
    assert pair.told().value == pytest.approx(auroc(known, unknown))


def test_what_was_kept_by_an_earlier_version_had_one_score_for_all_pairs() -> None:
    pair = {"classes": ["1", "7"], "known": 9, "n": 8, "correct": 7, "refused": 1, "caught": 5}
    found = LeftOut.from_json({"kind": "energy", "pairs": [pair | {"auroc": {"energy": 0.9, "both": 0.8}}]})
    assert found.pairs[0].kind == "energy" and found.mean() == 0.9


def test_leaving_out_ends_when_it_is_told_to(few_digits: tuple[ImageSet, ImageSet]) -> None:
    assert leave_out(make_recipe("case-study", epochs=1), [(0, 1)], *few_digits, ignore, lambda: True) is None


def test_what_cannot_be_measured_so_is_said(home: Path) -> None:
    with pytest.raises(VitrineError, match="show 3 of its classes. It takes 4"):
        check_left_out(make_recipe("case-study"), with_tested("123"))
    with pytest.raises(VitrineError, match="took over a trained network"):
        check_left_out(make_recipe("transfer", start="latest"), get_dataset("digits"))
    check_left_out(make_recipe("case-study"), with_tested("1234"))


@pytest.mark.parametrize(("apart", "known", "unknown"), [(0.5, 80, 60), (1.5, 80, 60), (3.0, 80, 60), (3.0, 12, 12)])
def test_the_interval_of_an_auroc_holds_the_truth_in_nineteen_of_twenty_draws(
    apart: float, known: int, unknown: int
) -> None:
    random = np.random.default_rng(0)
    truth = auroc(random.normal(apart, 1, 50_000), random.normal(0, 1, 50_000))
    held = 0
    for _draw in range(400):
        found = auroc(random.normal(apart, 1, known), random.normal(0, 1, unknown))
        _value, low, high = auroc_interval(found, known, unknown)
        held += low <= truth <= high
    assert 0.9 < held / 400 <= 1


def test_a_faultless_score_of_few_images_may_have_been_luck() -> None:
    assert auroc_interval(1.0, 5, 5).low < 0.8 and auroc_interval(1.0, 5, 5).high == 1
    assert auroc_interval(1.0, 2000, 1000).low > 0.99
