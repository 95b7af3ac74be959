"""The repository keeps its promises: pins, licences, set-up on a bare machine."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from core.runs.bundled import bundled_runs
from scripts.bundle_model import readme
from tests.processes import ROOT

PRODUCT = ("core", "ui", "pages", "server.py", "streamlit_app.py", "warming.py")
IMPORTED_AS = {
    "pillow": "PIL",
    "sqlalchemy": "",  # MLflow's store, which mlflow-skinny leaves out
    "alembic": "",
    "onnxscript": "",  # torch.onnx.export calls it
    "python-multipart": "",  # FastAPI's form parser
    "mlflow-skinny": "mlflow",
    "scikit-learn": "sklearn",
}


def requirements(file: str) -> list[Requirement]:
    lines = (line.split("#")[0].strip() for line in (ROOT / file).read_text().splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-r")]


def imported_by_the_product() -> set[str]:
    """Top-level names of other people's packages that the product imports."""
    names = set()
    for entry in PRODUCT:
        for path in [ROOT / entry] if entry.endswith(".py") else (ROOT / entry).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    names |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module:
                    names.add(node.module.split(".")[0])
    return names - sys.stdlib_module_names - {"core", "ui", "pages", "warming"}


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_to_the_version_that_is_installed(file: str) -> None:
    for requirement in requirements(file):
        assert str(requirement.specifier) == f"=={metadata.version(requirement.name).split('+')[0]}", requirement.name


def test_the_product_requires_what_it_imports_and_nothing_else() -> None:
    names = [requirement.name.lower() for requirement in requirements("requirements.txt")]
    provided = {IMPORTED_AS.get(name, name.replace("-", "_")) for name in names} - {""}
    assert imported_by_the_product() == provided


def product_distributions() -> Iterator[metadata.Distribution]:
    """What `pip install -r requirements.txt` brings, dependencies included."""
    waiting, seen = [requirement.name for requirement in requirements("requirements.txt")], set()
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in seen:
            continue
        seen.add(name)
        try:
            found = metadata.distribution(name)
        except metadata.PackageNotFoundError:  # of an extra, or for another system
            continue
        yield found
        needs = [Requirement(text) for text in found.requires or []]
        waiting += [need.name for need in needs if not need.marker or need.marker.evaluate({"extra": ""})]


def licence(distribution: metadata.Distribution) -> str:
    fields = {
        name: distribution.metadata.get_all(name) or [] for name in ("License-Expression", "License", "Classifier")
    }
    # A `License` of many lines is a whole text, which may name the GPL without being it.
    first_lines = [text.split("\n")[0] for text in fields["License"]]
    classifiers = [text for text in fields["Classifier"] if text.startswith("License")]
    return " ".join([*fields["License-Expression"], *first_lines, *classifiers])


def test_nothing_that_ships_with_the_product_is_under_the_gpl() -> None:
    licences = {found.name: licence(found) for found in product_distributions()}
    assert len(licences) > 40
    gpl = re.compile(r"(?<![A-Za-z])A?GPL|(?<!Lesser )(?<!Library )General Public License")
    assert {name: text for name, text in licences.items() if gpl.search(text)} == {}


def test_the_models_that_come_with_vitrine_stay_small() -> None:
    sizes = [path.stat().st_size for path in (ROOT / "bundled").rglob("*") if path.is_file()]
    assert 0 < sum(sizes) <= 30 * 10**6


def test_the_table_of_models_that_come_with_vitrine_is_that_of_their_own_figures(first_start: Path) -> None:
    assert (ROOT / "bundled/README.md").read_text(encoding="utf-8") == readme(bundled_runs())


def python_sh(*arguments: str, path: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", ROOT / "scripts/python.sh", *arguments], capture_output=True, text=True, env={"PATH": path}
    )


def fake_python(folder: Path, version: str, *, has_venv: bool = True) -> None:
    """An executable that answers what python.sh asks of an interpreter, as one of `version` would."""
    new_enough = (3, 11) <= tuple(map(int, version.split("."))) <= (3, 14)
    script = f"""#!/bin/sh
case "$*" in
    *version_info*print* | *print*version_info*) echo {version} ;;
    *sys.exit*) exit {0 if new_enough else 1} ;;
    *ensurepip*) exit {0 if has_venv else 1} ;;
    --version) echo "Python {version}" ;;
esac
"""
    (folder / "python3").write_text(script)
    (folder / "python3").chmod(0o755)


def test_setting_up_takes_a_python_that_will_do(tmp_path: Path) -> None:
    fake_python(tmp_path, "3.12")
    done = python_sh(path=str(tmp_path))
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, f"{tmp_path}/python3", "")


def test_setting_up_without_python_says_how_to_get_it(tmp_path: Path) -> None:
    done = python_sh(path=str(tmp_path))
    assert done.returncode == 1 and done.stdout == ""
    assert "there is none here" in done.stderr and "https://www.python.org/downloads/" in done.stderr


def test_setting_up_with_an_old_python_says_what_is_needed(tmp_path: Path) -> None:
    fake_python(tmp_path, "3.9")
    done = python_sh(path=str(tmp_path))
    assert done.returncode == 1
    assert f"needs Python 3.11 to 3.14, and {tmp_path}/python3 is Python 3.9" in done.stderr


def test_setting_up_without_the_venv_module_names_the_package_that_has_it(tmp_path: Path) -> None:
    fake_python(tmp_path, "3.11", has_venv=False)
    (tmp_path / "apt-get").write_text("#!/bin/sh\n")
    (tmp_path / "apt-get").chmod(0o755)
    done = python_sh(path=str(tmp_path))
    assert done.returncode == 1
    assert "venv module" in done.stderr and "sudo apt-get install python3.11-venv" in done.stderr


def test_a_missing_browser_is_said_with_the_command_that_brings_it() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.browser"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={"PATH": "/nowhere", "HOME": "/nowhere", "PLAYWRIGHT_BROWSERS_PATH": "/nowhere"},
    )
    assert done.returncode == 1
    assert "playwright install --with-deps chromium" in done.stderr and "Traceback" not in done.stderr
