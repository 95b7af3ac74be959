"""The web process and the command line's predictions never load torch, nor what brings it along.

import-linter does not look inside other people's packages and cannot tell a lazy import from an eager one; a fresh
interpreter that imports everything can.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import ROOT

HEAVY = ("torch", "torchvision", "captum", "torchmetrics", "sklearn")
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for folder in ("ui", "core/serving", "core/business", "core/concepts", "core/evaluation", "core/data", "core/runs")
    for path in (ROOT / folder).rglob("*.py")
)
SCRIPTS = sorted(str(path.relative_to(ROOT)) for path in [*(ROOT / "pages").glob("*.py"), ROOT / "streamlit_app.py"])


def heavy_after(code: str, *arguments: str) -> list[str]:
    """Run `code` in a fresh interpreter; which of the heavy packages are loaded when it has ended."""
    report = f"\nimport json, sys; print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-c", code + report, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    loaded: list[str] = json.loads(done.stdout.splitlines()[-1])
    return loaded


# Every import of the scripts, those inside functions and branches too; their widgets are not run.
IMPORTS_OF_SCRIPTS = """
import ast, importlib, sys
trees = [ast.parse(open(script, encoding="utf-8").read()) for script in sys.argv[1:]]
for node in (node for tree in trees for node in ast.walk(tree)):
    if isinstance(node, ast.Import):
        for alias in node.names:
            importlib.import_module(alias.name)
    elif isinstance(node, ast.ImportFrom):
        module = importlib.import_module(node.module)
        for alias in node.names:
            if not hasattr(module, alias.name):
                importlib.import_module(f"{node.module}.{alias.name}")
"""


def test_the_server_and_its_api_load_no_torch() -> None:
    assert heavy_after("import server, core.serving.api") == []


def test_no_module_of_the_web_process_loads_torch() -> None:
    assert "core.serving.api" in MODULES and "ui.i18n" in MODULES
    assert heavy_after("import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)", *MODULES) == []


def test_no_page_loads_torch() -> None:
    assert "pages/train.py" in SCRIPTS
    assert heavy_after(IMPORTS_OF_SCRIPTS, *SCRIPTS) == []


def test_predicting_on_the_command_line_loads_no_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_HOME", str(tmp_path))
    predict = """
import sys
sys.argv = ["core", "predict", "latest", "photo.png"]
import core.__main__, core.bundle.predictor, core.serving.models, core.evaluation.predictions
assert core.__main__.main() == 1
"""
    assert heavy_after(predict) == []


def test_this_test_would_see_torch() -> None:
    assert heavy_after("import core.models.cnn") == ["torch"]
