"""The HTTP API answers as the command line does, errs in JSON, and describes itself without another host."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from fastapi.testclient import TestClient

from core.bundle.format import MODEL, SUMS, write_sums
from core.data.versions import get_dataset
from core.runs.store import Run, store
from core.serving.api import api
from core.serving.uploads import MAX_FILES
from tests.commands import Command
from tests.conftest import RUN_NAME
from tests.data.making import picture
from tests.processes import Server, serving


def cut(bundle: Path) -> None:
    (bundle / MODEL).write_bytes((bundle / MODEL).read_bytes()[:1000])


def cut_and_sealed_again(bundle: Path) -> None:
    cut(bundle)
    write_sums(bundle)


def emptied(bundle: Path) -> None:
    for path in bundle.iterdir():
        path.unlink()


DAMAGES: dict[str, Callable[[Path], None]] = {
    "cut": cut,
    "cut and sealed again": cut_and_sealed_again,
    "without model": lambda bundle: (bundle / MODEL).unlink(),
    "without checksums": lambda bundle: (bundle / SUMS).unlink(),
    "empty": emptied,
}


@pytest.fixture(scope="module")
def server(trained_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on a home with an intact run, and newer ones whose bundles were damaged in every way."""
    home = Path(shutil.copytree(trained_home, tmp_path_factory.mktemp("served") / "home"))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("VITRINE_HOME", str(home))
        intact = store().find(RUN_NAME)
        for name, damage in DAMAGES.items():
            run = store().create("train", name, intact.spec)
            damage(Path(shutil.copytree(intact.bundle, run.bundle)))
            store().set_state(run.id, "finished")
    with serving(home) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        yield client


@pytest.fixture
def run(server: Server, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The intact run; ``VITRINE_HOME`` is the server's for this test."""
    monkeypatch.setenv("VITRINE_HOME", str(server.home))
    return store().find(RUN_NAME)


def ask(client: httpx.Client, model: str, *files: tuple[str, bytes]) -> httpx.Response:
    return client.post(f"/api/v1/models/{model}/predict", files=[("files", file) for file in files])


def detail(response: httpx.Response, status: int) -> Any:
    """What an error says."""
    assert (response.status_code, response.headers["content-type"]) == (status, "application/json")
    return response.json()["detail"]


def test_it_is_healthy_once_it_can_serve_pages(client: httpx.Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert "<title>" in client.get("/").text


def test_an_answer_is_not_held_back(client: httpx.Client) -> None:
    """Nagle's algorithm would hold back every one on a connection in use, for 40 ms or more; a busy machine not every one."""
    seconds = [client.get("/healthz").elapsed.total_seconds() for _ in range(50)]
    assert min(seconds[10:]) < 0.03


def test_it_lists_the_models_that_can_answer_and_leaves_damaged_ones_out(client: httpx.Client, run: Run) -> None:
    response = client.get("/api/v1/models")
    assert response.status_code == 200
    assert response.json() == {"models": [{"id": run.id, "name": run.name, "classes": list("0123456789")}]}


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("cut", 422, f"“{MODEL}” of this bundle was altered"),
        ("without model", 422, f"“{MODEL}” is missing"),
        ("without checksums", 422, f"“{SUMS}” is missing"),
        ("cut and sealed again", 500, "The server's log has the details of request "),
    ],
)
def test_a_damaged_model_says_what_is_wrong_with_it(client: httpx.Client, name: str, status: int, said: str) -> None:
    assert said in detail(ask(client, name, ("scan.png", picture())), status)


