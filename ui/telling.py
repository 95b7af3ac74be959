"""“That is wrong, it is a …”: photos that people correct the model by, kept where they agree, for the next training."""

import hashlib
import io
from collections.abc import Sequence

import numpy as np
import streamlit as st
from PIL import Image

from core.bundle.decoding import Decoded, shared_pool
from core.bundle.predictor import Predictor
from core.data import feedback
from core.data.lookup import data_of, images_for
from core.errors import VitrineError
from core.runs.run import Run
from ui.formats import plain
from ui.i18n import _, ngettext
from ui.many import Judgement
from ui.states import message

THUMBNAIL = 128
_MADE = "told-made"  # the version that was made in this visit


def tell_better(model: Predictor, run: Run, judged: Judgement, square: np.ndarray) -> None:
    """A small way to say what the photo shows, and to let it be kept.

    Args:
        square: uint8 `[s, s, 3]`, the photo as the model gets it.
    """
    answer = judged.answer
    assert answer is not None
    digest = hashlib.sha256(_drawing(square)).hexdigest() if model.metadata.ground else judged.sha256
    kept = next((one for one in feedback.kept(data_of(run)) if one.digest == digest), None)
    about = _(
        "Until now the photo is in memory only. If you keep it, its file is stored in this installation (the folder `feedback` "
        "among its data), with all that the camera wrote into it, until it is removed or becomes part of a new version of the "
        "dataset. Whoever may open this page sees it."
    )
    if kept:
        about = _("It is kept as “{label}” already. If you keep it again, it is as what you choose now.").format(
            label=plain(kept.label)
        )
    with st.popover(_("That is wrong"), icon=":material/edit:"):
        label = st.selectbox(
            _("What does it show?"),
            [name for name in model.classes if answer.verdict != "known" or name != answer.label],
            index=None,
            placeholder=_("Choose its class"),
            key=f"told-{judged.sha256[:12]}",
            help=_(
                "If it shows none of these, there is nothing to teach here: “none of the things I know” is the right verdict. How often that is "
                "noticed is measured under Evaluate, Unknown inputs."
            ),
        )
        st.caption(about)
        st.button(
            _("Keep it for the next training"),
            icon=":material/save:",
            disabled=label is None,
            on_click=_keep,
            args=(model, run, judged, square, label),
        )


def waiting(run: Run) -> None:
    """The photos that are kept for the run's dataset, and what can be done with them."""
    made = st.session_state.get(_MADE, {})
    if made.get("run") == run.id:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.success(
                _("They are part of {name}, version {version} now.").format(**made), icon=":material/check_circle:"
            )
            st.page_link("pages/train.py", label=_("Train on it"), icon=":material/model_training:", width="content")
    data = data_of(run)
    kept = feedback.kept(data)
    if not kept:
        return
    title = ngettext(
        "{n} photo is kept for the next training", "{n} photos are kept for the next training", len(kept)
    ).format(n=len(kept))
    opened = st.expander(title, icon=":material/inventory_2:", key=f"kept-{data}", on_change="rerun")
    if not opened.open:
        return
    with opened:
        images = shared_pool().decode(_files(data, kept), THUMBNAIL)
        with st.grid("auto", min_column_width=THUMBNAIL, gap="small"):
            for one, image in zip(kept, images, strict=True):
                with st.container(gap="xsmall"):
                    if isinstance(image, Decoded):
                        st.image(image.pixels, width="stretch", alt=one.name)
                    text = _("{label}, not {said}") if one.said and one.label != one.said else "{label}"
                    st.caption(plain(text.format(label=one.label, said=one.said)))
                    st.button(
                        _("Remove"),
                        icon=":material/delete:",
                        key=f"forget-{one.digest}",
                        on_click=feedback.forget,
                        args=(data, one.digest),
                    )
        try:
            images_for(run)
        except VitrineError as error:
            st.caption(message(error))
            return
        st.button(
            _("Make a new version of the dataset with them"),
            icon=":material/library_add:",
            on_click=_take_in,
            args=(run,),
            type="primary",
        )


def _keep(model: Predictor, run: Run, judged: Judgement, square: np.ndarray, label: str) -> None:
    assert judged.answer is not None
    file = judged.photo.read()
    if model.metadata.ground:
        file = _drawing(square)
    assert isinstance(file, bytes)  # it was judged
    said = "" if judged.answer.verdict == "unknown" else judged.answer.label
    try:
        feedback.keep(data_of(run), file, judged.photo.name, label, said)
    except VitrineError as error:
        st.toast(message(error), icon=":material/error:")
        return
    st.session_state.pop(_MADE, None)
    st.toast(_("Kept as “{label}”.").format(label=plain(label)), icon=":material/save:")


def _drawing(square: np.ndarray) -> bytes:
    """What is learnt from is the drawing, and not the paper."""
    png = io.BytesIO()
    Image.fromarray(square).save(png, "PNG")
    return png.getvalue()


def _take_in(run: Run) -> None:
    try:
        made = feedback.take_in(images_for(run), data_of(run))
    except VitrineError as error:
        st.toast(message(error), icon=":material/error:")
        return
    st.session_state[_MADE] = {"run": run.id, "name": plain(made.name), "version": made.version}


def _files(data: str, kept: Sequence[feedback.Kept]) -> list[bytes]:
    """Their contents; nothing of one that another visitor has just removed."""
    found = []
    for one in kept:
        try:
            found.append(feedback.photo(data, one.digest))
        except FileNotFoundError:
            found.append(b"")
    return found
