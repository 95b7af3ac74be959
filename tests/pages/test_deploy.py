"""Deploy: nothing without a model; with one, the very files that were sealed, and calls that work."""

import ast
import io
import subprocess
import sys
import zipfile
from pathlib import Path

from PIL import Image

from core.bundle.predictor import Predictor
from core.runs.store import Run
from tests.pages.conftest import OpenPage
from ui import calls
from ui.deployment import zipped


def test_without_a_model_it_leads_to_training(home: Path, open_page: OpenPage) -> None:
    app = open_page("deploy")
    assert app.header[0].value == "There is no model yet"
    assert [link.proto.page for link in app.get("page_link")] == ["train"]


def test_it_lists_every_file_of_the_bundle(trained_run: Run, open_page: OpenPage) -> None:
    shown = "\n".join(element.value for element in open_page("deploy").markdown)
    for path in trained_run.bundle.iterdir():
        assert f"`{path.name}`" in shown


def test_it_shows_the_checksums_as_they_were_sealed(trained_run: Run, open_page: OpenPage) -> None:
    assert (trained_run.bundle / "SHA256SUMS").read_text().strip() in [code.value for code in open_page("deploy").code]


def test_the_calls_name_the_chosen_run(trained_run: Run, open_page: OpenPage) -> None:
    codes = [code.value for code in open_page("deploy").code]
    assert sum(f"/api/v1/models/{trained_run.id}/predict" in code for code in codes) == 3


def test_the_download_is_the_bundle_bit_for_bit(trained_run: Run, tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(zipped(trained_run.bundle))) as archive:
        archive.extractall(tmp_path)
    assert Predictor.open(tmp_path).metadata == Predictor.open(trained_run.bundle).metadata
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in trained_run.bundle.iterdir()}


def test_the_program_that_needs_no_vitrine_runs_as_it_is_shown(trained_run: Run, tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(zipped(trained_run.bundle))) as archive:
        archive.extractall(tmp_path)
    Image.new("RGB", (90, 60), "orange").save(tmp_path / "photo.jpg")
    program = calls.onnx(Predictor.open(trained_run.bundle).metadata)
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_python_call_is_python() -> None:
    ast.parse(calls.python("http://127.0.0.1:8501/api/v1/models/x/predict"))
