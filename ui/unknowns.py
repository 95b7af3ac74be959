"""Unknown inputs: how many the model refuses, what it takes the others for, and how well other scores would tell them."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from core.bundle.unknowns import foreign
from core.data.versions import get_dataset
from core.errors import VitrineError
from core.evaluation.facts import LOOKED_AT, sureness
from core.evaluation.metrics import Measured, share
from core.evaluation.studies import study
from core.evaluation.unknowns import EACH, Unknowns, UnknownSet, images_unknown_to, unknown_sets
from core.runs.run import Run
from ui.charts import escaped, show_chart
from ui.formats import number, part, percent, plain
from ui.i18n import _
from ui.judging import Judged, missing_pictures
from ui.palette import ACCENT, GREY, ORANGE, faded
from ui.pictures import enlarged
from ui.states import show_error
from ui.studies import measure_again, measured

if TYPE_CHECKING:
    import plotly.graph_objects as go


def score_name(kind: str) -> str:
    """A score of likeness in words."""
    return {
        "probability": _("largest probability"),
        "energy": _("energy"),
        "neighbours": _("nearest neighbours"),
        "both": _("energy and neighbours"),
        "distance": _("Mahalanobis distance"),
        "relative": _("relative Mahalanobis distance"),
        "entropy": _("generalised entropy"),
        "entropy and relative": _("entropy and relative distance"),
    }[kind]


def set_name(unknown: UnknownSet) -> str:
    """An unknown set in words."""
    made = {"noise": _("noise"), "plain colours": _("plain colours"), "patterns": _("patterns")}
    return made[unknown.name] if unknown.version is None else unknown.name


def unknown_inputs(run: Run, judged: Judged) -> None:
    """What the model makes of things that it cannot know, set by set and never pooled."""
    if judged.dataset is None and study(run, "unknowns") is None:
        missing_pictures(run, judged.trouble)
        return
    found: Unknowns | None = measured(
        run,
        "unknowns",
        _("Show it unknown things"),
        _(
            "Sooner or later somebody shows it what it never learnt. Up to {n} images each of noise, plain colours, patterns and every "
            "other dataset here are shown to the sealed model: how many does it refuse, and how many of its own kind with them?"
        ).format(n=number(EACH)),
    )
    if found is None:
        return
    _not_met(run, judged, found)
    show_chart(_refused(found), _refused_title(found), "unknown-refused", height=90 + 44 * (len(found.sets) + 1))
    text = _(
        "Called unknown at the sealed model's threshold, which was fitted on validation images alone; with 95% intervals. "
        "{n} test images of its own."
    )
    st.caption(text.format(n=number(found.n)))
    show_chart(_scores(found), _scores_title(found), "unknown-scores", height=120 + 44 * len(found.sets))
    st.caption(
        _(
            "AUROC: how often an image of its own scores higher than an unknown one; half is guessing. Filled, with its 95% interval: the "
            "score in the sealed model. It was chosen when the model was sealed, by images made of validation images, and by none of these."
        )
    )
    st.caption(
        _(LOOKED_AT)
        if found.appearance
        else _(
            "The model was sealed when light, colours and edges were not looked at yet. Trained again, it would tell noise and plain colours better."
        )
    )
    if "distance" not in found.sets[0].auroc:
        st.caption(
            _("The scores by Mahalanobis distance are left out: this model's embedding is too wide for a covariance.")
        )
    st.table(_table(found).set_index(_("Set")), border="horizontal")
    every_score(
        found.sets[0].auroc,
        (_("at worst"), lambda kind: min(one.auroc[kind] for one in found.sets)),
        {plain(set_name(one)): partial(found.auroc, one) for one in found.sets},
    )
    _most_known(run, judged, found)
    if judged.dataset is not None:
        measure_again(run, "unknowns")


def _refused_title(found: Unknowns) -> str:
    """The set that it refuses least; and that refusing is worth nothing there, if its own images fare no better."""
    least = min(found.sets, key=lambda one: found.caught(one).value)
    own, caught = found.false_refusals, found.caught(least)
    if caught.value == 1:
        return _("It refuses all that it was shown, and {own} of what it knows").format(own=percent(own.value))
    text = _("It refuses {own} of what it knows, and {caught} of “{name}”, which it refuses least")
    if caught.low <= own.value:
        text = _(
            "It refuses {own} of what it knows, and no more of “{name}” ({caught}): there its refusal is worth nothing"
        )
    return text.format(own=percent(own.value), caught=part(least.caught, least.n), name=set_name(least))


def _not_met(run: Run, judged: Judged, found: Unknowns) -> None:
    """Datasets that have come since: nobody knows yet what the model makes of them."""
    if judged.dataset is None:
        return
    met = {(one.name, one.version) for one in found.sets}
    others = [name for name, version, _pixels in unknown_sets(judged.dataset) if (name, version) not in met]
    if others:
        text = _("Not shown to it yet: {names}. “Measure again” includes what is here now.")
        st.info(text.format(names=plain(", ".join(others))), icon=":material/info:")


def rate(count: int, n: int) -> str:
    """A share with its 95% interval."""
    found = share(count, n)
    return f"{percent(found.value)} ({percent(found.low)}–{percent(found.high)})"


def interval(found: Measured) -> str:
    """An AUROC with its 95% interval."""
    return f"{found.value:.2f} ({found.low:.2f}–{found.high:.2f})"


def every_score(
    kinds: Iterable[str], as_one: tuple[str, Callable[[str], float]], columns: Mapping[str, Callable[[str], Measured]]
) -> None:
    """Each score's AUROC, for who asks: the best on top.

    Args:
        as_one: what ranks them: its name, and the figure of a score.
        columns: by name, the AUROC of a score.
    """
    name, rank = as_one
    rows = [
        {
            _("AUROC"): score_name(kind),
            name: f"{rank(kind):.2f}",
            **{column: interval(told(kind)) for column, told in columns.items()},
        }
        for kind in sorted(kinds, key=rank, reverse=True)
    ]
    with st.expander(_("Every score")):
        st.table(pd.DataFrame(rows).set_index(_("AUROC")), border="horizontal")


def _refused(found: Unknowns) -> "go.Figure":
    """A bar for each set, its own test images first: the one that should be short."""
    import plotly.graph_objects as go

    rows: list[tuple[str, Measured, str, int]] = [(_("its own test images"), found.false_refusals, ORANGE, found.n)]
    rows += [(escaped(set_name(one)), found.caught(one), ACCENT, one.n) for one in found.sets]
    figure = go.Figure()
    figure.add_bar(
        y=[name for name, _share, _colour, _n in rows],
        x=[share.value for _name, share, _colour, _n in rows],
        orientation="h",
        width=0.6,
        marker={"color": [colour for _name, _share, colour, _n in rows]},
        error_x={
            "array": [share.high - share.value for _name, share, _colour, _n in rows],
            "arrayminus": [share.value - share.low for _name, share, _colour, _n in rows],
            "color": faded(GREY, 0.9),
        },
        customdata=[(share.low, share.high, n) for _name, share, _colour, n in rows],
        hovertemplate="%{x:.1%} (%{customdata[0]:.1%} – %{customdata[1]:.1%}), n = %{customdata[2]:,}<extra></extra>",
    )
    figure.update_xaxes(title=_("called unknown"), tickformat=".0%", range=[0, 1.02])
    figure.update_yaxes(autorange="reversed")
    return figure


def _scores(found: Unknowns) -> "go.Figure":
    """For each set, where the scores lie."""
    import plotly.graph_objects as go

    names = [escaped(set_name(one)) for one in found.sets]
    figure = go.Figure()
    others = [
        (one.auroc[kind], name, score_name(kind))
        for one, name in zip(found.sets, names, strict=True)
        for kind in one.auroc
        if kind != found.kind
    ]
    figure.add_scatter(
        x=[value for value, _name, _kind in others],
        y=[name for _value, name, _kind in others],
        mode="markers",
        name=_("other scores"),
        marker={"symbol": "line-ns-open", "size": 14, "color": GREY, "line": {"width": 2, "color": GREY}},
        customdata=[kind for _value, _name, kind in others],
        hovertemplate="%{x:.3f}<extra>%{customdata}</extra>",
    )
    sealed = [found.auroc(one) for one in found.sets]
    figure.add_scatter(
        x=[one.value for one in sealed],
        y=names,
        mode="markers",
        name=_("{kind} (sealed)").format(kind=score_name(found.kind)),
        marker={"symbol": "circle", "size": 12, "color": ACCENT},
        error_x={
            "array": [one.high - one.value for one in sealed],
            "arrayminus": [one.value - one.low for one in sealed],
            "color": faded(ACCENT, 0.6),
        },
        hovertemplate="%{x:.3f}<extra>" + score_name(found.kind) + "</extra>",
    )
    least = min(min(one.auroc.values()) for one in found.sets)
    figure.update_xaxes(title=_("AUROC"), range=[min(0.48, least - 0.03), 1.01])
    figure.update_yaxes(autorange="reversed")
    figure.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "title": None})
    return figure


def _scores_title(found: Unknowns) -> str:
    """Where another score is better than the sealed one, by more than chance; the set where it is most so."""
    better = [
        (found.auroc(one, kind).low - found.auroc(one).high, kind, one)
        for one in found.sets
        for kind in one.auroc
        if kind != found.kind
    ]
    gain, best, where = max(better, key=lambda case: case[0])
    if gain <= 0:
        return _("No score tells any of the sets clearly better than the sealed one, {kind}").format(
            kind=score_name(found.kind)
        )
    return _("The sealed model tells them by {kind}; {best} would tell “{name}” better").format(
        kind=score_name(found.kind), best=score_name(best), name=set_name(where)
    )


def _table(found: Unknowns) -> pd.DataFrame:
    rows = [
        {
            _("Set"): _("its own test images"),
            _("Images"): number(found.n),
            _("Called unknown"): rate(found.refused, found.n),
            _("AUROC, as sealed"): "–",
        }
    ]
    for one in found.sets:
        rows.append(
            {
                _("Set"): plain(set_name(one)),
                _("Images"): number(one.n),
                _("Called unknown"): rate(one.caught, one.n),
                _("AUROC, as sealed"): interval(found.auroc(one)),
            }
        )
    return pd.DataFrame(rows)


def _most_known(run: Run, judged: Judged, found: Unknowns) -> None:
    """The images of a set that it took most for its own."""
    ranked = {(one.name, one.version): one for one in sorted(found.sets, key=lambda one: one.auroc[found.kind])}
    key = st.selectbox(
        _("What it takes most for its own"),
        list(ranked),
        format_func=lambda key: set_name(ranked[key]),
        key="unknown-set",
    )
    chosen = ranked[key]
    try:
        pixels = _pixels(chosen.name, chosen.version, judged.predictions.classes, int(run.recipe["image_side"]))
    except VitrineError as error:
        show_error(error)
        return
    with st.grid(4, min_column_width=120, gap="small"):
        for position, label, probability, refused in chosen.most_known:
            with st.container(gap="xsmall"):
                name = plain(judged.predictions.classes[label])
                st.image(enlarged(pixels[position], 128), width="stretch", alt=set_name(chosen))
                text = _("“{name}”, {sure} sure: refused") if refused else _("“{name}”, {sure} sure: **let through**")
                st.caption(text.format(name=name, sure=sureness(probability)))


@st.cache_data(max_entries=8, show_spinner=False)
def _pixels(name: str, version: int | None, known: tuple[str, ...], side: int) -> np.ndarray:
    """The images of a set again, as they were shown to the model."""
    if version is None:
        return foreign(side, EACH)[name]
    return images_unknown_to(known, get_dataset(name, version), side)
