"""Long lists of pictures, a part at a time."""

import streamlit as st

from ui.i18n import _


def visible(at_once: int, key: str) -> int:
    """How many of a list's items were asked for by now."""
    return at_once * int(st.session_state.get(f"pages-{key}", 1))


def show_more(total: int, at_once: int, key: str) -> None:
    """The button that shows another part, if there is one left."""
    if visible(at_once, key) < total:
        st.button(_("Show more"), icon=":material/expand_more:", key=f"more-{key}", on_click=_turn, args=(key,))


def _turn(key: str) -> None:
    st.session_state[f"pages-{key}"] = st.session_state.get(f"pages-{key}", 1) + 1
