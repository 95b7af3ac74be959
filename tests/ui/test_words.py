"""Every text that a user sees can be translated: nothing on the screen bypasses ``_()``, no message is built before it."""

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted([*ROOT.glob("pages/*.py"), *ROOT.glob("ui/**/*.py"), ROOT / "streamlit_app.py"])

# What Streamlit shows of a call: the first argument of these, and these keywords of any call.
# fmt: off
SHOWING = {
    "title", "header", "subheader", "markdown", "caption", "text", "write", "info", "warning", "error", "success",
    "toast", "metric", "button", "checkbox", "toggle", "radio", "selectbox", "multiselect", "slider",
    "select_slider", "number_input", "text_input", "text_area", "file_uploader", "download_button", "link_button",
    "expander", "popover", "tab", "status", "spinner", "badge", "pills", "segmented_control", "progress",
    "add_annotation", "dialog", "form_submit_button", "TextColumn", "NumberColumn", "ProgressColumn",
    "DatetimeColumn", "ImageColumn",
}
# fmt: on
KEYWORDS = {"label", "help", "placeholder", "alt", "caption", "text", "title", "name", "ticktext"}
MARKUP = re.compile(r":material/\w+:|:[a-z]+(-background|-badge)?\[|<[^>]*>|[%]?\{[^}]*\}|:[-]+:?")


def has_words(text: str) -> bool:
    """Whether a literal holds a word of some language, rather than markup, an icon or punctuation."""
    return re.search(r"[A-Za-z]{2,}", MARKUP.sub(" ", text)) is not None


def literals(node: ast.expr) -> Iterator[str]:
    """The texts written out in an expression, those inside calls (of ``_`` and others) left out."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
    elif isinstance(node, ast.BinOp):
        yield from literals(node.left)
        yield from literals(node.right)
    elif isinstance(node, ast.IfExp):
        yield from literals(node.body)
        yield from literals(node.orelse)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from literals(value)
    elif isinstance(node, ast.List | ast.Tuple):
        for element in node.elts:
            yield from literals(element)


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def untranslated(tree: ast.AST) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        shown = [*node.args[:1]] if called(node) in SHOWING and isinstance(node.func, ast.Attribute) else []
        if called(node) in SHOWING | {"Page", "page_link"}:
            shown += [keyword.value for keyword in node.keywords if keyword.arg in KEYWORDS]
        found += [f"line {node.lineno}: {text!r}" for value in shown for text in literals(value) if has_words(text)]
    return found


def translations(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "ngettext"):
            yield node


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_on_the_screen_bypasses_translation(path: Path) -> None:
    assert untranslated(ast.parse(path.read_text())) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_messages_are_filled_after_they_are_translated(path: Path) -> None:
    for call in translations(ast.parse(path.read_text())):
        for argument in call.args[:2]:
            built = isinstance(argument, ast.JoinedStr | ast.BinOp) or (
                isinstance(argument, ast.Call) and called(argument) == "format"
            )
            assert not built, f"line {call.lineno}: translate first, then fill"


def hidden(tree: ast.AST) -> list[ast.Call]:
    """Translations inside f-strings, where those who collect the texts do not see them."""
    return [call for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for call in translations(node)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_message_hides_in_an_f_string(path: Path) -> None:
    assert [call.lineno for call in hidden(ast.parse(path.read_text()))] == []


@pytest.mark.parametrize("source", ["f\"| {_('Who')} |\"", "f\"{n} {ngettext('a', 'b', n)}\""])
def test_a_hidden_message_is_noticed(source: str) -> None:
    assert hidden(ast.parse(source))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_placeholders_have_names(path: Path) -> None:
    for call in translations(ast.parse(path.read_text())):
        for argument in call.args[:2]:
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                fields = [
                    field for _text, field, _spec, _how in string.Formatter().parse(argument.value) if field is not None
                ]
                assert all(field and not field[0].isdigit() for field in fields), (
                    f"line {call.lineno}: {argument.value}"
                )


@pytest.mark.parametrize(
    "source",
    [
        'st.title("Hello there")',
        'st.markdown(f"**{n}** images")',
        'st.button(_("Go"), help="Goes away")',
        'column.metric("Saved", "1")',
        'st.caption("one" if x else "two words")',
        'st.page_link("pages/data.py", label="See data")',
    ],
)
def test_a_bypass_is_noticed(source: str) -> None:
    assert untranslated(ast.parse(source))


@pytest.mark.parametrize(
    "source",
    [
        'st.title(_("Hello there"))',
        'st.markdown(f":material/check: **{name}**")',
        'st.page_link("pages/data.py", label=_("See data"), icon=":material/add:")',
        'st.markdown(_("{n} images").format(n=3))',
    ],
)
def test_what_is_translated_passes(source: str) -> None:
    assert not untranslated(ast.parse(source))
