"""The topic “Convolution”: one kernel by hand, then the chosen run's own filters, on the same picture."""

import streamlit as st

from core.errors import VitrineError
from core.runs.run import Run
from ui.concepts.filtering import SIDE, filtering
from ui.concepts.insides import insides
from ui.concepts.picture import chosen_picture
from ui.i18n import _, content
from ui.states import show_error


@st.fragment
def convolution(run: Run | None) -> None:
    """Pick a picture; filter it by hand; see it through the run's layers."""
    st.header(_("A convolution is one small sum, made at every place"), anchor=False)
    st.markdown(content("convolution"))
    picture = chosen_picture(run)
    if picture is None:
        st.caption(_("JPEG, PNG, WebP, AVIF, HEIC, GIF, BMP or TIFF."))
        return
    try:
        pixels = picture.pixels(SIDE)
    except VitrineError as error:
        show_error(error)
        return
    filtering(pixels)
    st.space("medium")
    insides(run, picture)
