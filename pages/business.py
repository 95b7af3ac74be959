"""Concepts: the six steps and where this run stands, and what makes a model large."""

import streamlit as st

from ui.i18n import _

st.markdown(_("Six steps lead from a folder of images to a decision that earns money. Here they run for real."))
