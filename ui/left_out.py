"""Unknown inputs at their nearest: networks that never heard of two of the classes, and are shown those."""

import pandas as pd
import streamlit as st

from core.errors import VitrineError
from core.evaluation.studies import study
from core.evaluation.unknowns import LeftOut, LeftOutPair, pairs_of
from core.runs.run import Run
from core.tasks import check_study
from ui.formats import number, plain
from ui.i18n import _
from ui.judging import Judged
from ui.states import message
from ui.studies import how_long, measure_again, measured
from ui.unknowns import every_score, interval, rate, score_name


def left_out(run: Run, judged: Judged) -> None:
    """Trained on all classes but two, shown those two."""
    st.header(_("Two classes left out"), anchor=False)
    if judged.dataset is None:
        if study(run, "left-out") is None:
            st.markdown(
                _("The images that it learnt from are not here: nothing can be trained without two of their classes.")
            )
            return
    else:
        try:
            check_study(run, "left-out", judged.dataset)
        except VitrineError as error:
            st.markdown(message(error))
            return
    about = _(
        "The nearest that unknown things come: the same photos, of classes that it was never told of. The recipe is trained anew without "
        "two classes, up to five times with other ones, and each network is shown what was left out."
    )
    if judged.dataset is not None:
        about += " " + how_long(run, judged.dataset, len(list(pairs_of(judged.dataset))))
    found: LeftOut | None = measured(run, "left-out", _("Leave two classes out"), about)
    if found is None:
        return
    st.markdown(
        _(
            "Over {n} pairs, the classes left out are told from the others with an AUROC of **{low} to {high}**, **{mean}** on average."
        ).format(
            n=len(found.pairs),
            low=f"{min(pair.told().value for pair in found.pairs):.2f}",
            high=f"{max(pair.told().value for pair in found.pairs):.2f}",
            mean=f"{found.mean():.2f}",
        )
    )
    st.table(_table(found).set_index(_("Left out")), border="horizontal")
    st.caption(
        _(
            "Each pair has a network of its own, trained by the same recipe, and is judged by the score that a model of that network would be "
            "sealed with: chosen on validation images and what is made of them, before the classes left out were seen. With 95% intervals."
        )
    )
    every_score(
        found.pairs[0].auroc, (_("on average"), found.mean), {_pair_name(pair): pair.told for pair in found.pairs}
    )
    if judged.dataset is not None:
        measure_again(run, "left-out")


def _table(found: LeftOut) -> pd.DataFrame:
    """A row for each pair of classes."""
    return pd.DataFrame(
        [
            {
                _("Left out"): _pair_name(pair),
                _("AUROC, as sealed"): interval(pair.told()),
                _("Sealed score"): score_name(pair.kind),
                _("Caught"): rate(pair.caught, pair.n),
                _("Of the others refused"): rate(pair.refused, pair.known),
                _("Of the others named rightly"): rate(pair.correct, pair.known),
                _("Images"): number(pair.n),
            }
            for pair in found.pairs
        ]
    )


def _pair_name(pair: LeftOutPair) -> str:
    return plain(_("{one} and {other}").format(one=pair.classes[0], other=pair.classes[1]))
