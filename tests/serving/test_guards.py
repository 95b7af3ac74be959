"""What a public API meets: strangers, foreign pages, floods, slow and endless bodies. Each is caused for real, and refused in JSON."""

import http.client
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest

from core.errors import VitrineError
from core.runs.store import store
from core.serving.admission import QUEUE
from core.serving.settings import Settings
from core.serving.uploads import MAX_BODY
from tests.conftest import RUN_NAME
from tests.data.making import picture
from tests.processes import ROOT, Server, serving

KEY = "an umbrella, not a key"
SECONDS = 4.0  # a busy machine judges a small image in less
SHOP = "https://shop.example"
PREDICT = f"/api/v1/models/{RUN_NAME}/predict"
BOUNDARY = {"Content-Type": "multipart/form-data; boundary=x"}
BEGINNING = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'


@pytest.fixture(scope="module")
def server(trained_home: Path) -> Iterator[Server]:
    """A server with a key, one prediction at a time, and little patience."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("VITRINE_API_KEY", KEY)
        environment.setenv("VITRINE_API_CONCURRENCY", "1")
        environment.setenv("VITRINE_API_TIMEOUT", str(SECONDS))
        environment.setenv("VITRINE_API_ORIGINS", f"{SHOP}/, https://other.example")
        environment.setenv("VITRINE_API_HOSTS", "models.example")
        with serving(trained_home) as running:
            yield running


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    """Somebody who has the key."""
    with httpx.Client(base_url=server.url, timeout=60, headers=utf8({"X-API-Key": KEY})) as client:
        yield client


@pytest.fixture
def stranger(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        yield client


def utf8(headers: dict[str, str]) -> httpx.Headers:
    return httpx.Headers(headers, encoding="utf-8")


def ask(client: httpx.Client, *images: bytes, **headers: str) -> httpx.Response:
    return client.post(PREDICT, files=[("files", ("scan.png", image)) for image in images], headers=headers)


def begin(server: Server, headers: dict[str, str], sent: bytes = b"") -> http.client.HTTPConnection:
    """A call of somebody who has the key, with no more of its body than `sent`."""
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=30)
    connection.putrequest("POST", PREDICT)
    for name, value in {"X-API-Key": KEY, **BOUNDARY, **headers}.items():
        connection.putheader(name, value.encode())
    connection.endheaders(sent)
    return connection


def end(connection: http.client.HTTPConnection) -> tuple[int, http.client.HTTPMessage, str]:
    """Status, headers and detail of the answer."""
    response = connection.getresponse()
    said = json.load(response)["detail"]
    connection.close()
    return response.status, response.headers, said


# the key


def test_without_the_key_nothing_is_said_about_models(stranger: httpx.Client) -> None:
    for response in (stranger.get("/api/v1/models"), ask(stranger, picture()), stranger.get("/metrics")):
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == "Bearer"
        assert "asks for its key" in response.json()["detail"]
    for wrong in (KEY[:-1], f"{KEY}x", ""):
        assert stranger.get("/api/v1/models", headers=utf8({"X-API-Key": wrong})).status_code == 401


@pytest.mark.parametrize("headers", [{"Authorization": f"Bearer {KEY}"}, {"X-API-Key": KEY}])
def test_the_key_opens_in_either_header(stranger: httpx.Client, headers: dict[str, str]) -> None:
    answer = stranger.get("/api/v1/models", headers=utf8(headers)).json()
    assert [model["name"] for model in answer["models"]] == [RUN_NAME]


def test_health_and_documentation_need_no_key_and_the_latter_asks_for_it(stranger: httpx.Client) -> None:
    assert stranger.get("/healthz").json() == {"status": "ok"}
    assert stranger.get("/api/docs").status_code == 200
    described = stranger.get("/api/openapi.json").json()
    assert {scheme["type"] for scheme in described["components"]["securitySchemes"].values()} == {"http", "apiKey"}
    for methods in described["paths"].values():
        for call in methods.values():
            assert len(call["security"]) == 2 and "401" in call["responses"]


def test_a_stranger_is_refused_before_the_body_is_sent(server: Server) -> None:
    """Who is not asked to go on (100 Continue) has not had to send anything."""
    connection = begin(server, {"X-API-Key": "wrong", "Content-Length": "1000", "Expect": "100-continue"})
    status, _headers, said = end(connection)
    assert status == 401 and "asks for its key" in said


# pages of other web sites


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1"])
def test_a_foreign_page_is_refused_even_with_the_key(client: httpx.Client, origin: str) -> None:
    response = ask(client, picture(), Origin=origin)
    assert response.status_code == 403
    assert response.json()["detail"].startswith(f"Pages of “{origin}” may not call.")


def test_a_page_of_this_server_may_call(client: httpx.Client, server: Server) -> None:
    assert ask(client, picture(), Origin=server.url).status_code == 200


def test_a_page_that_was_allowed_may_call_and_read_the_answer(client: httpx.Client) -> None:
    wish = {"Origin": SHOP, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key"}
    assert client.options(PREDICT, headers=wish).status_code == 200
    response = ask(client, picture(), Origin=SHOP)
    assert (response.status_code, response.headers["access-control-allow-origin"]) == (200, SHOP)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("evil.example", 421),
        ("127.0.0.1.evil.example:8501", 421),
        ("[::1", 421),
        ("127.0.0.1", 200),
        ("LocalHost:8501", 200),
        ("[::1]:8501", 200),
        ("192.168.7.7:80", 200),
        ("models.example", 200),
    ],
)
def test_it_answers_only_to_its_own_names(client: httpx.Client, host: str, status: int) -> None:
    response = client.get("/api/v1/models", headers={"Host": host})
    assert response.status_code == status
    assert status == 200 or "does not answer as" in response.json()["detail"]


# too much, too slow, too many


def test_a_body_that_is_too_large_is_refused_before_it_is_sent(server: Server) -> None:
    """Told of by its length, and never sent: who waits for it would wait for ever."""
    status, _headers, said = end(begin(server, {"Content-Length": str(MAX_BODY + 1)}))
    assert status == 413 and f"more than the {MAX_BODY >> 20} MiB" in said


def test_a_body_without_a_length_is_counted_as_it_comes(server: Server) -> None:
    """A whole form, and behind its end what nobody keeps: only who counts it refuses it."""
    connection = begin(server, {"Transfer-Encoding": "chunked"})
    chunk = bytes(1 << 20)
    for part in [BEGINNING + b"text\r\n--x--\r\n", *[chunk] * ((MAX_BODY >> 20) + 4)]:
        connection.send(b"%x\r\n%b\r\n" % (len(part), part))
    connection.send(b"0\r\n\r\n")
    status, _headers, said = end(connection)
    assert status == 413 and f"more than the {MAX_BODY >> 20} MiB" in said


def test_who_sends_too_slowly_is_told_so(server: Server) -> None:
    """A byte now and then does not keep the door open."""
    connection = begin(server, {"Content-Length": "1000"}, BEGINNING)
    since = time.monotonic()
    for _ in range(4):
        time.sleep(SECONDS / 5)
        connection.send(b".")
    status, _headers, said = end(connection)
    assert status == 408 and said.startswith("The images came too slowly")
    assert time.monotonic() - since > 0.9 * SECONDS


def test_a_prediction_that_takes_too_long_is_given_up(client: httpx.Client, server: Server) -> None:
    """The decoders stand still, as they do on a machine that swaps. Their own limit ends them later, and others take over."""
    assert ask(client, picture()).status_code == 200  # or there would be none yet
    children = psutil.Process(server.process.pid).children()
    decoders = [child for child in children if "core.bundle.decoder" in child.cmdline()]
    assert decoders
    for decoder in decoders:
        decoder.suspend()
    since = time.monotonic()
    with ThreadPoolExecutor() as together:  # there is one thread that judges: one of them never has it
        calls = [together.submit(ask, client, picture(), **{"X-Request-ID": name}) for name in ("one", "two")]
    late, vain = sorted((call.result() for call in calls), key=lambda response: -response.status_code)
    assert time.monotonic() - since > 0.9 * SECONDS
    assert (late.status_code, vain.status_code) == (504, 429)
    assert late.json()["detail"].startswith(f"The images were not judged within {SECONDS:g} seconds.")
    assert vain.headers["Retry-After"] == f"{SECONDS:g}"
    deadline = time.monotonic() + 60
    logged = f"{PREDICT} was answered with 504. Request {late.headers['X-Request-ID']}"
    while logged not in server.log.read_text():  # told after the answer
        assert time.monotonic() < deadline
        time.sleep(0.1)
    while ask(client, picture()).status_code != 200:
        assert time.monotonic() < deadline


def test_who_finds_no_place_is_told_when_to_come_again(client: httpx.Client, server: Server) -> None:
    """All places are taken by calls that go on sending; the next is refused with its body unsent."""
    waiting = [begin(server, {"Content-Length": "1000"}, BEGINNING) for _ in range(QUEUE)]
    time.sleep(0.5)
    status, headers, said = end(begin(server, {"Content-Length": "1000", "Expect": "100-continue"}))
    assert (status, headers["retry-after"]) == (429, "1") and "Try again." in said
    assert client.get("/api/v1/models").status_code == 200  # lists do not queue
    for connection in waiting:
        connection.close()
    deadline = time.monotonic() + 30
    while ask(client, picture()).status_code == 429:  # who hangs up gives the place back
        assert time.monotonic() < deadline


def test_a_flood_is_answered_in_part_and_refused_in_part(client: httpx.Client) -> None:
    large = picture(0, (1500, 1000), "JPEG")
    with ThreadPoolExecutor(6 * QUEUE) as threads:
        answers = list(threads.map(lambda _: ask(client, large), range(6 * QUEUE)))
    assert {answer.status_code for answer in answers} == {200, 429}
    assert all("verdict" in answer.text if answer.status_code == 200 else "detail" in answer.text for answer in answers)
    assert ask(client, large).status_code == 200


# what is told about calls


def test_each_answer_carries_an_id_of_its_own_or_the_callers(client: httpx.Client) -> None:
    assert ask(client, picture(), **{"X-Request-ID": "order-66:b"}).headers["x-request-id"] == "order-66:b"
    assert re.fullmatch("[0-9a-f]{32}", client.get("/api/v1/models").headers["x-request-id"])
    for odd in ("", "a b", "x" * 65, "“"):
        response = client.get("/api/v1/nothing", headers=utf8({"X-Request-ID": odd}))
        assert response.status_code == 404
        assert re.fullmatch("[0-9a-f]{32}", response.headers["x-request-id"])


def test_the_figures_count_what_happened_and_grow_by_no_strangers_words(client: httpx.Client, server: Server) -> None:
    ask(client, picture(), b"not an image", picture()[:-30])
    client.post("/api/v1/models/made-up-model/predict")
    client.get("/api/made-up-path")
    client.request("MADEUP", "/api/v1/models")
    client.get("/api/v1/models", headers={"Origin": "https://evil.example"})
    page = client.get("/metrics")
    assert page.headers["content-type"].startswith("text/plain")
    figures = {
        line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in page.text.splitlines() if line[0] != "#"
    }
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("VITRINE_HOME", str(server.home))
        run = store().find(RUN_NAME)
    judged = [name for name in figures if name.startswith(f'vitrine_api_images_total{{model="{run.id}",verdict="')]
    assert sum(figures[name] for name in judged) > 0
    assert figures['vitrine_api_images_rejected_total{code="not_an_image"}'] == 1
    assert figures['vitrine_api_images_rejected_total{code="image_damaged"}'] == 1
    predict = 'method="POST",route="/v1/models/{model_id}/predict"'
    assert figures[f'vitrine_api_requests_total{{{predict},status="404"}}'] >= 1
    assert figures[f"vitrine_api_request_seconds_count{{{predict}}}"] >= 1
    assert figures['vitrine_api_requests_total{method="GET",route="other",status="404"}'] >= 1
    assert figures['vitrine_api_refused_total{reason="origin"}'] >= 1
    assert figures["vitrine_api_predictions_in_flight"] == 0
    for word in ("made-up", "MADEUP", "evil.example", KEY):
        assert word not in page.text


def test_a_server_that_nobody_calls_has_not_loaded_the_apis_libraries() -> None:
    code = "import server, sys; print([name for name in ('fastapi', 'prometheus_client') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


def test_a_key_that_no_header_can_carry_is_refused_and_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("schlüssel", "two\nlines", "sesame "):
        monkeypatch.setenv("VITRINE_API_KEY", value)
        with pytest.raises(VitrineError) as refused:
            Settings.from_environment()
        assert value not in str(refused.value)


def test_settings_that_make_no_sense_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, values in {"CONCURRENCY": ("0", "many"), "TIMEOUT": ("0", "-1", "inf", "nan", "soon")}.items():
        for value in values:
            with monkeypatch.context() as environment:
                environment.setenv(f"VITRINE_API_{name}", value)
                with pytest.raises(VitrineError, match=f"VITRINE_API_{name} is “{value}”"):
                    Settings.from_environment()


@pytest.mark.parametrize(
    ("name", "value"),
    [("HOSTS", "https://models.example"), ("HOSTS", "models.example:80"), ("HOSTS", "*"), ("ORIGINS", "shop")]
    + [("ORIGINS", value) for value in ("*", "https://*.example", "https://shop.example/till", "https://")],
)
def test_a_name_that_no_call_can_come_by_is_refused(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"VITRINE_API_{name}", f"https://a.example, {value}" if name == "ORIGINS" else f"a, {value}")
    with pytest.raises(VitrineError, match=f"VITRINE_API_{name} names “{re.escape(value)}”"):
        Settings.from_environment()


def test_a_server_with_such_settings_says_so_and_does_not_start(tmp_path: Path) -> None:
    environment = {**os.environ, "VITRINE_HOME": str(tmp_path), "VITRINE_API_CONCURRENCY": "0"}
    command = [sys.executable, "-m", "streamlit", "run", "server.py", "--server.headless", "true", "--server.port", "0"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert "VITRINE_API_CONCURRENCY is “0”" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "path", ["..%2f..%2fetc/predict", "%00/predict", "a%0ab/predict", "nothing/predict", "a/b/c", ""]
)
def test_an_address_that_leads_nowhere_is_a_json_error_with_an_id(path: str, client: httpx.Client) -> None:
    response = client.post(f"/api/v1/models/{path}", files={"files": picture()})
    assert response.status_code == 404 and response.headers["X-Request-ID"]
    assert response.json()["detail"]
