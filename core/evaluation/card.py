"""What was measured with a sealed model, as sections of its model card (Mitchell et al., 2019, arXiv 1810.03993)."""

from collections.abc import Iterator

from core.bundle.card import model_card
from core.bundle.format import Metadata, replace_card
from core.bundle.predictor import Predictor
from core.data.duplicates import Duplicates
from core.evaluation.facts import LOOKED_AT, SCORES, environment, settings
from core.evaluation.groups import gap, groups
from core.evaluation.metrics import Measured, share
from core.evaluation.predictions import StoredPredictions, evaluate_run
from core.evaluation.stress import NAMES, Stress
from core.evaluation.studies import duplicates_of, study
from core.evaluation.summary import summarise
from core.evaluation.unknowns import LeftOut, Unknowns
from core.evaluation.variants import ORIGINAL, Variants
from core.evaluation.views import Views
from core.runs.run import Run
from core.training.command import command
from core.training.recipe import Recipe


def complete_card(run: Run) -> None:
    """Write all that is known by now into the card of the run's bundle. What comes with Vitrine is left as it is."""
    if not run.bundled:
        replace_card(run.bundle, card_of(run))


def card_of(run: Run) -> str:
    """The run's card in Markdown, with what was measured up to now."""
    metadata = Predictor.open(run.bundle).metadata
    return _card(metadata, "".join(_sections(run)))


def variant_card(run: Run, metadata: Metadata, found: Variants, kind: str) -> str:
    """The card of another form of the run's model: what it is, how it compares, and all that is known of the original.

    Args:
        metadata: of the form's own graph.
    """
    return _card(metadata, _variant(metadata, found, kind) + "".join(_sections(run)))


def _card(metadata: Metadata, measured: str) -> str:
    recipe = Recipe(**metadata.recipe)
    return model_card(metadata, command(recipe, metadata.dataset["name"]), measured, settings(recipe))


def _variant(metadata: Metadata, found: Variants, kind: str) -> str:
    one = found.forms[kind]
    rows = {
        "what was done": metadata.variant["how"],
        "made of the graph with SHA-256": f"`{metadata.variant['of']}`",
        "size": f"{one.size:,} bytes; {found.original.size:,} of the original",
        "one image": f"{1000 * one.seconds:.2f} ms, {found.faster(kind):.2f} times as fast as the original",
        "in batches": f"{one.speed:,.0f} images a second; {found.original.speed:,.0f} by the original",
        "test accuracy": f"{_share(found.accuracy(kind))}; {_share(found.accuracy(ORIGINAL))} of the original",
        "same class as the original": _share(found.agreement(kind)),
        "same verdict as the original": _share(share(one.same_verdict, found.n)),
    }
    lines = "".join(f"| {name} | {value} |\n" for name, value in rows.items())
    return (
        f"## Another form of the sealed model: {kind}\n\nMeasured in turn with the original on {found.n:,} test images, with {found.threads} threads "
        f"of {found.processor}. The sections below this table tell what was measured with the original; the thresholds are those of this form.\n\n"
        f"| | |\n|---|---|\n{lines}\n"
    )


def _sections(run: Run) -> Iterator[str]:
    # A run that is just ending has its predictions already, which nobody else is to see yet.
    predictions = StoredPredictions.load(run.predictions) if run.active else evaluate_run(run)
    yield _test(predictions)
    twice = duplicates_of(run)
    if twice is not None and twice.leaked:
        yield _leaked(predictions, twice)
    yield _fairness(predictions)
    found: Stress | None = study(run, "stress")
    if found is not None:
        yield _stress(found)
    unknowns: Unknowns | None = study(run, "unknowns")
    if unknowns is not None:
        yield _unknowns(unknowns)
    left_out: LeftOut | None = study(run, "left-out")
    if left_out is not None:
        yield _left_out(left_out)
    looks: Views | None = study(run, "views")
    if looks is not None:
        yield (
            f"## Test-time augmentation\n\nWith {looks.views} looks at each image, shifted and mirrored, {_share(looks.accuracy)} of {looks.n:,} "
            "test images are named rightly. What is served does not do that.\n\n"
        )
    if run.environment:
        rows = "".join(f"| {name} | {value} |\n" for name, value in environment(run.environment))
        yield f"## Environment\n\n| | |\n|---|---|\n{rows}\n"


