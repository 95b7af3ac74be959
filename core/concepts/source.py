"""This repository's own code, read from its files at the moment it is shown. It is read as text: nothing is imported."""

import ast
import functools
import textwrap
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Part:
    """A function or class as it stands in a file.

    Attributes:
        path: of the file, below the repository's root.
        line: on which it begins, counted from 1.
        code: its lines, as far to the left as they go.
    """

    path: str
    name: str
    line: int
    code: str


def part(path: str, name: str) -> Part:
    """The function, class or method (``Class.method``) of that name in a file below the repository's root.

    Raises:
        LookupError: when nothing there has that name any more.
    """
    file = ROOT / path
    return _part(path, name, file.stat().st_mtime_ns)


@functools.lru_cache(maxsize=64)
def _part(path: str, name: str, _written: int) -> Part:
    text = (ROOT / path).read_text(encoding="utf-8")
    node: ast.AST = ast.parse(text)
    for step in name.split("."):
        node = _child(node, step, path)
    assert isinstance(node, ast.FunctionDef | ast.ClassDef)
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    lines = text.splitlines()[first - 1 : node.end_lineno]
    return Part(path, name, first, textwrap.dedent("\n".join(lines)))


def _child(node: ast.AST, name: str, path: str) -> ast.AST:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.ClassDef) and child.name == name:
            return child
    raise LookupError(f"{path} has no {name}")
