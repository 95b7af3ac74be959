"""The router: page config, navigation in pipeline order, the run picker. The title is on the screen before anything heavy loads."""

import time
from pathlib import Path

import streamlit as st

from ui.i18n import _
from warming import first_page

static = Path(__file__).with_name("static")
# Named first: until then the browser would fetch the page's Material icon from another host.
st.set_page_config(page_title="Vitrine", page_icon=str(static / "vitrine.svg"), layout="wide")
st.logo(str(static / "wordmark.svg"), size="large", icon_image=str(static / "vitrine.svg"))
page = st.navigation(
    [
        st.Page("pages/concepts.py", title=_("Concepts"), icon=":material/school:", default=True),
        st.Page("pages/data.py", title=_("Data"), icon=":material/photo_library:", url_path="data"),
        st.Page("pages/train.py", title=_("Train"), icon=":material/model_training:", url_path="train"),
        st.Page("pages/evaluate.py", title=_("Evaluate"), icon=":material/fact_check:", url_path="evaluate"),
        st.Page("pages/predict.py", title=_("Predict"), icon=":material/image_search:", url_path="predict"),
        st.Page("pages/deploy.py", title=_("Deploy"), icon=":material/package_2:", url_path="deploy"),
        st.Page("pages/business.py", title=_("Business"), icon=":material/payments:", url_path="business"),
    ]
)

# Lines stay readable on a wide screen: the room is as wide as one exhibit, in the middle.
with st.container(horizontal_alignment="center"), st.container(width=1120):
    st.title(page.title, anchor=False)
    if "opened" not in st.session_state:  # a browser that gets all at once draws all of it before anything is seen
        st.session_state["opened"] = True
        time.sleep(0.02)

    # From here on it may take longer: the first look at a store brings MLflow.
    from core.errors import VitrineError
    from ui.pickers import run_picker
    from ui.states import show_error
    from ui.tour import take_again, tour
    from ui.visit import set_aside

    try:
        with st.sidebar:
            run_picker()
            take_again(page.url_path)
        tour(page.url_path)
        if page.url_path != "predict":  # its photos are kept, as far as they fit
            set_aside()
        page.run()
    except VitrineError as error:  # what a page can do nothing about ends it with a sentence
        show_error(error)
    finally:
        first_page.set()
