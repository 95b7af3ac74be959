"""What a run's curves show, as sentences on the page, and its learning rate."""

import streamlit as st

from core.data.lookup import dataset_of
from core.errors import VitrineError
from core.runs.store import Run
from core.training.estimate import division
from core.training.recipe import Recipe
from ui.i18n import _
from ui.narrator import Points, Seen, narrate
from ui.schedule_chart import rate_at, schedule_chart

ROOM = 112  # pixels for the sentences of a run at work: the curves below must not move when one comes or goes
_ICONS = {"good": ":material/trending_up:", "bad": ":material/warning:", "note": ":material/info:"}


def findings(run: Run, recipe: Recipe, curves: dict[str, Points]) -> None:
    """The narrator's sentences; none where the run's dataset is gone, which says how much is chance."""
    try:
        dataset = dataset_of(run)
    except VitrineError:
        return
    counts = dataset.counts["train"].values()
    images = run.result.get("validation_images") or division(recipe, dataset)[1]
    seen = Seen(curves, recipe, images, max(counts) / sum(counts), ended=not run.active)
    with st.container(height=ROOM if run.active else "content", border=False, gap="xsmall"):
        for sentence in narrate(seen):
            st.caption(f"{_ICONS[sentence.kind]} {sentence.text}")


def learning_rate(run: Run, recipe: Recipe, curves: dict[str, Points]) -> None:
    """The learning rate over the run, and where it is now."""
    at = curves["batch_loss"][-1][0] if curves["batch_loss"] else 0.0
    if recipe.schedule == "constant" and not recipe.warmup:
        st.caption(_("The learning rate is {rate:g} throughout.").format(rate=recipe.learning_rate))
        return
    rate = f"{rate_at(recipe, at):.2g}"
    title = (
        _("Learning rate is {rate} now, {peak:g} at its highest")
        if run.active
        else _("Learning rate: {peak:g} at its highest")
    )
    st.markdown(f"**{title.format(rate=rate, peak=recipe.learning_rate)}**")
    schedule_chart(recipe, "curve-rate", at if run.active else None)
