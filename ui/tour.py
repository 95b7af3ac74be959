"""The guided tour of a first visit: five pages with a few words on each. That it was taken is remembered in the home, so it comes once."""

from contextlib import suppress
from pathlib import Path

import streamlit as st

from core import paths
from ui.i18n import _

_ON = "on-tour"  # whether this visit is
_AGAIN = "tour"  # in the address, from a page where it does not lead
_PAGES = ("concepts", "data", "train", "evaluate", "predict")


def tour(page: str) -> None:
    """What to see on a page, by its name in the address, and the way on; nothing once the tour was taken, or where it does not lead.

    Who walks by himself finds the words of the page that he is on.
    """
    name = page or _PAGES[0]
    if st.query_params.pop(_AGAIN, None):
        _begin()
    if name not in _PAGES or not st.session_state.get(_ON, not _mark().exists()):
        return
    at = _PAGES.index(name)
    with st.container(border=True, key="tour", gap="small"):
        st.markdown(_words()[name])
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(_("Guided tour, {step} of {steps}").format(step=at + 1, steps=len(_PAGES)), width="content")
            # Links, not buttons: Streamlit leads nobody on by program while an open tab or the run stands in the address.
            if at > 0:
                st.page_link(_page(at - 1), label=_("Back"), icon=":material/arrow_back:")
            if at < len(_PAGES) - 1:
                st.page_link(_page(at + 1), label="**" + _("Next") + "**", icon=":material/arrow_forward:")
                st.button(_("Skip the tour"), type="tertiary", on_click=_end)
            else:
                st.button(_("End the tour"), type="primary", icon=":material/check:", on_click=_end)


def take_again(page: str) -> None:
    """The way to take it once more, for the sidebar: where one is, or from the first page where it does not lead."""
    label, icon = _("Guided tour"), ":material/tour:"
    if page and page not in _PAGES:
        st.page_link(_page(0), label=label, icon=icon, query_params={_AGAIN: "again"})
    else:
        st.button(label, icon=icon, type="tertiary", on_click=_begin)


def _words() -> dict[str, str]:
    return {
        "concepts": _(
            "**Welcome.** Vitrine builds a model that names what photos show, proves how good it is, and says what it is worth. The six "
            "steps below lead there; each opens its page. The **Run** in the sidebar is the model that all pages speak of."
        ),
        "data": _(
            "**It begins with images.** These come with Vitrine. Your own come class by class: as a folder, files, a ZIP, or from the camera. Look here before "
            "you train: a model learns whatever its images show, mistakes included."
        ),
        "train": _(
            "**Now it learns.** Choose a recipe and press **Train**; beside it stands how long that will take here. The curves grow as you watch, "
            "and the run goes on when you close the page."
        ),
        "evaluate": _(
            "**Is it any good?** Here it meets images that it never saw. See how often it is right, what it takes for what, and how it fares "
            "when photos get worse."
        ),
        "predict": _(
            "**Try it.** Give it a photo of yours: it says what it sees, how sure it is, and why, or that it knows nothing of the "
            "kind. After this, **Deploy** hands the model over, and **Business** puts a price on its mistakes."
        ),
    }


def _page(number: int) -> str:
    return f"pages/{_PAGES[number]}.py"


def _begin() -> None:
    st.session_state[_ON] = True


def _end() -> None:
    st.session_state[_ON] = False
    with suppress(OSError):  # on a full disk it only comes again
        _mark().touch()


def _mark() -> Path:
    return paths.home() / "toured"
