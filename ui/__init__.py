"""What pages are made of: sections, charts, pickers, and the words on them."""

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

# Streamlit takes a folder named pages for its older way of many pages until st.navigation has run once in the process. A
# link to a page, opened first thing after the start, would run that page without the router: no title, no run picker.
if PagesManager.uses_pages_directory:
    PagesManager.uses_pages_directory = False
    st.rerun()
