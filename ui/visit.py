"""Files that a visitor gave, kept in this visit's memory while other pages are looked at: bounded in bytes, never on disk, removed with a click."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from ui.formats import file_size, number
from ui.i18n import _, ngettext

MOST = 256 << 20  # bytes of all files that are kept while their page is left
JUDGED = "judged"  # what came of them, which holds on to their bytes
_HERE, _EARLIER, _DROPPED = "files-here", "files-earlier", "files-dropped"


def shown_next(key: str) -> None:
    """Called before an uploader of that key is shown: where it is shown anew, it will hold nothing, and what the last one held is set aside."""
    if key not in st.session_state:
        set_aside()


def hold(files: Sequence[Any]) -> None:
    """What the uploader holds now."""
    st.session_state[_HERE] = list(files)


def with_earlier(files: Sequence[Any]) -> list[Any]:
    """The files that an uploader holds, after those that were set aside; with a way to remove these."""
    hold(files)
    ids = {file.file_id for file in files}
    earlier = [file for file in st.session_state.get(_EARLIER, []) if file.file_id not in ids]
    if earlier:
        with st.container(horizontal=True, vertical_alignment="center"):
            text = ngettext("And {n} file that was given before", "And {n} files that were given before", len(earlier))
            st.caption(text.format(n=number(len(earlier))))
            st.button(_("Remove"), icon=":material/delete:", on_click=_remove, key="remove-earlier")
    if dropped := st.session_state.get(_DROPPED, 0):
        text = ngettext(
            "{n} file was let go when you left: at most {most} are kept meanwhile.",
            "{n} files were let go when you left: at most {most} are kept meanwhile.",
            dropped,
        )
        st.caption(text.format(n=number(dropped), most=file_size(MOST)))
    return [*earlier, *files]


def set_aside() -> None:
    """Keep what the uploader held that is left: the newest files, as far as they fit."""
    here = st.session_state.pop(_HERE, [])
    if not here:
        return
    files = [*st.session_state.get(_EARLIER, []), *here]
    kept, room = [], MOST
    for file in reversed(files):
        if file.size <= room:
            kept.append(file)
            room -= file.size
    st.session_state[_EARLIER] = kept[::-1]
    st.session_state[_DROPPED] = st.session_state.get(_DROPPED, 0) + len(files) - len(kept)
    if len(kept) < len(files):
        st.session_state.pop(JUDGED, None)


def _remove() -> None:
    st.session_state[_EARLIER], st.session_state[_DROPPED] = [], 0
