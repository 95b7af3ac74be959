"""Smaller and faster forms of a model: what each costs and gains beside the sealed one, and which of them answers."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from core.bundle.format import FP16, INT8, PRUNED
from core.data.lookup import images_for
from core.errors import VitrineError
from core.evaluation.studies import study
from core.evaluation.variants import ORIGINAL, SERVABLE, Variants
from core.runs.run import Run
from core.serving.choice import chosen_form, serve_as
from core.serving.models import served
from ui.charts import show_chart
from ui.formats import file_size, number, part, percent, plain
from ui.i18n import _
from ui.judging import bring_images
from ui.palette import ACCENT, GREY
from ui.states import message, show_error
from ui.studies import measure_again, measured

if TYPE_CHECKING:
    import plotly.graph_objects as go

KEEPS = 0.01  # of accuracy: what loses more is not praised for its size
WORTH = 1.1  # times smaller or faster: less is not worth a word

_KEY = "served-form"


def name_of(form: str) -> str:
    """A form as it is called on the page."""
    return {ORIGINAL: _("Original"), FP16: "fp16", INT8: "int8", PRUNED: _("Pruned")}[form]


def served_note(run: Run) -> None:
    """A line where another form than the sealed one answers, or should."""
    now = served(run)
    if now.trouble is not None:
        show_error(now.trouble)
    elif now.form != ORIGINAL:
        text = _(
            "Its **{form}** form answers, not the sealed original, as was chosen on the Deploy page under “What answers”."
        )
        st.caption(":material/compress: " + text.format(form=name_of(now.form)))


def smaller_and_faster(run: Run) -> None:
    """The comparison once it was made, and the choice; the button that makes it before."""
    found: Variants | None = study(run, "variants")
    if found is None:
        st.header(_("Smaller and faster"), anchor=False)
    trouble = _images_missing(run)
    if found is None and trouble is not None:
        _bring(run, trouble)
        return
    about = _(
        "The same network can be stored in half the bits, computed in whole numbers, or freed of the weights that matter least. This makes all "
        "three of it, and measures each beside the original: size, speed here, and what becomes of its answers."
    )
    found = measured(run, "variants", _("Make them and measure"), about)
    if found is None:
        return
    st.header(finding(found), anchor=False)
    st.table(_table(found), border="horizontal")
    _notes(found)
    if not _others(found):
        return
    _choice(run, found)
    show_chart(_chart(found), _loss(found), "variants", height=320)
    st.caption(_("Bars are 95% intervals. Further left is smaller, further up is better."))
    if trouble is None:
        measure_again(run, "variants")


def finding(found: Variants) -> str:
    """What came of it, in a sentence."""
    if not _others(found):
        return _("No other form of it can be made")
    kept = [form for form in _others(found) if _lost(found, form) <= KEEPS]
    if not kept:
        return _("Every other form loses more than a point of accuracy")
    best = max(kept, key=lambda form: found.smaller(form) * found.faster(form))
    smaller, faster = found.smaller(best), found.faster(best)
    if smaller < WORTH and faster < WORTH:
        return _("No other form is smaller or faster by much")
    text = _(
        "{form} is {smaller:.1f} times smaller and {faster:.1f} times faster, and names the same class in {same} of the test images"
    )
    if faster < WORTH:
        text = _(
            "{form} is {smaller:.1f} times smaller, though no faster with one image, and names the same class in {same} of the test images"
        )
    if smaller < WORTH:
        text = _(
            "{form} is {faster:.1f} times faster, though no smaller, and names the same class in {same} of the test images"
        )
    return text.format(
        form=name_of(best), smaller=smaller, faster=faster, same=part(found.forms[best].same_class, found.n)
    )


def _others(found: Variants) -> list[str]:
    return [form for form in found.forms if form != ORIGINAL]


def _lost(found: Variants, form: str) -> float:
    return found.accuracy(ORIGINAL).value - found.accuracy(form).value


def _images_missing(run: Run) -> VitrineError | None:
    try:
        images_for(run)
    except VitrineError as error:
        return error
    return None


def _bring(run: Run, trouble: VitrineError) -> None:
    """Say that it takes images to make them, and how to get those."""
    if trouble.code != "dataset_not_here":
        show_error(trouble)
        return
    text = _(
        "To make smaller forms of it, and to see what they lose, takes the images of “{data}”, which do not come with Vitrine."
    )
    st.markdown(text.format(data=plain(run.data)))
    bring_images(run)


def _table(found: Variants) -> pd.DataFrame:
    """A column for each form, a line for each figure; the best of the other forms stands out."""
    forms = [form for form in SERVABLE if form in found.forms]
    rows = {}
    for title, shown, cost in _figures(found):
        costs = {form: cost(form) for form in forms if form != ORIGINAL}
        best = min(costs.values()) if len(set(costs.values())) > 1 else None  # where all are alike, none stands out
        rows[title] = [
            f"**{shown(form)}**" if best is not None and costs.get(form) == best else shown(form) for form in forms
        ]
    return pd.DataFrame.from_dict(rows, orient="index", columns=[name_of(form) for form in forms])


def _figures(found: Variants) -> list[tuple[str, Callable[[str], str], Callable[[str], float]]]:
    """What is compared: its name, the figure of a form as it is shown, and a number that is lower where it is better."""
    forms = found.forms

    def beside(text: str, form: str) -> str:
        return "–" if form == ORIGINAL else text  # it is of one mind with itself

    return [
        (_("Size"), lambda form: file_size(forms[form].size), lambda form: forms[form].size),
        (_("Zipped"), lambda form: file_size(forms[form].zipped), lambda form: forms[form].zipped),
        (_("One image, ms"), lambda form: f"{1000 * forms[form].seconds:.2f}", lambda form: forms[form].seconds),
        (
            _("Images/s"),
            lambda form: number(forms[form].speed),
            lambda form: -forms[form].speed,
        ),
        (_("Test accuracy"), lambda form: percent(found.accuracy(form).value), lambda form: -forms[form].correct),
        (_("95% interval"), lambda form: _interval(found, form), lambda form: 0),
        (
            _("Same class"),
            lambda form: beside(part(forms[form].same_class, found.n), form),
            lambda form: -forms[form].same_class,
        ),
        (
            _("Same verdict"),
            lambda form: beside(part(forms[form].same_verdict, found.n), form),
            lambda form: -forms[form].same_verdict,
        ),
        (_("Mean Δp, %"), lambda form: beside(f"{100 * forms[form].moved:.3f}", form), lambda form: forms[form].moved),
    ]


def _time(seconds: float) -> str:
    return _("{n} ms").format(n=f"{1000 * seconds:.2f}")


def _interval(found: Variants, form: str) -> str:
    accuracy = found.accuracy(form)
    return f"{100 * accuracy.low:.1f}–{percent(accuracy.high)}"


def _notes(found: Variants) -> None:
    """What could not be made, how it was measured, and what each form is."""
    for form in found.impossible:
        text = _("**{form}** cannot be made of this network. {reason}")
        st.markdown(text.format(form=name_of(form), reason=message(found.trouble(form))))
    text = _(
        "{n} test images, the same for all. Times are medians of turns that each form took with the original, one image and {batch} at once, with "
        "{threads} threads of {processor}; bold is the best of the others. Δp is how far a probability moved, in percentage points."
    )
    st.caption(
        text.format(n=number(found.n), batch=found.batch, threads=found.threads, processor=plain(found.processor))
    )
    with st.expander(_("What they are"), icon=":material/compress:"):
        st.markdown(
            _(
                "- **fp16** keeps each weight in 16 bits instead of 32. The file halves and the answers stay. A processor computes as before; "
                "graphics cards can be faster.\n"
                "- **int8** computes in whole numbers of 8 bits. The range that each layer needs was read off {images} training images, never "
                "off validation or test images.\n"
                "- **Pruned** has the half of its weights set to zero that matters least (LAMP), and was not trained again. Zeros take as much room as "
                "other numbers until the file is zipped, and as much time: ONNX Runtime does not skip them.\n\n"
                "In all of them the first steps with the pixels, the last layer, the probabilities and the knownness are computed as in the original. The threshold "
                "of the knownness was set anew by what each form says; that of the probability too, where the validation images are known."
            ).format(images=number(found.calibration))
        )


def _choice(run: Run, found: Variants) -> None:
    """Which form answers: chosen with a click, and stored."""
    form = chosen_form(run)
    st.session_state[_KEY] = form if form in found.forms else ORIGINAL
    st.segmented_control(
        _("What answers"),
        [name for name in SERVABLE if name in found.forms],
        format_func=name_of,
        key=_KEY,
        required=True,
        on_change=_choose,
        args=(run,),
        help=_(
            "On the Predict page, over the API and on the command line; and what is downloaded. It can be changed at any time."
        ),
    )
    st.caption(
        _("Evaluate, the report and the stored predictions stay those of the sealed original, whatever answers.")
    )


def _choose(run: Run) -> None:
    try:
        serve_as(run, st.session_state[_KEY])
    except VitrineError as error:
        st.toast(message(error), icon=":material/error:")


def _loss(found: Variants) -> str:
    worst = max(_others(found), key=lambda form: _lost(found, form))
    if found.accuracy(worst).value >= found.accuracy(ORIGINAL).low:
        return _("None of them falls below the original’s 95% interval")
    text = _("{form} costs most accuracy: {loss:.1f} points")
    return text.format(form=name_of(worst), loss=100 * _lost(found, worst))


def label_places(sizes: dict[str, int]) -> dict[str, str]:
    """Where a form's name stands beside its point: inside the chart, and of neighbours one above and one below."""
    largest = max(sizes.values())
    return {
        form: f"{'bottom' if place % 2 else 'top'} {'left' if sizes[form] > 0.7 * largest else 'right'}"
        for place, form in enumerate(sorted(sizes, key=sizes.__getitem__))
    }


def _chart(found: Variants) -> "go.Figure":
    """Accuracy against size, each form a point with its interval."""
    import plotly.graph_objects as go

    figure = go.Figure()
    largest = max(one.size for one in found.forms.values())
    places = label_places({form: one.size for form, one in found.forms.items()})
    for form in (form for form in SERVABLE if form in found.forms):
        accuracy, one = found.accuracy(form), found.forms[form]
        figure.add_scatter(
            x=[one.size / 1024**2],
            y=[accuracy.value],
            error_y={"array": [accuracy.high - accuracy.value], "arrayminus": [accuracy.value - accuracy.low]},
            mode="markers+text",
            text=[name_of(form)],
            textposition=places[form],
            marker={"color": GREY if form == ORIGINAL else ACCENT, "size": 11},
            hovertemplate=f"{file_size(one.size)}, {_time(one.seconds)}, {percent(accuracy.value, 2)}<extra>{name_of(form)}</extra>",
            showlegend=False,
        )
    figure.update_xaxes(title_text=_("size in MB"), range=[0, 1.05 * largest / 1024**2])
    figure.update_yaxes(title_text=_("test accuracy"), tickformat=".1%")
    return figure
