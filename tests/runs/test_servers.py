"""A home belongs to no process: servers and command lines share it, and a run outlives the server that started it."""

import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from core import tasks
from core.runs import jobs
from core.training.presets import make_recipe
from tests.commands import Command, process
from tests.conftest import RUN_NAME
from tests.data.making import picture
from tests.processes import (
    Server,
    kill_workers,
    no_free_slot,
    start_server,
    stop_server,
    until,
    wait_until_ready,
    worker,
)


@dataclass(frozen=True)
class Shared:
    """A home with a finished run, one that waited when the machine went down, and two servers started at one moment."""

    home: Path
    waiting: str
    servers: tuple[Server, Server]

    def serving(self) -> list[Server]:
        return [server for server in self.servers if server.process.poll() is None]


@pytest.fixture(scope="module")
def shared(trained_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    home = Path(shutil.copytree(trained_home, tmp_path_factory.mktemp("shared") / "home"))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("VITRINE_HOME", str(home))
        with no_free_slot():
            run = tasks.train("digits", make_recipe("article-cnn", epochs=200), "orphan")
            waiting = worker(run.id)
            waiting.kill()
            waiting.wait(10)
    servers = start_server(home), start_server(home)
    try:
        for server in servers:
            wait_until_ready(server)
        yield Shared(home, run.id, servers)
    finally:
        for server in servers:
            stop_server(server)
        kill_workers(home)


@pytest.fixture(autouse=True)
def _home(shared: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_HOME", str(shared.home))


def models(server: Server) -> list[str]:
    return [model["name"] for model in httpx.get(f"{server.url}/api/v1/models", timeout=60).json()["models"]]


def verdict(server: Server, image: Path) -> Any:
    address = f"{server.url}/api/v1/models/{RUN_NAME}/predict"
    return httpx.post(address, files=[("files", (str(image), image.read_bytes()))], timeout=60).json()["predictions"]


def parent(shared: Shared) -> Server:
    """The server that started the waiting run."""
    pid = worker(shared.waiting).ppid()
    (found,) = [server for server in shared.servers if server.process.pid == pid]
    return found


def test_two_servers_that_start_at_once_start_a_waiting_run_once(shared: Shared) -> None:
    until(shared.waiting, lambda run: run.state == "running")
    assert parent(shared) in shared.servers


def test_servers_and_command_line_answer_alike_at_once_while_a_run_trains(shared: Shared, tmp_path: Path) -> None:
    images = [tmp_path / f"{seed}.png" for seed in range(12)]
    for seed, image in enumerate(images):
        image.write_bytes(picture(seed))
    with ThreadPoolExecutor(8) as threads:
        said = threads.submit(process, shared.home, "predict", RUN_NAME, *images, "--json")
        listed = threads.submit(process, shared.home, "runs", "--json")
        answers = [[threads.submit(verdict, server, image) for image in images] for server in shared.serving()]
        by_server = [[answer.result()[0] for answer in answers_of_one] for answers_of_one in answers]
    assert [run["name"] for run in listed.result().value] == ["orphan", RUN_NAME]
    for answers_of_one in by_server:
        for one, other in zip(answers_of_one, said.result().value, strict=True):
            assert (one["file"], one["label"], one["verdict"]) == (other["file"], other["label"], other["verdict"])
            assert one["probabilities"] == pytest.approx(other["probabilities"], abs=1e-6)
    assert [models(server) for server in shared.serving()] == [[RUN_NAME]] * len(by_server)


def test_a_run_outlives_the_killed_server_that_started_it_and_is_found_by_all_others(
    shared: Shared, vitrine: Command
) -> None:
    until(shared.waiting, lambda run: run.epoch >= 1)
    at_work, started_by = worker(shared.waiting), parent(shared)
    started_by.process.send_signal(signal.SIGKILL)
    started_by.process.wait(10)
    before = until(shared.waiting, lambda run: True)
    after = until(shared.waiting, lambda run: run.epoch >= before.epoch + 2)
    assert after.state == "running" and psutil.pid_exists(at_work.pid)

    listed = vitrine("runs", "--json").value
    assert (listed[0]["run_id"], listed[0]["state"]) == (shared.waiting, "running")
    assert vitrine("stop", "orphan").status == 0
    done = until(shared.waiting, lambda run: not run.active)
    assert done.state == "stopped" and done.has_bundle, done.log.read_text()
    (survivor,) = shared.serving()
    assert models(survivor) == ["orphan", RUN_NAME]
    jobs.delete(shared.waiting)
    assert models(survivor) == [RUN_NAME]
