"""The language of the reader: every text on the screen goes through :func:`_`.

The language is the one the browser asks for; what has no catalogue is shown in English. Catalogues lie in
``locale/<language>/LC_MESSAGES/vitrine.mo``; long texts are files in ``content/<language>``.
"""

import functools
import gettext
from collections.abc import Callable
from pathlib import Path

import streamlit as st

DOMAIN = "vitrine"
_ROOT = Path(__file__).resolve().parent.parent
_LOCALES = _ROOT / "locale"
_CONTENT = _ROOT / "content"


def language() -> str:
    """The language of this visit, one of those that Vitrine speaks: the one chosen, or what the browser asks for."""
    wanted = str(st.session_state.get("language") or st.context.locale or "en").replace("-", "_")
    return next((name for name in (wanted, wanted.split("_")[0]) if name in _languages()), "en")


def _(message: str) -> str:
    """`message` in the reader's language. Placeholders are named and filled afterwards by ``.format``."""
    return _catalogue(language()).gettext(message)


def translator() -> Callable[[str], str]:
    """What :func:`_` does for this reader, for work that is done when his visit is out of sight."""
    return _catalogue(language()).gettext


def ngettext(singular: str, plural: str, n: int) -> str:
    """The form of a message that goes with the number `n`."""
    return _catalogue(language()).ngettext(singular, plural, n)


def content(name: str) -> str:
    """The long text ``content/<language>/<name>.md``, in English where it has not been translated."""
    translated = _CONTENT / language() / f"{name}.md"
    return (translated if translated.is_file() else _CONTENT / "en" / f"{name}.md").read_text(encoding="utf-8")


@functools.cache
def _languages() -> frozenset[str]:
    return frozenset({"en", *(path.parent.parent.name for path in _LOCALES.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))})


@functools.cache
def _catalogue(name: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, _LOCALES, languages=[name], fallback=True)
