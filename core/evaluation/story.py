"""The evaluation in at most seven sentences, for the page and the report. Each quotes what was measured and stored."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from core.evaluation.facts import Translate, sureness
from core.evaluation.groups import Gap, gap, groups
from core.evaluation.metrics import Measured, confusion_matrix, share, wilson_interval
from core.evaluation.predictions import StoredPredictions
from core.evaluation.references import people_on
from core.evaluation.reliability import coverage
from core.evaluation.stress import ADVERSARIAL, NAMES, Stress
from core.evaluation.studies import study
from core.evaluation.summary import Summary
from core.evaluation.unknowns import Unknowns, UnknownSet
from core.runs.library import history
from core.runs.run import Run
from core.training.recipes import complete

SURE = 0.8  # share of images that is decided in the sentence about coverage
OVER = 0.05  # how much more of the training images it names rightly, beyond chance, before that is called over-fitting
TRAINING = "Train"  # where the evidence is that is not among the sections of Evaluate


def _(text: str) -> str:
    """Marks a text for translation, which happens when it is told."""
    return text


@dataclass(frozen=True)
class Sentence:
    """One finding.

    Attributes:
        template: in the reader's language; `values` go into its placeholders.
        section: of Evaluate, by its English name, whose figures it quotes; or :data:`TRAINING`.
        cell: of the confusion matrix, true class and class said, if that has its pictures.
    """

    template: str
    section: str
    values: dict[str, str] = field(default_factory=dict)
    cell: tuple[int, int] | None = None

    def text(self, show: Callable[[str], str] = str) -> str:
        """The sentence; `show` writes a value as it is where the text has a markup."""
        return self.template.format(**{name: show(value) for name, value in self.values.items()})


def tell(
    run: Run, predictions: StoredPredictions, summary: Summary, translate: Translate = lambda text: text
) -> list[Sentence]:
    """What there is to say: what the model is good at, where it fails, how far it can be trusted; the last is what to try next."""
    names = [predictions.classes[label] for label in predictions.labels]
    distance = gap(groups(names, predictions.right, predictions.confidence))
    found: Stress | None = study(run, "stress")
    unknowns: Unknowns | None = study(run, "unknowns")
    parts = (
        _standing(predictions, summary, translate),
        _best_and_worst(distance, translate),
        _confused(predictions, translate),
        _calibrated(summary, translate),
        _covered(predictions, translate) if unknowns is None else _refused(unknowns, translate),
        _stressed(found, translate),
        _next(run, predictions, distance, _unmeasured(found, unknowns), translate),
    )
    return [sentence for part in parts for sentence in part]


def _standing(predictions: StoredPredictions, summary: Summary, translate: Translate) -> Iterator[Sentence]:
    people, accuracy = people_on(predictions.classes), summary.accuracy
    if people is None:
        text = _("It rightly names {share} of {n} held-out images; always naming the commonest class reaches {base}.")
    elif accuracy.low <= people.accuracy <= accuracy.high:
        text = _("It rightly names {share} of {n} held-out images: about as many as people do ({people}).")
    elif accuracy.value > people.accuracy:
        text = _("It rightly names {share} of {n} held-out images: more than people do ({people}).")
    else:
        text = _("It rightly names {share} of {n} held-out images; people reach {people}.")
    values = {
        "share": _measured(accuracy, translate),
        "n": f"{summary.n:,}",
        "people": f"{people.accuracy:.1%}" if people else "",
        "base": f"{summary.base_rate:.1%}",
    }
    yield Sentence(translate(text), "Mistakes", values)


def _best_and_worst(distance: Gap | None, translate: Translate) -> Iterator[Sentence]:
    if distance is None or not distance.size:
        return
    text = (
        _("Classes differ by no more than chance would make them: “{worst}” {low}, “{best}” {high}.")
        if distance.is_noise
        else _("It is best at “{best}”, {high}, and worst at “{worst}”, {low}: more than chance.")
    )
    values = {
        "best": distance.best.name,
        "worst": distance.worst.name,
        "high": _measured(distance.best.accuracy, translate),
        "low": _measured(distance.worst.accuracy, translate),
    }
    yield Sentence(translate(text), "Fairness", values)


def _confused(predictions: StoredPredictions, translate: Translate) -> Iterator[Sentence]:
    matrix = confusion_matrix(predictions.labels, predictions.predicted, len(predictions.classes))
    np.fill_diagonal(matrix, 0)
    if not matrix.any():
        return
    true, said = (int(place) for place in np.unravel_index(matrix.argmax(), matrix.shape))
    text = (
        _("Its one mistake takes “{true}” for “{said}”.")
        if matrix.sum() == 1
        else _("Its commonest mistake takes “{true}” for “{said}”: {n} of {total} mistakes.")
    )
    values = {
        "true": predictions.classes[true],
        "said": predictions.classes[said],
        "n": f"{matrix[true, said]:,}",
        "total": f"{matrix.sum():,}",
    }
    yield Sentence(translate(text), "Mistakes", values, (true, said))


def _calibrated(summary: Summary, translate: Translate) -> Iterator[Sentence]:
    error = summary.calibration_error
    text = (
        _("Its probabilities mean what they say: {error} off on average.")
        if error.high < 0.03
        else _("Its probabilities are {error} off on average: take them with care.")
    )
    yield Sentence(translate(text), "Trust", {"error": _measured(error, translate)})


def _covered(predictions: StoredPredictions, translate: Translate) -> Iterator[Sentence]:
    curve, n = coverage(predictions.confidence, predictions.right), max(1, round(SURE * len(predictions)))
    if curve.accuracy[n - 1] <= curve.accuracy[-1]:
        return
    right = share(round(float(curve.accuracy[n - 1]) * n), n)
    text = translate(_("Left to decide the {share} that it is surest of, {n} images, it is right in {right}."))
    values = {"share": f"{SURE:.0%}", "n": f"{n:,}", "right": _measured(right, translate)}
    yield Sentence(text, "Trust", values)


def _refused(unknowns: Unknowns, translate: Translate) -> Iterator[Sentence]:
    """Of the hardest set where there is one beyond chance, else the least that is refused of any."""
    worst, *others = sorted(unknowns.sets, key=lambda one: one.auroc[unknowns.kind])
    if not others:
        text = _("Shown “{name}”, which it never learnt, it refuses {caught}, and {own} of its own kind.")
    elif unknowns.auroc(worst).high < unknowns.auroc(others[0]).low:
        text = _(
            "Shown what it never learnt, it refuses {caught} of “{name}”, the hardest set, and {own} of its own kind."
        )
    else:
        worst = min(unknowns.sets, key=lambda one: one.caught / one.n)
        text = (
            _("Shown {n} kinds of things it never learnt, it refuses {caught} of each, and {own} of its own kind.")
            if worst.caught == worst.n
            else _(
                "Shown {n} kinds of things it never learnt, it refuses {caught} of each or more, and {own} of its own kind."
            )
        )
    values = {
        "caught": _measured(unknowns.caught(worst), translate),
        "name": _set_name(worst, translate),
        "n": f"{len(unknowns.sets)}",
        "own": _measured(unknowns.false_refusals, translate),
    }
    yield Sentence(translate(text), "Unknown inputs", values)


def _stressed(found: Stress | None, translate: Translate) -> Iterator[Sentence]:
    if found is None:
        return
    worst = max((kind for kind in found.correct if kind != ADVERSARIAL), key=found.loss)
    text = translate(
        _(
            "Of what happens to photos, “{kind}” harms it most: {loss} points on average over five severities ({n} images)."
        )
    )
    values = {"kind": translate(NAMES[worst]), "loss": f"{100 * found.loss(worst):.0f}", "n": f"{found.n:,}"}
    yield Sentence(text, "Stress test", values)


def _next(
    run: Run, predictions: StoredPredictions, distance: Gap | None, unmeasured: str, translate: Translate
) -> Iterator[Sentence]:
    """The one thing to try first, and what has not been measured. Over-fitting comes first: all classes suffer from it."""
    wrong = len(predictions) - predictions.correct
    values = {"wrong": f"{wrong:,}", "n": f"{len(predictions):,}"}
    section = "Mistakes"
    if apart := _over_fitting(run):
        learnt, held_out, n = apart
        text = (
            _(
                "To try next: more augmentation, because it named {learnt} of its training images rightly in the last epoch, and {held_out} of {n} validation images"
            )
            if complete(run.recipe).augments
            else _(
                "To try next: augmentation, because it named {learnt} of its training images rightly in the last epoch, and {held_out} of {n} validation images"
            )
        )
        section, values = TRAINING, {"learnt": f"{learnt:.1%}", "held_out": f"{held_out:.1%}", "n": f"{n:,}"}
    elif distance is not None and not distance.is_noise:
        text = _(
            "To try next: more, or cleaner, training images of “{worst}”, of which {wrong} of {n} are named wrongly"
        )
        section, worst = "Data errors", distance.worst
        values = {
            "worst": worst.name,
            "wrong": f"{worst.n - round(worst.accuracy.value * worst.n):,}",
            "n": f"{worst.n:,}",
        }
    elif wrong:
        surest = predictions.confidence[~predictions.right].max()
        text = (
            _("To try next: look at its one mistake, of which it was {surest} sure: the label may be wrong")
            if wrong == 1
            else _(
                "To try next: look at its {wrong} mistakes, of which it was up to {surest} sure: some labels may be wrong"
            )
        )
        values["surest"] = sureness(surest)
    else:
        text = _("To try next: harder images, for all {n} held-out ones are named rightly")
    yield Sentence(translate(text) + translate(unmeasured), section, values)


def _unmeasured(found: Stress | None, unknowns: Unknowns | None) -> str:
    """How the last sentence ends."""
    if found is None and unknowns is None:
        return _("; the stress test and unknown inputs have not been measured yet.")
    if found is None:
        return _("; the stress test has not been measured yet.")
    return _("; unknown inputs have not been measured yet.") if unknowns is None else _(".")


def _over_fitting(run: Run) -> tuple[float, float, int] | None:
    """Shares of training and validation images that were named rightly in the last epoch, and how many of the latter there are.

    None where they are no further apart than chance and :data:`OVER` make them, or the training images were blended.
    """
    curves, n = history(run, "batch_accuracy", "val_accuracy"), run.result.get("validation_images")
    before, *last = [(0, 0.0), *curves["val_accuracy"]][-2:]
    learnt = [value for step, value in curves["batch_accuracy"] if step > before[0]]
    if not n or not last or not learnt or run.recipe.get("mixup"):
        return None
    training, validation = float(np.mean(learnt)), last[0][1]
    beyond = wilson_interval(round(validation * n), n)[1] + OVER
    return (training, validation, int(n)) if training > beyond else None


def _set_name(unknown: UnknownSet, translate: Translate) -> str:
    return translate(unknown.name) if unknown.version is None else unknown.name


def _measured(figure: Measured, translate: Translate) -> str:
    """``92.0% (91.5% to 92.5%)``."""
    return translate(_("{value} ({low} to {high})")).format(
        value=f"{figure.value:.1%}", low=f"{max(0.0, figure.low):.1%}", high=f"{min(1.0, figure.high):.1%}"
    )
