"""What is taken for what: the confusion matrix, the pictures of mistakes, the figures of each class."""

import numpy as np
import pandas as pd
import streamlit as st

from core.data.imageset import load_split
from core.errors import VitrineError
from core.evaluation.metrics import confusion_matrix, per_class
from core.evaluation.predictions import StoredPredictions
from core.runs.run import Run
from ui.charts import escaped, show_chart
from ui.formats import plain
from ui.i18n import _, ngettext
from ui.judging import Judged, missing_pictures
from ui.palette import ACCENT, GROUND
from ui.pictures import enlarged
from ui.states import show_error

THUMBNAIL = 96  # pixels on the screen
MISTAKES = 24


def confusion(predictions: StoredPredictions) -> None:
    """The confusion matrix, in counts or shares of the true class."""
    import plotly.graph_objects as go

    classes = list(predictions.classes)
    matrix = confusion_matrix(predictions.labels, predictions.predicted, len(classes))
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    finding = _worst_confusion(matrix, classes)
    as_shares = st.segmented_control(
        _("Show"), [_("Shares"), _("Counts")], default=_("Shares"), required=True, key="confusion-unit"
    ) == _("Shares")
    figure = go.Figure(
        go.Heatmap(
            z=shares if as_shares else matrix,
            text=[[f"{cell:.0%}" if cell else "" for cell in row] for row in shares] if as_shares else matrix,
            texttemplate="%{text}",
            customdata=matrix,
            hovertemplate=_("%{y} taken for %{x}: %{customdata} images") + "<extra></extra>",
            colorscale=[
                [0, GROUND[st.context.theme.type or "light"]],
                [1, ACCENT],
            ],  # opaque: the text contrasts with it
            showscale=False,
            xgap=2,
            ygap=2,
        )
    )
    places = {
        "tickvals": list(range(len(classes))),
        "ticktext": [escaped(name) for name in classes],
        "showgrid": False,
        "zeroline": False,
    }
    figure.update_xaxes(title=_("the model says"), **places)
    figure.update_yaxes(title=_("the image shows"), autorange="reversed", **places)
    show_chart(figure, finding, "confusion", height=max(360, 44 * len(classes) + 100))


def _worst_confusion(matrix: np.ndarray, classes: list[str]) -> str:
    errors = matrix.copy()
    np.fill_diagonal(errors, 0)
    if not errors.any():
        return _("Every test image was named rightly")
    true, said = np.unravel_index(errors.argmax(), errors.shape)
    return _("Most often, “{true}” is taken for “{said}”: {count:,} of {total:,} images").format(
        true=classes[true], said=classes[said], count=errors[true, said], total=matrix[true].sum()
    )


def class_table(predictions: StoredPredictions) -> None:
    """Recall with its interval, precision and F1 for each class, worst first."""
    rows = pd.DataFrame(per_class(predictions.labels, predictions.predicted, predictions.classes))
    rows = rows.sort_values("recall", ignore_index=True)  # classes without a test image come last: they have no recall
    st.header(
        _("Hardest class: “{name}”, {recall:.0%} of its images are recognised").format(
            name=plain(rows.loc[0, "class"]), recall=rows.loc[0, "recall"]
        )
    )
    st.dataframe(
        rows,
        hide_index=True,
        column_order=["class", "recall", "recall_low", "recall_high", "precision", "f1", "support"],
        column_config={
            "class": st.column_config.TextColumn(_("Class")),
            "recall": st.column_config.ProgressColumn(
                _("Recognised"),
                format="percent",
                min_value=0.0,
                max_value=1.0,
                help=_("Recall: of the images of this class, the share named so."),
            ),
            "recall_low": st.column_config.NumberColumn(
                _("from"), format="percent", help=_("Lower end of the 95% interval.")
            ),
            "recall_high": st.column_config.NumberColumn(
                _("to"), format="percent", help=_("Upper end of the 95% interval.")
            ),
            "precision": st.column_config.NumberColumn(
                _("Right when said"), format="percent", help=_("Precision: of the images named so, the share that are.")
            ),
            "f1": st.column_config.NumberColumn(_("F1"), format="%.3f", help=_("Harmonic mean of the two.")),
            "support": st.column_config.NumberColumn(_("Images")),
        },
        placeholder="–",
        alt=_("Figures for each class, the hardest first"),
    )


def mistakes(run: Run, judged: Judged) -> None:
    """The most confident mistakes as pictures: what the model was surest of, and wrong about."""
    predictions = judged.predictions
    wrong = predictions.mistakes(MISTAKES)
    total = len(predictions) - predictions.correct
    if not total:
        st.header(_("It made no mistake"))
        return
    title = ngettext("Its only mistake", "Its {n} most confident mistakes, of {total:,}", total)
    st.header(title.format(n=len(wrong), total=total))
    if judged.dataset is None:
        assert judged.trouble is not None
        missing_pictures(run, judged.trouble)
        return
    try:
        images = load_split(judged.dataset, "test", int(run.recipe["image_side"]))
    except VitrineError as error:  # the figures stand without their pictures
        show_error(error)
        return
    position = {row: index for index, row in enumerate(images.rows.tolist())}
    pictures, captions, descriptions = [], [], []
    for index in wrong:
        true = predictions.classes[predictions.labels[index]]
        said = predictions.classes[predictions.predicted[index]]
        sure = predictions.probabilities[index].max()
        pictures.append(np.asarray(images.pixels[position[int(predictions.rows[index])]]))
        captions.append(plain(_("{said} {sure:.0%}, is {true}").format(said=said, sure=sure, true=true)))
        descriptions.append(_("An image of class {true} taken for {said}").format(true=true, said=said))
    with st.grid("auto", min_column_width=THUMBNAIL + 16, gap="small"):
        for picture, caption, description in zip(pictures, captions, descriptions, strict=True):
            st.image(enlarged(picture), caption=caption, width="stretch", alt=description)
