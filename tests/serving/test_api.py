"""The HTTP API answers as the command line does, errs in JSON, and describes itself without another host."""

import asyncio
import http.client
import json
import re
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

from core.bundle.format import MODEL, SUMS, write_sums
from core.data.versions import get_dataset
from core.runs.store import Run, store
from core.serving.api import MAX_BODY, MAX_FILES, api
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
        ("cut and sealed again", 500, "The server's log has the details."),
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
    assert "There is no run “nothing”." in detail(ask(client, "nothing", image), 404)
    assert detail(client.post(f"/api/v1/models/{run.id}/predict"), 422)[0]["loc"] == ["body", "files"]
    assert detail(client.get("/api/v1/nothing"), 404) == "Not Found"
    assert detail(client.get(f"/api/v1/models/{run.id}/predict"), 405) == "Method Not Allowed"
    said = detail(ask(client, run.id, *[image] * (MAX_FILES + 1)), 413)
    assert said == f"{MAX_FILES + 1} files are more than the {MAX_FILES} that one call may send."


def test_a_body_that_is_too_large_is_refused_before_it_is_read(client: httpx.Client, run: Run) -> None:
    """Told of by its length, and never sent: who waits for it would wait for ever."""
    connection = http.client.HTTPConnection(client.base_url.host, client.base_url.port or 80, timeout=30)
    connection.putrequest("POST", f"/api/v1/models/{run.id}/predict")
    connection.putheader("Content-Type", "multipart/form-data; boundary=frontier")
    connection.putheader("Content-Length", str(MAX_BODY + 1))
    connection.endheaders()
    response = connection.getresponse()
    assert response.status == 413
    assert "MiB that one call may send." in json.load(response)["detail"]
    connection.close()


def test_a_body_without_a_length_is_counted_as_it_comes(run: Run) -> None:
    """A whole form, and after its end what nobody keeps: only who counts it will refuse it."""
    sent = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\ntext\r\n--x--\r\n'
        rest = bytes(1 << 20)
        while sent < 2 * MAX_BODY:
            sent += len(rest)
            yield rest

    async def response() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://here") as client:
            headers = {"Content-Type": "multipart/form-data; boundary=x"}
            return await client.post(f"/v1/models/{run.id}/predict", content=body(), headers=headers)

    assert "MiB that one call may send." in detail(asyncio.run(response()), 413)
    assert MAX_BODY < sent < MAX_BODY + (2 << 20)


def test_it_describes_both_calls(client: httpx.Client) -> None:
    described = client.get("/api/openapi.json").json()
    calls = {(path, method) for path, methods in described["paths"].items() for method in methods}
    assert calls == {("/v1/models", "get"), ("/v1/models/{model_id}/predict", "post")}
    assert [server["url"] for server in described["servers"]] == ["/api"]


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
