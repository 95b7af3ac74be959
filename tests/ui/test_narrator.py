"""What is said of learning curves is what was seen, and no louder."""

from collections.abc import Sequence
from typing import Any

import pytest

from core.training.presets import make_recipe
from core.training.recipe import Recipe
from ui.narrator import Points, Seen, accuracy_title, calmer, chance, loss_title, narrate


def curves(
    val_loss: Sequence[float] = (),
    batch_loss: Sequence[float] = (),
    val: Sequence[float] = (),
    batch: Sequence[float] = (),
) -> dict[str, Points]:
    """Points after so many epochs; two stretches of batches in each, around the training value given."""
    return {
        "val_loss": [(float(epoch), loss) for epoch, loss in enumerate(val_loss, 1)],
        "val_accuracy": [(float(epoch), share) for epoch, share in enumerate(val, 1)],
        "batch_loss": _batches(batch_loss, 9),
        "batch_accuracy": _batches(batch, 0.3),
    }


def _batches(values: Sequence[float], noise: float) -> Points:
    places = ((0.5, noise), (1, -noise))
    return [(epoch + at, value + off) for epoch, value in enumerate(values) for at, off in places]


def told(recipe: Recipe | None = None, images: int = 1000, ended: bool = False, **points: Any) -> list[str]:
    return [s.text for s in narrate(Seen(curves(**points), recipe or make_recipe("article-cnn"), images, 0.1, ended))]


RISING: dict[str, Any] = {"val_loss": [2.5, 2.25, 2.4, 2.6], "val": [0.5, 0.5, 0.5, 0.5]}
FALLING = [4.0, 3.0, 2.0, 1.0]
OVER = "Validation loss was lowest at epoch 2 and has risen since, while training loss fell: it learns its images by heart (over-fitting). "


def test_over_fitting_is_named_with_what_helps_and_is_not_on_yet() -> None:
    assert told(batch_loss=FALLING, **RISING)[0] == OVER + "Early stopping or augmentation would help."
    patient = make_recipe("article-cnn", patience=3, flip=True)
    assert told(patient, batch_loss=FALLING, **RISING)[0] == OVER + "Dropout or more augmentation would help."
    all_on = make_recipe("article-cnn", patience=3, flip=True, dropout=0.5)
    assert told(all_on, batch_loss=FALLING, **RISING)[0] == OVER + "More augmentation or a smaller network would help."


@pytest.mark.parametrize(
    ("val_loss", "batch_loss"),
    [
        ([2.5, 2.25, 2.6], [3, 2, 1]),  # it rose for one epoch only
        ([2.5, 2.25, 2.6, 2.5], [4, 3, 2, 1]),  # not in the last
        ([2.5, 2.25, 2.27, 2.29], [4, 3, 2, 1]),  # no further than chance
        ([2.5, 2.25, 2.4, 2.6], [4, 3, 3, 3]),  # training loss did not fall
        ([2.5, 2.25, 2.4, 2.6], []),
    ],
)
def test_what_may_be_chance_is_not_called_over_fitting(val_loss: list[float], batch_loss: list[float]) -> None:
    found = told(val_loss=val_loss, batch_loss=batch_loss, val=[0.5] * len(val_loss))
    assert not any("over-fitting" in text for text in found)


@pytest.mark.parametrize("change", [{"label_smoothing": 0.1}, {"mixup": 0.2}, {"class_weights": "balanced"}])
def test_losses_that_measure_different_things_are_not_held_against_each_other(change: dict[str, Any]) -> None:
    recipe = make_recipe("article-cnn", **change)
    assert not any("over-fitting" in text for text in told(recipe, batch_loss=FALLING, **RISING))


def test_an_improvement_beyond_chance_is_told_in_points() -> None:
    rise: dict[str, Any] = {"val": [0.5, 0.6], "val_loss": [2, 1.0]}
    assert told(**rise) == ["Still improving: +10.0 points in the last epoch."]
    assert told(ended=True, **rise) == [
        "It was still improving at its end: +10.0 points in the last epoch. More epochs may bring more."
    ]
    assert told(images=50, **rise) == [], "ten points can be chance with fifty images"


def test_a_fall_beyond_chance_is_told() -> None:
    assert told(val=[0.6, 0.5], val_loss=[1, 1.0]) == ["The last epoch cost 10.0 points."]


def test_standing_still_says_how_much_can_be_chance() -> None:
    assert told(val=[0.5, 0.51, 0.5, 0.505], val_loss=[1, 1, 1, 1.0]) == [
        "No change beyond chance for 4 epochs: with 1,000 validation images, 3.2 points can be chance."
    ]


