"""Evaluate: what the sealed model does with images it never saw."""

import streamlit as st

from ui import confusions, evaluation, fairness, stress, trust
from ui.claims import claims
from ui.comparison import comparison
from ui.confusions import SECTION
from ui.data_errors import data_errors
from ui.empty import nothing_trained
from ui.formats import plain
from ui.handing_over import hand_over
from ui.i18n import _
from ui.judging import another_copy, judged, summary_of, what_was_judged
from ui.league import league
from ui.left_out import left_out
from ui.mistakes import mistakes
from ui.pickers import chosen_run
from ui.story import story
from ui.unknowns import unknown_inputs

run = chosen_run()
judgement = judged(run) if run else None
if run is None or judgement is None:
    nothing_trained(run)
    st.stop()

evaluation.count_look(run)
predictions = judgement.predictions
st.markdown(
    _("**{run}** named {right:,} of {n:,} held-out test images rightly.").format(
        run=plain(run.name), right=predictions.correct, n=len(predictions)
    )
)
evaluation.warning(judgement.dataset)
another_copy(run, judgement.dataset)
overview, errors, doubtful, trusted, unknown, fair, stressed, against, claimed = st.tabs(
    [
        _("Overview"),
        _("Mistakes"),
        _("Data errors"),
        _("Trust"),
        _("Unknown inputs"),
        _("Fairness"),
        _("Stress test"),
        _("Compare"),
        _("Claims"),
    ],
    key=SECTION,
    on_change="rerun",
    bind="query-params",
)
if overview.open:
    with overview:
        summary = summary_of(judgement)
        evaluation.headline(predictions, summary)
        story(run, predictions, summary)
        evaluation.looks(run, summary)
        evaluation.leaked(run, predictions)
        evaluation.figures(summary)
        hand_over(run)
        confusions.class_table(predictions)
if errors.open:
    with errors:
        confusions.confusion(predictions)
        mistakes(run, judgement)
if doubtful.open:
    with doubtful:
        data_errors(run, judgement)
if trusted.open:
    with trusted:
        trust.calibration(run, judgement)
        trust.risk(predictions)
if unknown.open:
    with unknown:
        unknown_inputs(run, judgement)
        left_out(run, judgement)
if fair.open:
    with fair:
        fairness.by_class(predictions)
        fairness.by_attribute(judgement)
if stressed.open:
    with stressed:
        stress.stress_test(run, judgement)
        stress.second_look(run, judgement)
if against.open:
    with against:
        comparison(run, judgement)
        league(run)
if claimed.open:
    with claimed:
        claims()
if overview.open or errors.open or trusted.open or fair.open:  # the others have figures of other images too, and say so
    what_was_judged(run, judgement.dataset)
