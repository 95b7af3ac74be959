"""A recipe that is kept, taken up again, and handed on: under a name, as a link, as a file."""

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

import streamlit as st

from core.errors import VitrineError
from core.training.recipe import Recipe
from core.training.recipes import (
    delete_recipe,
    from_json,
    load_recipe,
    restore_recipe,
    save_recipe,
    saved_recipes,
    to_json,
    to_link,
)
from ui.formats import plain
from ui.i18n import _
from ui.recipe_state import start_from
from ui.states import show_error

_DELETED = "deleted-recipe"
_SAVED, _SHARED = "saved-trouble", "shared-trouble"  # what went wrong in each popover: behind it nobody would see it


def sharing(recipe: Recipe, data: str) -> None:
    """Two popovers: recipes that were kept, and ways to hand this one on, with the name of the dataset."""
    with st.container(horizontal=True):
        with st.popover(_("Saved"), icon=":material/bookmark:", key="recipes-saved"):
            _saved(recipe)
            _trouble(_SAVED)
        with st.popover(_("Share"), icon=":material/share:", key="recipes-share"):
            _share(recipe, data)
            _trouble(_SHARED)
    _undo()


def _saved(recipe: Recipe) -> None:
    names = saved_recipes()
    if names:
        name = st.selectbox(_("Saved recipes"), names, key="saved-recipe")
        with st.container(horizontal=True):
            _button(_("Use"), ":material/input:", lambda: start_from(name, load_recipe(name)), "use-recipe")
            _button(_("Delete recipe"), ":material/delete:", lambda: _delete(name), "delete-recipe")
    else:
        st.caption(_("No recipe has been saved yet."))
    with st.form("save-recipe", border=False):
        st.text_input(_("Save these settings as"), max_chars=60, key="recipe-name", placeholder=_("my best so far"))
        st.form_submit_button(
            _("Save recipe"), icon=":material/bookmark_add:", on_click=_attempt, args=(lambda: _save(recipe), _SAVED)
        )


def _share(recipe: Recipe, data: str) -> None:
    st.markdown(_("This link opens this page with the sliders as they are now."))
    st.code(_link(recipe, data), language=None, wrap_lines=True)
    st.download_button(
        _("Download as a file"),
        to_json(recipe),
        f"{recipe.preset}.json",
        "application/json",
        icon=":material/download:",
        on_click="ignore",
        help=_("`python -m core train --recipe FILE` takes it too."),
    )
    st.file_uploader(
        _("Open a recipe's file"),
        type="json",
        max_upload_size=1,
        key="recipe-file",
        on_change=_attempt,
        args=(_open, _SHARED),
    )


def _link(recipe: Recipe, data: str) -> str:
    parts = urlsplit(st.context.url or "http://127.0.0.1:8501/train")
    return parts._replace(query=urlencode({"data": data, **to_link(recipe)}), fragment="").geturl()


def _save(recipe: Recipe) -> None:
    name = st.session_state["recipe-name"].strip()
    save_recipe(name, recipe)
    start_from(name, recipe)
    st.session_state["saved-recipe"] = name
    st.session_state["notice"] = _("“{name}” is saved.").format(name=plain(name))


def _delete(name: str) -> None:
    delete_recipe(name)
    st.session_state[_DELETED] = name


def _open() -> None:
    uploaded = st.session_state["recipe-file"]
    if uploaded is not None:  # it was not taken away again
        start_from(uploaded.name, from_json(uploaded.getvalue(), uploaded.name))


def _undo() -> None:
    """Offer to bring back the recipe that was deleted last in this visit."""
    name: str | None = st.session_state.get(_DELETED)
    if name is None or name in saved_recipes():
        return
    st.caption(_("“{name}” was deleted.").format(name=plain(name)))
    _button(_("Undo deletion"), ":material/undo:", lambda: restore_recipe(name), "restore-recipe")


def _button(label: str, icon: str, action: Callable[[], object], key: str) -> None:
    st.button(label, icon=icon, key=key, on_click=_attempt, args=(action, _SAVED))


def _attempt(action: Callable[[], object], place: str) -> None:
    try:
        action()
    except VitrineError as error:
        st.session_state[place] = error


def _trouble(place: str) -> None:
    if error := st.session_state.pop(place, None):
        show_error(error)
