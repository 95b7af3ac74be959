"""What is taken away answers as Vitrine does, on a Python that has nothing but what it asks for.

That Python is a new virtual environment into whose empty site-packages the required distributions, and what those require, are
linked from this one: it cannot import anything else, and no network is needed to make it.
"""

import http.client
import json
import re
import shutil
import subprocess
import time
import venv
import zipfile
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

import httpx
import numpy as np
import onnx
import pytest
from packaging.requirements import Requirement
from PIL import Image

from core.bundle.format import KEY, MODEL, check_sums, write_sums
from core.runs.store import Run, store
from core.serving.packing import TAKEAWAY
from tests.commands import Command, process
from tests.conftest import RUN_NAME
from tests.processes import ROOT

ALONE = ("onnxruntime", "pillow", "numpy")
REQUIRED = [
    Requirement(line) for line in (TAKEAWAY / "requirements.txt").read_text().splitlines() if line[:1].isalpha()
]


@pytest.fixture(scope="module", params=["drawings", "closer looks"])
def served_home(trained_home: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A home with a model of drawings, as it was trained; and with one that looks at photos more than once."""
    if request.param == "drawings":
        return trained_home
    home = Path(shutil.copytree(trained_home, tmp_path_factory.mktemp("closer") / "home"))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("VITRINE_HOME", str(home))
        bundle = store().find(RUN_NAME).bundle
    model = onnx.load(bundle / MODEL)
    (about,) = [entry for entry in model.metadata_props if entry.key == KEY]
    about.value = json.dumps({**json.loads(about.value), "reading": {"zooms": [1.0, 0.75, 0.55]}})
    onnx.save(model, bundle / MODEL)
    write_sums(bundle)
    return home


@pytest.fixture
def run(served_home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The model; ``VITRINE_HOME`` is its home for this test."""
    monkeypatch.setenv("VITRINE_HOME", str(served_home))
    return store().find(RUN_NAME)


@pytest.fixture(scope="module")
def unpacked(served_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that somebody has who packed the model by the command line and unpacked it elsewhere."""
    folder = tmp_path_factory.mktemp("taken-away")
    packed = process(served_home, "export", RUN_NAME, "--zip", folder.with_suffix(".zip"), "--json")
    with zipfile.ZipFile(folder.with_suffix(".zip")) as archive:
        assert archive.namelist() == packed.value["files"]
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Files of every kind that is read in a way of its own, and three that cannot be read."""
    folder = tmp_path_factory.mktemp("photos")
    random = np.random.default_rng(0)
    blocks = Image.fromarray(random.integers(0, 256, (8, 12, 3), dtype=np.uint8))
    deep = random.integers(0, 65536, (40, 50), dtype=np.uint16)
    upright = Image.Exif()
    upright[0x0112] = 6
    blocks.resize((32, 32), Image.Resampling.BICUBIC).save(folder / "small.png")
    blocks.resize((4000, 3000), Image.Resampling.BICUBIC).save(folder / "large.jpg", exif=upright)
    Image.fromarray(deep).save(folder / "deep.png")
    alpha = Image.new("L", (12, 8))
    alpha.putdata(range(96))
    faint = blocks.copy()
    faint.putalpha(alpha)
    faint.resize((120, 80)).save(folder / "alpha.png")
    blocks.resize((60, 90)).quantize(16).save(folder / "palette.gif")
    (folder / "text.png").write_text("not an image")
    Image.new("1", (10_100, 10_000)).save(folder / "vast.png")  # more pixels than are read anywhere
    names = ("small.png", "large.jpg", "deep.png", "alpha.png", "palette.gif", "text.png", "vast.png", "missing.png")
    return [folder / name for name in names]


def closure(names: Iterable[str]) -> dict[str, metadata.Distribution]:
    """These distributions and what they require."""
    found: dict[str, metadata.Distribution] = {}
    waiting = list(names)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name not in found:
            found[name] = metadata.distribution(name)
            needs = map(Requirement, found[name].requires or [])
            waiting += [need.name for need in needs if not need.marker or need.marker.evaluate({"extra": ""})]
    return found


def python_with(folder: Path, names: Iterable[str]) -> Path:
    """The interpreter of a new environment that has these distributions alone."""
    venv.create(folder, with_pip=False)
    packages = next(folder.glob("lib/python*/site-packages"))
    for distribution in closure(names).values():
        for part in {file.parts[0] for file in distribution.files or []} - {"..", "__pycache__"}:
            if not (packages / part).exists():
                (packages / part).symlink_to(str(distribution.locate_file(part)))
    return folder / "bin" / "python"


def same(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    """The same answers, but for a hundred-thousandth and the words of an error."""
    for ours, theirs in zip(found, expected, strict=True):
        assert list(ours) == list(theirs)
        assert ours["file"] == theirs["file"]
        if "error" not in theirs:
            assert (ours["verdict"], ours["label"]) == (theirs["verdict"], theirs["label"])
            assert ours["probability"] == pytest.approx(theirs["probability"], abs=1e-5)
            assert ours["probabilities"] == pytest.approx(theirs["probabilities"], abs=1e-5)
            assert ours["knownness"] == pytest.approx(theirs["knownness"], rel=1e-4)


def test_nothing_of_the_bundle_is_lost(unpacked: Path, run: Run) -> None:
    check_sums(unpacked)
    for path in run.bundle.iterdir():
        assert (unpacked / path.name).read_bytes() == path.read_bytes()
    assert (unpacked / "labels.txt").read_text().split("\n") == [*"0123456789", ""]
    assert (unpacked / "preprocess.py").read_bytes() == (ROOT / "core/bundle/preprocess.py").read_bytes()


def test_everybody_may_read_what_was_unpacked(unpacked: Path) -> None:
    """In a container it belongs to root, and the server runs as nobody."""
    with zipfile.ZipFile(unpacked.with_suffix(".zip")) as archive:
        assert {member.external_attr >> 16 for member in archive.infolist()} == {0o644}


def test_its_readme_names_every_file(unpacked: Path) -> None:
    text = (unpacked / "README.md").read_text()
    for path in unpacked.iterdir():
        assert f"`{path.name}`" in text or path.name == "README.md", path.name


def test_predict_py_says_what_the_command_line_says(
    unpacked: Path, photos: list[Path], run: Run, vitrine: Command, tmp_path: Path
) -> None:
    python = python_with(tmp_path / "alone", ALONE)
    for other in ("core", "click", "starlette"):
        assert subprocess.run([python, "-s", "-c", f"import {other}"], cwd=tmp_path, env={}, stderr=DEVNULL).returncode
    command = list(map(str, [python, "-s", unpacked / "predict.py", *photos]))
    done = subprocess.run(command, cwd=tmp_path, env={}, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    answers = json.loads(done.stdout)
    same(answers, vitrine("predict", run.id, *photos, "--json").value)
    assert ["error" in answer for answer in answers] == [False] * 5 + [True] * 3
    assert answers[5]["error"] == "This is no image that can be read here."
    assert len({answer["probability"] for answer in answers[:5]}) >= 3  # or everything would look alike
    nothing = subprocess.run(command[:3], cwd=tmp_path, env={}, capture_output=True, text=True, timeout=120)
    assert (nothing.returncode, nothing.stdout) == (1, "") and "python predict.py FILE..." in nothing.stderr


@pytest.fixture(scope="module")
def server(unpacked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """serve.py as its README starts it, on any free port."""
    folder = tmp_path_factory.mktemp("server")
    python = python_with(folder / "environment", [requirement.name for requirement in REQUIRED])
    log = folder / "log"
    with open(log, "wb") as output:
        command = [str(python), "-s", "-m", "uvicorn", "serve:app", "--port", "0"]
        process = subprocess.Popen(command, cwd=unpacked, env={}, stdout=output, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 60
        while not (address := re.search(r"running on (http://\S+)", log.read_text())):
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        with httpx.Client(base_url=address[1], timeout=60) as client:
            yield client
    finally:
        process.terminate()
        process.wait(10)


def test_serve_py_says_what_the_command_line_says(
    server: httpx.Client, photos: list[Path], run: Run, vitrine: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert server.get("/healthz").json() == {"status": "ok"}
    listed = {"id": run.id, "name": run.name, "classes": list("0123456789")}
    assert server.get("/api/v1/models").json() == {"models": [listed]}
    monkeypatch.chdir(photos[0].parent)
    files = [photo for photo in photos if photo.exists()]
    expected = vitrine("predict", run.id, *[file.name for file in files], "--json").value
    for name in (run.id, run.name, "latest"):
        sent = [("files", (file.name, file.read_bytes())) for file in files]
        response = server.post(f"/api/v1/models/{name}/predict", files=sent)
        assert response.status_code == 200
        same(response.json()["predictions"], expected)


def test_serve_py_errs_in_json(server: httpx.Client) -> None:
    call = "/api/v1/models/latest/predict"
    image = {"files": ("a.png", b"")}
    answers = {
        404: server.post("/api/v1/models/nothing/predict", files=image),
        405: server.get(call),
        411: server.post(call, content=iter([b"--x"]), headers={"Content-Type": "multipart/form-data; boundary=x"}),
        422: server.post(call, data={"files": "text"}),
        400: server.post(call, files=[("files", image["files"])] * 65),
    }
    assert {status: answer.status_code for status, answer in answers.items()} == {status: status for status in answers}
    assert all(list(answer.json()) == ["detail"] for answer in answers.values())
    connection = http.client.HTTPConnection(server.base_url.netloc.decode(), timeout=30)
    connection.request("POST", call, headers={"Content-Length": str(1 << 40)})  # told, and never sent
    response = connection.getresponse()
    assert response.status == 413 and "Send fewer images at once." in json.load(response)["detail"]
    connection.close()


def test_it_requires_the_versions_that_it_was_tested_with() -> None:
    assert {requirement.name for requirement in REQUIRED} > set(ALONE)
    for requirement in REQUIRED:
        assert str(requirement.specifier) == f"=={metadata.version(requirement.name)}", requirement.name


def test_the_container_is_pinned_runs_as_nobody_and_gets_every_file_it_needs() -> None:
    """There may be no Docker here: what can be read of the recipe is held against its promises."""
    lines = (TAKEAWAY / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    steps = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    said = {name: [rest for step, rest in steps if step == name] for name in {step for step, _rest in steps}}
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", said["FROM"][0])
    assert said["USER"] == ["65534:65534"]
    assert "healthz" in said["HEALTHCHECK"][0]
    copied = {name for line in said["COPY"] for name in line.split()[:-1]}
    assert copied == {"requirements.txt", "model.onnx", "model.json", "preprocess.py", "predict.py", "serve.py"}
    order = [step for step, _rest in steps]
    assert order.index("RUN") < order.index("USER") < order.index("CMD")