def test_learning_nothing_is_told_after_two_epochs() -> None:
    sentence = (
        "It has learnt nothing: its accuracy is that of guessing (10.0%). Try another learning rate, first a lower one."
    )
    many: dict[str, Any] = {
        "batch_loss": [2.3] * 5
    }  # points of the curve: of two steps nobody can say what they taught
    assert told(val=[0.1, 0.11], val_loss=[2.3, 2.3], ended=True, **many) == [sentence]
    assert told(val=[0.1, 0.11], val_loss=[2.3, 2.3]) == []
    assert told(val=[0.1], val_loss=[2.3], ended=True, **many) == []
    assert sentence not in told(val=[0.1, 0.15], val_loss=[2.3, 2.2])


def test_the_gap_is_explained_by_what_the_recipe_does() -> None:
    below: dict[str, Any] = {"val": [0.6], "batch": [0.5], "val_loss": [1.0]}
    assert told(make_recipe("article-cnn", flip=True), **below) == [
        "Training accuracy is below validation by 10.0 points: augmentation and dropout make training images harder. That is expected."
    ]
    assert told(**below) == [
        "Training accuracy is below validation by 10.0 points: it is taken while the epoch goes on, validation at its end."
    ]
    assert told(val=[0.6], batch=[0.8], val_loss=[1.0]) == [
        "Training images are named rightly more often than validation images, by 20.0 points."
    ]
    assert told(val=[0.6], batch=[0.62], val_loss=[1.0]) == [], "two points can be chance"


def test_a_rising_learning_rate_is_told_until_it_falls() -> None:
    recipe = make_recipe("article-cnn", schedule="triangular", epochs=10)  # rises for two epochs
    sentence = "The learning rate is still rising: the curves may leap until it falls."
    assert told(recipe, batch_loss=[2.0]) == [sentence]
    assert told(recipe, batch_loss=[2.0, 2.0, 2.0]) == []
    assert told(recipe, batch_loss=[2.0], ended=True) == []
    assert told(batch_loss=[2.0]) == []


def test_chance_shrinks_with_the_square_root_of_the_images() -> None:
    assert chance(0.5, 100) == pytest.approx(0.1)
    assert chance(0.5, 400) == pytest.approx(0.05)
    assert chance(1.0, 100) > 0, "even all of a hundred is not known exactly"


@pytest.mark.parametrize(
    ("rate", "lower"), [(1.0, 0.01), (0.05, 0.01), (0.03, 0.01), (0.001, 0.0002), (3e-5, 1e-5), (2e-5, None)]
)
def test_after_divergence_a_third_of_what_cannot_work_is_suggested(rate: float, lower: float | None) -> None:
    assert calmer(make_recipe("article-cnn", learning_rate=rate)) == lower


@pytest.mark.parametrize(
    ("validation", "running", "over"),
    [
        ([], "Loss: the lower, the better", "Loss: the lower, the better"),
        ([2.5], "Validation loss is 2.500", "Validation loss is 2.500"),
        ([2.5, 2.25], "Validation loss is 2.250, its lowest so far", "Validation loss is 2.250, its lowest"),
        ([2.5, 2.25, 2.3], "Validation loss was lowest at epoch 2", "Validation loss was lowest at epoch 2"),
    ],
)
def test_the_loss_is_said_no_louder_than_it_was_seen(validation: list[float], running: str, over: str) -> None:
    points = curves(val_loss=validation)
    assert (loss_title(points, ended=False), loss_title(points, ended=True)) == (running, over)


def test_only_a_run_at_work_has_a_best_so_far() -> None:
    points = curves(val=[0.5, 0.75])
    assert accuracy_title(points, ended=False) == "Validation accuracy is 75.0%, its best so far"
    assert accuracy_title(points, ended=True) == "Validation accuracy is 75.0%, its best"
    assert accuracy_title(curves(val=[0.75, 0.5]), ended=True) == (
        "Validation accuracy is 50.0%; its best was 75.0% at epoch 1"
    )


def test_in_the_end_the_accuracy_is_that_of_the_sealed_model_and_of_the_weights_in_it() -> None:
    points = curves(val=[0.75, 0.5])
    assert accuracy_title(points, True, {"val_accuracy": 0.51, "kept_epoch": 2}) == (
        "Validation accuracy is 51.0%; its best was 75.0% at epoch 1"
    )
    assert accuracy_title(points, True, {"val_accuracy": 0.748, "kept_epoch": 1}) == (
        "Validation accuracy is 74.8%, with the weights of epoch 1, its best"
    )


def test_blended_images_are_not_held_against_whole_ones() -> None:
    apart: dict[str, Any] = {"val": [0.6], "batch": [0.9], "val_loss": [1.0]}
    assert told(**apart) and not told(make_recipe("article-cnn", mixup=0.2), **apart)