def test_it_answers_as_the_command_line_does(
    client: httpx.Client, run: Run, vitrine: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scans = get_dataset("digits").originals(range(20))
    files = {f"{number}.png": scan for number, scan in enumerate(scans)}
    files |= {"noise.jpg": picture(1, (300, 200), "JPEG"), "text.png": b"not an image", "猫.png": picture(2)}
    files |= {"empty.png": b"", "large.png": bytes(33 << 20)}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    monkeypatch.chdir(tmp_path)
    response = ask(client, run.id, *files.items())
    assert response.status_code == 200
    assert response.json() == {"predictions": vitrine("predict", run.id, *files, "--json").value}
    answers = {answer["file"]: answer for answer in response.json()["predictions"]}
    assert list(answers) == list(files)
    assert [name for name, answer in answers.items() if "error" in answer] == ["text.png", "empty.png", "large.png"]


def test_files_of_one_name_have_an_answer_each(client: httpx.Client, run: Run) -> None:
    first, second = get_dataset("digits").originals([0, 1])
    answers = ask(client, run.id, ("scan.png", first), ("scan.png", second)).json()["predictions"]
    assert [answer["label"] for answer in answers] == [
        ask(client, run.id, ("scan.png", data)).json()["predictions"][0]["label"] for data in (first, second)
    ]


def test_mistakes_are_answered_in_json(client: httpx.Client, run: Run) -> None:
    image = ("scan.png", picture())
    lists = "`GET /api/v1/models` lists those that can answer."
    assert detail(ask(client, "nothing", image), 404) == f"There is no model “nothing” here. {lists}"
    call = f"/api/v1/models/{run.id}/predict"
    assert detail(client.post(call), 422) == "Send images as the field “files” of a form (multipart/form-data)."
    wrong_field = client.post(call, files={"photos": image})
    assert detail(wrong_field, 422) == "The form has no field “files”. Send one or more images as that."
    text = client.post(call, files={"files": (None, "text")})
    assert detail(text, 422) == "“files” is a text here. Send it as a file, with a file name."
    broken = client.post(call, content=b"--x", headers={"Content-Type": "multipart/form-data"})
    assert detail(broken, 400) == "The form cannot be read: Missing boundary in multipart."
    assert detail(client.get("/api/v1/nothing"), 404) == "Not Found"
    assert detail(client.get(call), 405) == "Method Not Allowed"
    said = detail(ask(client, run.id, *[image] * (MAX_FILES + 1)), 413)
    assert said == f"The form has more than {MAX_FILES} parts. One call may send {MAX_FILES} images."
    assert ask(client, run.id, *[image] * MAX_FILES).status_code == 200


def test_without_a_training_of_ones_own_there_is_no_latest(home: Path) -> None:
    with TestClient(api, "http://localhost") as client:
        said = detail(client.post("/v1/models/latest/predict"), 404)
    assert said.startswith("There is no “latest” here, as no training of yours has finished yet.")


def test_every_answer_says_how_long_it_took(client: httpx.Client, run: Run) -> None:
    timing = ask(client, run.id, ("scan.png", picture())).headers["server-timing"]
    parts = re.fullmatch(r"receive;dur=([\d.]+), wait;dur=([\d.]+), judge;dur=([\d.]+)", timing)
    assert parts is not None, timing
    assert 0 < float(parts[3]) < 60_000


def test_it_describes_both_calls_and_every_error(client: httpx.Client) -> None:
    described = client.get("/api/openapi.json").json()
    calls = {(path, method): call for path, methods in described["paths"].items() for method, call in methods.items()}
    assert set(calls) == {("/v1/models", "get"), ("/v1/models/{model_id}/predict", "post")}
    assert [server["url"] for server in described["servers"]] == ["/api"]
    for call in calls.values():
        problems = {status: said for status, said in call["responses"].items() if status != "200"}
        assert {"403", "421", "500"} <= problems.keys()
        for said in problems.values():
            assert said["content"]["application/json"]["schema"]["$ref"] == "#/components/schemas/Problem"
    form = calls["/v1/models/{model_id}/predict", "post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert form["properties"]["files"]["items"] == {"type": "string", "format": "binary"}
    for name in ("Model", "Models", "Prediction", "Predictions", "Problem"):
        for field, said in described["components"]["schemas"][name]["properties"].items():
            assert said.get("description"), f"{name}.{field}"


def test_the_documentation_loads_nothing_from_another_host(client: httpx.Client) -> None:
    page = client.get("/api/docs")
    assert page.status_code == 200
    loaded = re.findall(r"""(?:src|href)="([^"]+)"|url: '([^']+)'""", page.text)
    addresses = {urljoin("/api/docs", first or second) for first, second in loaded}
    assert {Path(address).suffix for address in addresses} == {".js", ".css", ".svg", ".json"}
    for address in addresses:
        assert address.startswith("/"), address
        assert client.get(address).headers["content-type"].split(";")[0] != "text/html", address
    assert client.get("/api/redoc").status_code == 404
