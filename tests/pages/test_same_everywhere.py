"""One file has one verdict: in the evaluation, on the page, by the API, by the command line, and where the model was taken to."""

import asyncio
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from core.data.versions import get_dataset
from core.evaluation.predictions import evaluate_run
from core.runs.store import Run
from core.serving.api import api
from core.serving.models import predict_paths
from core.serving.packing import pack
from tests.data.making import picture
from tests.pages.conftest import OpenPage

DRIFT = 1e-5
IMAGES = 12


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Test images as they came, and photos of other sizes and kinds."""
    folder = tmp_path_factory.mktemp("files")
    dataset = get_dataset("digits")
    splits = dataset.manifest("split")["split"].to_pylist()
    rows = [row for row, split in enumerate(splits) if split == "test"][:IMAGES]
    contents = {f"{row}.png": file for row, file in zip(rows, dataset.originals(rows), strict=True)}
    contents |= {"wide.jpg": picture(1, (400, 90), "JPEG"), "tall.webp": picture(2, (33, 500), "WEBP")}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in contents]


@pytest.fixture
def expected(trained_run: Run, files: list[Path]) -> list[dict[str, Any]]:
    """What the command line says."""
    return predict_paths(trained_run, files)


def assert_same(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    for one, other in zip(found, expected, strict=True):
        assert (one["verdict"], one["label"]) == (other["verdict"], other["label"])
        assert one["probabilities"] == pytest.approx(other["probabilities"], abs=DRIFT)


def test_in_use_as_in_the_evaluation(trained_run: Run, expected: list[dict[str, Any]]) -> None:
    stored = evaluate_run(trained_run).probabilities[:IMAGES]
    said = [list(one["probabilities"].values()) for one in expected[:IMAGES]]
    np.testing.assert_allclose(said, stored, atol=DRIFT)


def test_by_the_api_as_by_the_command_line(trained_run: Run, files: list[Path], expected: list[dict[str, Any]]) -> None:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://localhost") as client:
            form = [("files", (file.name, file.read_bytes())) for file in files]
            return await client.post(f"/v1/models/{trained_run.id}/predict", files=form)

    assert_same(asyncio.run(ask()).json()["predictions"], expected)


def test_on_the_page_as_by_the_command_line(
    files: list[Path],
    expected: list[dict[str, Any]],
    trained_run: Run,
    open_page: OpenPage,
) -> None:
    app = open_page("predict")
    for file in files:
        app.file_uploader(key="photos").upload(file.name, file.read_bytes())
    app.run()
    judged = [one.answer for one in app.session_state["judged"].values()]
    assert_same(
        [
            {
                "verdict": answer.verdict,
                "label": answer.label,
                "probabilities": dict(zip(answer.classes, answer.probabilities.tolist(), strict=True)),
            }
            for answer in judged
        ],
        expected,
    )


def test_where_it_was_taken_to_as_here(
    trained_run: Run, files: list[Path], expected: list[dict[str, Any]], tmp_path: Path
) -> None:
    pack(trained_run, tmp_path / "model.zip")
    with zipfile.ZipFile(tmp_path / "model.zip") as archive:
        archive.extractall(tmp_path / "model")
    command = [sys.executable, str(tmp_path / "model" / "predict.py"), *map(str, files)]
    done = subprocess.run(command, cwd=tmp_path, env={}, capture_output=True, text=True, check=True)
    assert_same(json.loads(done.stdout), expected)
