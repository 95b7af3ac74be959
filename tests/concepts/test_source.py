"""The code that is shown is the code that runs: found by name, and told when a name is gone."""

import importlib
import inspect
import textwrap

import pytest

from core.concepts.chapters import CHAPTERS, Piece
from core.concepts.source import part
from tests.processes import ROOT

PIECES = [piece for pieces in CHAPTERS.values() for piece in pieces]


@pytest.mark.parametrize("piece", PIECES, ids=lambda piece: piece.name)
def test_every_part_is_what_python_finds_under_that_name(piece: Piece) -> None:
    found: object = importlib.import_module(piece.path.removesuffix(".py").replace("/", "."))
    for name in piece.name.split("."):
        found = getattr(found, name)
    shown = part(piece.path, piece.name)
    # A decorator of torch's stands before the function that it was given.
    source = inspect.getsource(inspect.unwrap(found))  # type: ignore[arg-type]
    assert shown.code == textwrap.dedent(source).rstrip("\n")
    line = (ROOT / piece.path).read_text(encoding="utf-8").splitlines()[shown.line - 1]
    assert line.strip() == shown.code.splitlines()[0]


@pytest.mark.parametrize("name", ["article_net", "Classifier.article_cnn", "article_cnn.features"])
def test_a_name_that_is_gone_is_told(name: str) -> None:
    with pytest.raises(LookupError, match=r"core/models/cnn.py has no"):
        part("core/models/cnn.py", name)


def test_model_loop_and_evaluation_are_among_them() -> None:
    assert {"article_cnn", "fit", "Trainer.train_batch", "evaluate_bundle"} <= {piece.name for piece in PIECES}
