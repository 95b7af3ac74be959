"""Files that stand under more than one class: each beside its copies, and what is to become of it."""

import streamlit as st

from core.data.profile import conflicts_in
from core.data.versions import Dataset
from core.errors import VitrineError
from ui.corrections import finish, judge
from ui.datasets import SIDE
from ui.formats import number, plain
from ui.i18n import _, ngettext
from ui.paging import show_more, visible
from ui.pictures import enlarged
from ui.rows import looking
from ui.states import show_error

FILES_AT_ONCE = 6
THUMBNAIL = 160  # pixels on the screen: there must be room for the choice below


def conflicts(dataset: Dataset) -> None:
    """All of them, with a choice below each picture and the button that makes a version; nothing where there are none."""
    found = conflicts_in(dataset)
    if not found:
        return
    title = ngettext(
        "{n} file stands under more than one class", "{n} files stand under more than one class", len(found)
    )
    st.header(title.format(n=number(len(found))), anchor=False)
    st.markdown(_("No model can learn both. Leave one out, or say what it is: a new version is made of what you say."))
    try:
        look = looking(dataset, SIDE)
    except VitrineError as error:
        show_error(error)
        return
    for same in found[: visible(FILES_AT_ONCE, "data-conflicts")]:
        with st.container(border=True), st.grid("auto", min_column_width=THUMBNAIL, gap="medium") as grid:
            for row in same:
                picture, label, split = look(row)
                caption = f"{split}: {dataset.classes[label]}"
                with grid.cell():
                    st.image(enlarged(picture), caption=plain(caption), width=THUMBNAIL, alt=caption)
                    judge(dataset, row, label, "conflict")
    show_more(len(found), FILES_AT_ONCE, "data-conflicts")
    finish(dataset)
