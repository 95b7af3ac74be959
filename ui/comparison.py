"""Two models side by side: who is better, what was done differently, and which pictures they do not agree on."""

import pandas as pd
import streamlit as st

from core.data.lookup import has_rows_of
from core.errors import VitrineError
from core.evaluation.comparison import Comparison, compare
from core.evaluation.metrics import Measured
from core.runs.run import Run
from core.runs.store import TRAINED
from core.training.recipe import SETTINGS
from core.training.recipes import complete
from ui.curves import overlaid
from ui.disagreement import Pair, confusion_difference, disagreements
from ui.evaluation import count_look
from ui.formats import number, plain
from ui.i18n import _
from ui.judging import Judged, predictions_of
from ui.pickers import known_runs
from ui.settings import title_of, value_words
from ui.states import show_error


def comparison(run: Run, judged: Judged) -> None:
    """Everything about the chosen run, A, and another one on the same test images, B."""
    others = [other for other in known_runs() if _comparable(other, run, judged)]
    if not others:
        st.caption(_("There is no other finished model that was tested on the same images. Train a second one."))
        st.page_link("pages/train.py", label=_("Train another"), icon=":material/model_training:")
        return
    ids = [other.id for other in others]
    again = run.spec.get("again")
    other = st.selectbox(
        _("Compare with"),
        others,
        index=ids.index(again) if again in ids else 0,
        format_func=lambda one: one.name,
        key=f"against-{run.id}",
    )
    theirs = predictions_of(other)
    assert theirs is not None
    count_look(other)
    try:
        found = compare(judged.predictions, theirs)
    except VitrineError as error:
        show_error(error)
        return
    st.header(plain(_verdict(found, run.name, other.name)), anchor=False)
    st.markdown(_in_words(found, run.name, other.name))
    _differences(run, other)
    overlaid(run, other)
    pair = Pair.of(found, judged.predictions, theirs, run.name, other.name)
    confusion_difference(pair)
    disagreements(pair, run, judged)


def _comparable(other: Run, run: Run, judged: Judged) -> bool:
    """Whether the other run's stored predictions are of the same rows."""
    if other.id == run.id or other.state not in TRAINED or not other.predictions.exists():
        return False
    if judged.dataset is not None:
        return has_rows_of(judged.dataset, other)
    return other.bundled and run.bundled and other.spec["row_order"] == run.spec["row_order"]


def _verdict(found: Comparison, a: str, b: str) -> str:
    if found.better is None:
        return _("No difference beyond chance")
    better, worse = (b, a) if found.better == "b" else (a, b)
    return _("{better} is better than {worse}").format(better=better, worse=worse)


def _in_words(found: Comparison, a: str, b: str) -> str:
    """McNemar's test as a sentence."""
    gain, won, lost = found.gain, int(found.only_b.sum()), int(found.only_a.sum())
    if not won + lost:
        text = _("Both name the same test images rightly: nothing on these {n} images tells one from the other.")
        return text.format(n=number(found.n))
    if gain.value < 0:  # the better one is spoken of
        a, b, won, lost = b, a, lost, won
        gain = Measured(-gain.value, -gain.high, -gain.low)
    text = _(
        "**{b}** names {gain:.1f} points more test images rightly than **{a}** (95% interval {low:+.1f} to {high:+.1f}; {n} images). "
        "Of those that only one of them names rightly, {b} has {won} and {a} has {lost}. Were both equally good, so uneven a split would "
        "come by chance {chance} (McNemar's test)."
    )
    return text.format(
        a=plain(a),
        b=plain(b),
        gain=100 * gain.value,
        low=100 * gain.low,
        high=100 * gain.high,
        n=number(found.n),
        won=number(won),
        lost=number(lost),
        chance=_chance(found.p),
    )


def _chance(p: float) -> str:
    if p > 0.5:
        return _("more often than not")
    if p < 1e-6:
        return _("less than once in a million times")
    return _("once in {n} times").format(n=number(round(1 / p)))


def _differences(run: Run, other: Run) -> None:
    """The recipes, side by side; first what differs."""
    try:
        a, b = complete(run.recipe), complete(other.recipe)
    except VitrineError:  # of a later version
        return
    rows = [(title_of(name), value_words(getattr(a, name)), value_words(getattr(b, name))) for name in SETTINGS]
    differing = [row for row in rows if row[1] != row[2]]
    columns = [_("Setting"), plain(run.name), plain(other.name)]
    if differing:
        st.subheader(_("What was done differently"), anchor=False)
        st.table(pd.DataFrame(differing, columns=columns).set_index(columns[0]), border="horizontal")
    else:
        st.caption(_("Both were trained by the same recipe."))
    with st.expander(_("All settings")):
        st.table(pd.DataFrame(rows, columns=columns).set_index(columns[0]), border="horizontal")
