"""What the curves of a run show, in words, and no louder than they show it. Pure functions of the points, tested without a page.

A share measured on n images is known to about √(p(1-p)/n); twice that is chance here, and no smaller difference is called a
rise or a fall. A mean loss is taken to be known to loss/√n, as if the losses of single images varied as much as their mean.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from types import MappingProxyType
from typing import Any, Literal

from core.training.cautions import TOO_LARGE
from core.training.recipe import Recipe, limits
from ui.formats import percent
from ui.i18n import _, ngettext
from ui.schedule_chart import rate_at

Points = list[tuple[float, float]]  # (epoch, value)
Kind = Literal["good", "bad", "note"]

RISING_FOR = 2  # epochs in which validation loss rose, before it is called over-fitting
STANDING_FOR = 4  # epochs within which nothing moved beyond chance, before that is said
PATIENT_FOR, STEPS_FOR = 2, 10  # epochs, and steps at least, before a run is said to have learnt nothing
SENTENCES = 3


@dataclass(frozen=True)
class Seen:
    """What there is to judge by.

    Attributes:
        curves: ``batch_loss``, ``batch_accuracy``, ``val_loss`` and ``val_accuracy`` over epochs; shares of one.
        images: how many validation images there are.
        guess: what always naming the commonest class reaches.
        ended: whether the run is over.
    """

    curves: dict[str, Points]
    recipe: Recipe
    images: int
    guess: float
    ended: bool

    @property
    def accuracy(self) -> Points:
        return self.curves["val_accuracy"]


@dataclass(frozen=True)
class Sentence:
    """One finding."""

    kind: Kind
    text: str


def narrate(seen: Seen) -> list[Sentence]:
    """Up to three findings, the one that matters most first."""
    if not seen.accuracy:
        told = [_rate_rises(seen)]
        return [sentence for sentence in told if sentence]
    found = [_nothing_learnt(seen) or _over_fits(seen) or _moves(seen), _gap(seen), _rate_rises(seen)]
    return [sentence for sentence in found if sentence][:SENTENCES]


def chance(share: float, images: int) -> float:
    """The difference from a share measured on so many images that may well be chance: two standard errors."""
    share = min(max(share, 1 / images), 1 - 1 / images) if images > 1 else 0.5
    return 2 * math.sqrt(share * (1 - share) / max(images, 1))


def calmer(recipe: Recipe) -> float | None:
    """The learning rate to try after a run that diverged: about a third of what did not work, its own or the smallest that is known
    not to; one of 1, 2, 5, 10, 20 …; None where none is lower."""
    lowest = limits("learning_rate")
    assert lowest is not None
    too_large = min(recipe.learning_rate, TOO_LARGE[recipe.optimizer].get(recipe.family, math.inf))
    wanted = too_large / 3 * (1 + 1e-9)
    steps = [float(f"{digit}e{decade}") for decade in range(-6, 1) for digit in (1, 2, 5)]
    return max((step for step in steps if lowest[0] <= step <= wanted), default=None)


def accuracy_title(curves: dict[str, Points], ended: bool, result: Mapping[str, Any] = MappingProxyType({})) -> str:
    """The validation accuracy, and its best; in the end that of the sealed model, which is exact to more digits than training is.

    Args:
        result: of the run, once there is one.
    """
    points = curves["val_accuracy"]
    if not points:
        return _("Accuracy: validation comes at the end of each epoch")
    best_epoch, best = max(points, key=lambda point: point[1])
    if "val_accuracy" in result:
        points = [*points[:-1], (points[-1][0], result["val_accuracy"])]
        if 0 < (kept := result.get("kept_epoch", 0)) < points[-1][0]:
            return _("Validation accuracy is {value}, with the weights of epoch {epoch}, its best").format(
                value=percent(points[-1][1]), epoch=kept
            )
    if best_epoch == points[-1][0]:
        template = (
            _("Validation accuracy is {value}, its best")
            if ended
            else _("Validation accuracy is {value}, its best so far")
        )
        return template.format(value=percent(best))
    return _("Validation accuracy is {value}; its best was {best} at epoch {epoch:.0f}").format(
        value=percent(points[-1][1]), best=percent(best), epoch=best_epoch
    )


def loss_title(curves: dict[str, Points], ended: bool) -> str:
    """The validation loss, and its lowest."""
    points = curves["val_loss"]
    if not points:
        return _("Loss: the lower, the better")
    value, lowest = f"{points[-1][1]:.3f}", min(points, key=lambda point: point[1])[0]
    if len(points) == 1:
        return _("Validation loss is {value}").format(value=value)
    if lowest == points[-1][0]:
        template = (
            _("Validation loss is {value}, its lowest") if ended else _("Validation loss is {value}, its lowest so far")
        )
        return template.format(value=value)
    return _("Validation loss was lowest at epoch {epoch:.0f}").format(epoch=lowest)


def _nothing_learnt(seen: Seen) -> Sentence | None:
    best = max(value for _epoch, value in seen.accuracy)
    early = len(seen.accuracy) < PATIENT_FOR or len(seen.curves["batch_loss"]) < STEPS_FOR
    if early or best > seen.guess + chance(seen.guess, seen.images):
        return None
    return Sentence(
        "bad",
        _(
            "It has learnt nothing: its accuracy is that of guessing ({guess}). Try another learning rate, first a lower one."
        ).format(guess=percent(seen.guess)),
    )


def _over_fits(seen: Seen) -> Sentence | None:
    """Validation loss rose in each of the last epochs, beyond chance in all, while training loss fell below what it was."""
    if not same_loss(seen.recipe):
        return None
    points = seen.curves["val_loss"]
    lowest, least = min(points, key=lambda point: point[1])
    since = [value for epoch, value in points if epoch >= lowest]
    rose = len(since) - 1
    if rose < RISING_FOR or any(after <= before for before, after in pairwise(since[-1 - RISING_FOR :])):
        return None
    if since[-1] - least <= least / math.sqrt(seen.images):
        return None
    then, now = (_mean_within(seen.curves["batch_loss"], end) for end in (lowest, points[-1][0]))
    if then is None or now is None or now >= then:
        return None
    return Sentence(
        "bad",
        _(
            "Validation loss was lowest at epoch {epoch:.0f} and has risen since, while training loss fell: it learns its images by "
            "heart (over-fitting). {help} would help."
        ).format(epoch=lowest, help=_remedies(seen.recipe)),
    )


def same_loss(recipe: Recipe) -> bool:
    """Whether training and validation measure the same loss. Smoothed and blended labels make the network less sure than the loss
    of validation asks for, which then rises without any over-fitting; balanced weights count the classes differently."""
    return not (recipe.label_smoothing or recipe.mixup) and recipe.class_weights == "equal"


def _mean_within(points: Points, end: float) -> float | None:
    """The mean of the epoch that ends there."""
    values = [value for epoch, value in points if end - 1 < epoch <= end]
    return fmean(values) if values else None


def _remedies(recipe: Recipe) -> str:
    """What works against over-fitting and is not on yet; more of it if all is."""
    if not recipe.patience and not recipe.augments:
        return _("Early stopping or augmentation")
    if not recipe.dropout:
        return _("Dropout or more augmentation")
    return _("More augmentation or a smaller network")


def _moves(seen: Seen) -> Sentence | None:
    """Whether the last epoch brought something, or the last few nothing."""
    values = [value for _epoch, value in seen.accuracy]
    if len(values) < 2:
        return None
    gain, doubt = values[-1] - values[-2], chance(values[-1], seen.images)
    if gain > doubt:
        text = (
            _("It was still improving at its end: +{gain:.1f} points in the last epoch. More epochs may bring more.")
            if seen.ended
            else _("Still improving: +{gain:.1f} points in the last epoch.")
        )
        return Sentence("good", text.format(gain=100 * gain))
    if gain < -doubt:
        return Sentence("note", _("The last epoch cost {loss:.1f} points.").format(loss=-100 * gain))
    standing = values[-STANDING_FOR:]
    if len(standing) == STANDING_FOR and max(standing) - min(standing) <= doubt:
        return Sentence(
            "note",
            ngettext(
                "No change beyond chance for {n} epoch: with {images:,} validation images, {doubt:.1f} points can be chance.",
                "No change beyond chance for {n} epochs: with {images:,} validation images, {doubt:.1f} points can be chance.",
                STANDING_FOR,
            ).format(n=STANDING_FOR, images=seen.images, doubt=100 * doubt),
        )
    return None


def _gap(seen: Seen) -> Sentence | None:
    """How training images fare beside validation images, where the difference is beyond chance."""
    if seen.recipe.mixup:  # blended images are another measure
        return None
    training = _mean_within(seen.curves["batch_accuracy"], seen.accuracy[-1][0])
    validation = seen.accuracy[-1][1]
    if training is None or abs(training - validation) <= chance(validation, seen.images):
        return None
    points = 100 * abs(training - validation)
    if training > validation:
        return Sentence(
            "note",
            _("Training images are named rightly more often than validation images, by {points:.1f} points.").format(
                points=points
            ),
        )
    if seen.recipe.augments or seen.recipe.dropout:
        text = _(
            "Training accuracy is below validation by {points:.1f} points: augmentation and dropout make training images harder. "
            "That is expected."
        )
    else:
        text = _(
            "Training accuracy is below validation by {points:.1f} points: it is taken while the epoch goes on, validation at its end."
        )
    return Sentence("note", text.format(points=points))


def _rate_rises(seen: Seen) -> Sentence | None:
    places = seen.curves["batch_loss"]
    if seen.ended or not places:
        return None
    now = places[-1][0]
    if rate_at(seen.recipe, now + 0.01) <= rate_at(seen.recipe, now):
        return None
    return Sentence("note", _("The learning rate is still rising: the curves may leap until it falls."))
