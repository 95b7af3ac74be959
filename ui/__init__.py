"""Streamlit parts of pages: sections, charts, pickers, and the words they use."""