def _test(predictions: StoredPredictions) -> str:
    summary = summarise(predictions)
    rows = {
        "accuracy": _share(summary.accuracy),
        "top-3 accuracy": _share(summary.top_3) if summary.top_3 else "–",
        "macro F1": _share(summary.macro_f1),
        "log loss": _number(summary.log_loss),
        "Brier score": _number(summary.brier),
        "expected calibration error": _share(summary.calibration_error),
        "always the commonest class": f"{summary.base_rate:.1%}",
    }
    lines = "".join(f"| {name} | {value} |\n" for name, value in rows.items())
    return (
        f"## Test results\n\nOn {summary.n:,} test images that the model was neither trained nor chosen by, each looked at once; with 95% "
        f"intervals.\n\n| figure | value |\n|---|---|\n{lines}\n"
    )


def _fairness(predictions: StoredPredictions) -> str:
    found = groups(
        [predictions.classes[label] for label in predictions.labels], predictions.right, predictions.confidence
    )
    lines = "".join(f"| {_cell(group.name)} | {group.n:,} | {_share(group.accuracy)} |\n" for group in found)
    distance, verdict = gap(found), ""
    if distance is not None:
        meaning = "may be noise" if distance.is_noise else "is more than noise"
        verdict = (
            f"The gap of {100 * distance.size:.1f} points between best and worst {meaning}: were all alike, one this large would come "
            f"by chance in {_rarely(distance.p)} of such tests.\n\n"
        )
    return f"## Fairness\n\n| class | images | named rightly |\n|---|---|---|\n{lines}\n{verdict}"


def _stress(found: Stress) -> str:
    kinds = sorted(found.correct, key=found.loss, reverse=True)
    lines = "".join(
        f"| {NAMES[kind]} | " + " | ".join(f"{count / found.n:.1%}" for count in found.correct[kind]) + " |\n"
        for kind in kinds
    )
    return (
        f"## Stress test\n\nNamed rightly of {found.n:,} test images at five severities; {_share(found.accuracy(kinds[0], 0))} as they are. "
        "Each share is known to "
        f"{100 * found.margin:.1f} points either way (95%). “Made to mislead” is the fast gradient sign method. This is Vitrine's own test, not CIFAR-10-C.\n\n"
        f"| harm | 1 | 2 | 3 | 4 | 5 |\n|---|---|---|---|---|---|\n{lines}\n"
    )


def _leaked(predictions: StoredPredictions, found: Duplicates) -> str:
    without = predictions.without(found.leaked)
    accuracy = share(without.correct, len(without)) if len(without) else None
    told = f"; without them {_share(accuracy)} are named rightly" if accuracy else ""
    return f"{len(found.leaked):,} of these test images are among the training images too, or nearly{told}.\n\n"


def _unknowns(found: Unknowns) -> str:
    lines = "".join(
        f"| {_cell(one.name)} | {one.n:,} | {_share(found.caught(one))} | {_number(found.auroc(one))} |\n"
        for one in found.sets
    )
    looked_at = f" {LOOKED_AT}" if found.appearance else ""
    return (
        f"## Unknown inputs\n\nImages of none of its classes, set by set, against {found.n:,} test images, of which it refuses "
        f"{_share(found.false_refusals)}. Each image is judged by {SCORES[found.kind]}.{looked_at}\n\n"
        f"| set | images | called unknown | AUROC |\n|---|---|---|---|\n{lines}\n"
    )


def _left_out(found: LeftOut) -> str:
    lines = "".join(
        f"| {_cell(' and '.join(pair.classes))} | {pair.n:,} | {_number(pair.told())} | {pair.kind} |\n"
        for pair in found.pairs
    )
    return (
        f"## Two classes left out\n\nNetworks of the same recipe that were never told of two classes, shown those two: an AUROC of "
        f"{found.mean():.2f} on average, each by the score that it would be sealed with.\n\n"
        f"| left out | images | AUROC | score |\n|---|---|---|---|\n{lines}\n"
    )


def _cell(name: str) -> str:
    """A name in a table, where a bar would end the cell."""
    return name.replace("|", "\\|")


def _rarely(p: float) -> str:
    return f"{p:.1%}" if p >= 0.001 else "less than 0.1%"


def _share(figure: Measured) -> str:
    return f"{figure.value:.1%} ({max(0.0, figure.low):.1%} to {min(1.0, figure.high):.1%})"


def _number(figure: Measured) -> str:
    return f"{figure.value:.3f} ({max(0.0, figure.low):.3f} to {figure.high:.3f})"
