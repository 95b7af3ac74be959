"""Whatever is sent, by command line, API or page: each file has an answer or a clear reason, and nothing swells or falls over."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from core.serving.uploads import MAX_FILES
from tests.bundle.files import plain
from tests.hostile import is_a_reason
from tests.processes import ROOT, Server, serving

MODEL = "digits-cnn"
GROWTH, TOGETHER = 150, 600  # MB


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("VITRINE_BUNDLED")
        with serving(tmp_path_factory.mktemp("served") / "home") as running:
            yield running


@contextmanager
def watched(process: psutil.Process) -> Iterator[list[tuple[float, float]]]:
    """MB of memory that the process takes, and it with its decoders, again and again while the block runs."""
    seen: list[tuple[float, float]] = []
    done = threading.Event()

    def look() -> None:
        while not done.wait(0.02):
            with suppress(psutil.Error):
                # Not what is resident: that counts the libraries that they share once for each.
                own, *others = (one.memory_full_info().pss / 1e6 for one in (process, *process.children()))
                seen.append((own, own + sum(others)))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()


def assert_clear(answers: list[dict[str, Any]], names: list[str]) -> None:
    """Each file has a verdict or a reason that people understand; that there are some of both is part of it."""
    assert [Path(answer["file"]).name for answer in answers] == names
    refused = [answer for answer in answers if "error" in answer]
    for answer in refused:
        assert is_a_reason(answer["error"]), answer
        assert "Traceback" not in answer["error"] and "site-packages" not in answer["error"], answer
    assert 100 < len(refused) < len(answers) - 100
    heavy = [answer for answer in answers if Path(answer["file"]).name.startswith("heavy")]
    assert len(heavy) == 4 and not [answer for answer in heavy if "error" in answer], heavy


def test_the_command_line_answers_for_every_file(hostile: dict[str, bytes], tmp_path: Path, first_start: Path) -> None:
    for name, data in hostile.items():
        (tmp_path / name).write_bytes(data)
    command = [sys.executable, "-m", "core", "predict", MODEL, *(str(tmp_path / name) for name in hostile), "--json"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert_clear(json.loads(ended.stdout), list(hostile))


def test_the_api_answers_for_every_file_and_the_server_neither_swells_nor_falls_over(
    hostile: dict[str, bytes], server: Server
) -> None:
    process = psutil.Process(server.process.pid)
    names, answers = list(hostile), []
    with httpx.Client(base_url=server.url, timeout=120) as client:
        models = {model["name"]: model["id"] for model in client.get("/api/v1/models").json()["models"]}

        def ask(files: list[tuple[str, bytes]]) -> list[dict[str, Any]]:
            sent = [("files", file) for file in files]
            response = client.post(f"/api/v1/models/{models[MODEL]}/predict", files=sent)
            assert response.status_code == 200, response.text
            return response.json()["predictions"]

        good = ask([("good.png", plain())])
        before = process.memory_full_info().pss / 1e6
        with watched(process) as seen:
            for start in range(0, len(names), MAX_FILES):
                answers += ask([(name, hostile[name]) for name in names[start : start + MAX_FILES]])
        time.sleep(0.2)
        assert ask([("good.png", plain())]) == good
        assert client.get("/healthz").status_code == 200
    assert_clear(answers, names)
    assert "Traceback" not in server.log.read_text()
    assert len(seen) > 50
    assert max(own for own, _all in seen) - before < GROWTH
    assert max(together for _own, together in seen) < TOGETHER
