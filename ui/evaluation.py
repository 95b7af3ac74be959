"""The head of the Evaluate page: the figure that matters, what to hold it against, and how often it was looked at."""

import pandas as pd
import streamlit as st

from core.data.looks import flattery, looks_at, remember_look
from core.data.lookup import data_of
from core.data.versions import Dataset
from core.evaluation.metrics import Measured
from core.evaluation.predictions import StoredPredictions
from core.evaluation.references import people_on
from core.evaluation.studies import duplicates_of
from core.evaluation.summary import Summary
from core.runs.run import Run
from ui.formats import number, percent, plain
from ui.i18n import _, ngettext


def warning(dataset: Dataset | None) -> None:
    """What makes the figures better than they should be, if anything is known to."""
    if dataset is not None and dataset.copies:  # one that is gone has nothing to say
        st.warning(
            ngettext(
                "{n} test image is a training image too, byte by byte: remembering it is enough to be right.",
                "{n} test images are training images too, byte by byte: remembering them is enough to be right.",
                dataset.copies,
            ).format(n=number(dataset.copies)),
            icon=":material/content_copy:",
        )


def headline(predictions: StoredPredictions, summary: Summary) -> None:
    """Test accuracy and its interval, beside what people and a model that never looks reach."""
    people = people_on(predictions.classes)
    figure, *others = st.columns([3, 2, 2, 2] if people else [3, 2, 2])
    figure.metric(
        _("Test accuracy"),
        percent(summary.accuracy.value),
        _("95% interval {low:.1%} to {high:.1%}").format(low=summary.accuracy.low, high=summary.accuracy.high),
        delta_color="off",
        delta_arrow="off",
        help=_(
            "Share of held-out test images named rightly, each seen once as it is; Wilson's interval for the share."
        ),
    )
    if people:
        others.pop(0).metric(
            _("People"),
            percent(people.accuracy),
            help=_("On the images as published: {source}.").format(source=f"[{people.source}]({people.url})"),
        )
    others[0].metric(
        _("Commonest class"),
        percent(summary.base_rate),
        help=_("What a model would reach that never looks at the image, and always names the commonest class."),
    )
    others[1].metric(_("Test images"), number(summary.n), help=_("None of them was trained or tuned on."))


def figures(summary: Summary) -> None:
    """The other figures of the field, each with its interval and what it means."""
    rows = [
        (
            _("Macro F1"),
            _shares(summary.macro_f1),
            _("Precision and recall in one, every class counting the same, however many images it has."),
        ),
        (
            _("Log loss"),
            _plainly(summary.log_loss),
            _("How surprised it is by the truth. Saying that all {n} classes are alike costs {guess:.2f}.").format(
                n=summary.classes, guess=summary.log_loss_of_a_guess
            ),
        ),
        (
            _("Brier score"),
            _plainly(summary.brier),
            _("Squared distance between its probabilities and the truth: 0 is perfect, 2 is sure and wrong each time."),
        ),
        (
            _("Calibration error"),
            _shares(summary.calibration_error),
            _("How far “90% sure” is from being right 90% of the time, on average."),
        ),
    ]
    if summary.top_3:
        among = _("The truth is among the three classes that it finds most probable.")
        rows.insert(0, (_("Top-3 accuracy"), _shares(summary.top_3), among))
    st.table(
        pd.DataFrame(
            [
                (name, value, _("{low} to {high}").format(low=low, high=high), text)
                for name, (value, low, high), text in rows
            ],
            columns=[_("Figure"), _("Value"), _("95% interval"), _("What it says")],
        ).set_index(_("Figure")),
        border="horizontal",
    )


def leaked(run: Run, predictions: StoredPredictions) -> None:
    """A word where training has some of the test pictures too."""
    found = duplicates_of(run)
    if found is None or not found.leaked:
        return
    without = predictions.without(found.leaked)
    text = _("{n} of the test images are among the training images too, or nearly.")
    told = text.format(n=number(len(found.leaked)))
    if len(without):
        low, high = without.interval
        text = _("On the other {n} it reaches {share} (95% interval {low} to {high}).")
        told += " " + text.format(
            n=number(len(without)), share=percent(without.accuracy), low=percent(low), high=percent(high)
        )
    st.caption(f":material/content_copy: {told}")


def count_look(run: Run) -> None:
    """A look at a model's test figures counts once a visit."""
    seen: set[str] = st.session_state.setdefault("looked-at", set())
    if run.id not in seen:
        seen.add(run.id)
        remember_look(data_of(run), run.id)


def looks(run: Run, summary: Summary) -> None:
    """How often these test images have been looked at, and what that means for whoever chooses by them."""
    data = data_of(run)
    found = looks_at(data)
    said = ngettext(
        "The test images of “{data}” have been looked at {n} time here",
        "The test images of “{data}” have been looked at {n} times here",
        found.count,
    ).format(data=plain(data), n=number(found.count))
    if found.models < 2:
        text = _("{said}, for one model. Nothing was chosen by them as long as you compare models by validation.")
        st.caption(":material/visibility: " + text.format(said=said))
        return
    gain = flattery(found.models, summary.accuracy.value, summary.n)
    text = _(
        "{said}, for {models} models. The best of {models} equally good ones would look about {gain:.1f} points better than it is: "
        "compare models by validation, and look here last."
    )
    st.caption(":material/visibility: " + text.format(said=said, models=number(found.models), gain=100 * gain))


def _shares(figure: Measured) -> tuple[str, str, str]:
    return percent(figure.value), percent(max(0.0, figure.low)), percent(min(1.0, figure.high))


def _plainly(figure: Measured) -> tuple[str, str, str]:
    return f"{figure.value:.3f}", f"{max(0.0, figure.low):.3f}", f"{figure.high:.3f}"
