"""The stress test: accuracy as photos get worse, the pictures of what that means, and a second look at each image."""

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from core.data.imageset import load_split
from core.data.versions import Dataset
from core.errors import VitrineError
from core.evaluation.corruptions import CORRUPTIONS, SEVERITIES, corrupt
from core.evaluation.stress import ADVERSARIAL, IMAGES, NAMES, STEPS, Stress
from core.evaluation.studies import study
from core.evaluation.views import Views
from core.runs.run import Run
from ui.charts import add_band, show_chart
from ui.formats import number, percent
from ui.i18n import _
from ui.judging import Judged, missing_pictures
from ui.palette import ACCENT, ORANGE
from ui.pictures import enlarged
from ui.states import show_error
from ui.studies import measure_again, measured

if TYPE_CHECKING:
    import plotly.graph_objects as go

COLUMNS = 3  # of small charts
SHOWN = 4  # images whose harm is shown


def name_of(kind: str) -> str:
    """A kind of harm in words."""
    return _(NAMES[kind])


def stress_test(run: Run, judged: Judged) -> None:
    """The curves once they were measured; the button that measures them before."""
    if judged.dataset is None and study(run, "stress") is None:  # it can only be measured where the images are
        missing_pictures(run, judged.trouble)
        return
    found: Stress | None = measured(
        run,
        "stress",
        _("Run the stress test"),
        _(
            "Photos in use are blurred, dark, aslant or half hidden. The stress test makes up to {n} test images so, in five steps each, "
            "and counts how many the sealed model still names rightly. It is our own, and not the published CIFAR-10-C."
        ).format(n=number(IMAGES)),
    )
    if found is None:
        return
    ranked = sorted(found.correct, key=found.loss, reverse=True)
    worst = max((kind for kind in ranked if kind != ADVERSARIAL), key=found.loss)
    title = _("Most harmful in daily use: {kind}, {loss:.0f} points on average").format(
        kind=name_of(worst), loss=100 * found.loss(worst)
    )
    show_chart(_curves(found, ranked), title, "stress", height=640, top=44)
    ends = [found.accuracy(kind, severity) for kind in ranked for severity in range(SEVERITIES + 1)]
    widest = max(one.high - one.low for one in ends) / 2
    text = _(
        "{n} test images, the same ones throughout; every point is known to ±{margin:.1f} points at most (95%). “Made to mislead” moves "
        "each pixel by up to {step} of 255, knowing the model's weights (FGSM)."
    )
    st.caption(text.format(n=number(found.n), margin=100 * widest, step=STEPS[-1]))
    if judged.dataset is not None:
        _examples(judged.dataset, ranked)
        measure_again(run, "stress")


def second_look(run: Run, judged: Judged) -> None:
    """Test-time augmentation, apart from the plain figure."""
    if judged.dataset is None and study(run, "views") is None:
        return
    found: Views | None = measured(
        run,
        "views",
        _("Look several times"),
        _(
            "Accuracy as research often quotes it: each image is looked at several times, shifted and mirrored, and the probabilities are "
            "averaged. That costs as many times the computing; what is served here does not do that."
        ),
    )
    if found is None:
        return
    better = found.accuracy
    st.markdown(
        _(
            "With **test-time augmentation** ({views} looks at each image) it names {share} rightly (95% interval {low} to {high}, {n} "
            "images), {gain:+.1f} points against a single look."
        ).format(
            views=found.views,
            share=percent(better.value),
            low=percent(better.low),
            high=percent(better.high),
            n=number(found.n),
            gain=100 * (found.correct - found.plain) / found.n,
        )
    )


def _curves(found: Stress, ranked: list[str]) -> "go.Figure":
    """A small chart for each kind of harm, the worst first, all on the same scale."""
    from plotly.subplots import make_subplots

    rows = -(-len(ranked) // COLUMNS)
    names = [f"{name_of(kind)}<br>{_points(found.loss(kind))}" for kind in ranked]
    figure = make_subplots(
        rows,
        COLUMNS,
        shared_xaxes=True,
        shared_yaxes=True,
        subplot_titles=names,
        horizontal_spacing=0.04,
        vertical_spacing=0.13,
    )
    steps = list(range(SEVERITIES + 1))
    for position, kind in enumerate(ranked):
        place = {"row": position // COLUMNS + 1, "col": position % COLUMNS + 1}
        accuracies = [found.accuracy(kind, step) for step in steps]
        colour = ORANGE if kind == ADVERSARIAL else ACCENT
        add_band(figure, steps, np.array([[one.low, one.high] for one in accuracies]), colour, **place)
        figure.add_scatter(
            x=steps,
            y=[one.value for one in accuracies],
            mode="lines",
            line={"color": colour, "width": 3},
            customdata=[[one.low, one.high] for one in accuracies],
            hovertemplate="%{x}: %{y:.1%} (%{customdata[0]:.1%} – %{customdata[1]:.1%})<extra></extra>",
            **place,
        )
    figure.update_xaxes(tickvals=steps, showgrid=False)
    figure.update_xaxes(title=_("severity"), row=rows)
    figure.update_yaxes(tickformat=".0%", range=[0, 1.02])
    figure.update_yaxes(title=_("named rightly"), col=1)
    figure.update_annotations(font_size=13)
    figure.update_layout(showlegend=False)
    return figure


def _points(loss: float) -> str:
    """Accuracy lost, in whole points."""
    lost = round(100 * loss)
    return f"−{lost}" if lost > 0 else f"+{-lost}" if lost < 0 else "±0"


def _examples(dataset: Dataset, ranked: list[str]) -> None:
    """What a kind of harm looks like, on test images, from none to the worst."""
    kind = st.selectbox(
        _("What it looks like"), [one for one in ranked if one in CORRUPTIONS], format_func=name_of, key="harm"
    )
    try:
        images = load_split(dataset, "test", 32)
    except VitrineError as error:
        show_error(error)
        return
    chosen = np.asarray(images.pixels[np.linspace(0, len(images) - 1, SHOWN).astype(int)])
    rows = [chosen, *(corrupt(chosen, kind, severity) for severity in range(1, SEVERITIES + 1))]
    with st.grid(SEVERITIES + 1, min_column_width=80, gap="small"):
        for severity, row in enumerate(rows):
            with st.container(gap="xsmall"):
                for image in row:
                    st.image(enlarged(image, 96), width="stretch", alt=f"{name_of(kind)} {severity}")
                st.caption(_("as it is") if severity == 0 else _("severity {n}").format(n=severity))
