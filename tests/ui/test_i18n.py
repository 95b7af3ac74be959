"""The language of the reader, as far as Vitrine speaks it."""

from pathlib import Path

import pytest
import streamlit as st

from ui import i18n


@pytest.fixture(autouse=True)
def _fresh_catalogues() -> None:
    i18n._languages.cache_clear()
    i18n._catalogue.cache_clear()


@pytest.fixture
def chinese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalogue with one message and a long text, compiled as Babel does it."""
    from babel.messages.catalog import Catalog
    from babel.messages.mofile import write_mo

    catalogue = Catalog(locale="zh")
    catalogue.add("Train", "训练")
    folder = tmp_path / "locale" / "zh" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with open(folder / "vitrine.mo", "wb") as file:
        write_mo(file, catalogue)
    content = tmp_path / "content"
    for name, text in (("en", "large"), ("zh", "大")):
        (content / name).mkdir(parents=True)
        (content / name / "model.md").write_text(text)
    (content / "en" / "only.md").write_text("only in English")
    monkeypatch.setattr(i18n, "_LOCALES", tmp_path / "locale")
    monkeypatch.setattr(i18n, "_CONTENT", content)


def speak(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(st.session_state, "language", language)


@pytest.mark.parametrize("asked", ["zh", "zh-CN", "zh_TW"])
def test_a_language_that_is_there_is_spoken(asked: str, chinese: None, monkeypatch: pytest.MonkeyPatch) -> None:
    speak(asked, monkeypatch)
    assert i18n._("Train") == "训练" and i18n.content("model") == "大"


@pytest.mark.parametrize("asked", ["fr-FR", "", "../../etc", "zhx"])
def test_any_other_falls_back_to_english(asked: str, chinese: None, monkeypatch: pytest.MonkeyPatch) -> None:
    speak(asked, monkeypatch)
    assert i18n.language() == "en" and i18n._("Train") == "Train" and i18n.content("model") == "large"


def test_a_long_text_without_translation_is_shown_in_english(chinese: None, monkeypatch: pytest.MonkeyPatch) -> None:
    speak("zh", monkeypatch)
    assert i18n.content("only") == "only in English"


def test_numbers_choose_the_form_of_a_message() -> None:
    assert [i18n.ngettext("{n} image", "{n} images", n).format(n=n) for n in (1, 2)] == ["1 image", "2 images"]
