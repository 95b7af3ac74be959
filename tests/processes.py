"""The product's processes as tests and measurements need them: a server on a home, a job, and an end to what they started."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from core import paths
from core.runs import locks
from core.runs.store import Run, store

ROOT = Path(__file__).resolve().parent.parent
STARTS_WITHIN = 60.0  # seconds; a busy machine of two cores included
PATIENCE = 90.0  # seconds that a job may need


@dataclass(frozen=True)
class Server:
    """A running server: where it answers, the home it serves, its process, what it printed."""

    url: str
    home: Path
    process: subprocess.Popen[bytes]
    log: Path


@contextmanager
def serving(home: Path) -> Iterator[Server]:
    """A server on `home` and on a free port, from its first good answer to the end of the block.

    Jobs that it started are left alone: they outlive servers. :func:`kill_workers` ends them.
    """
    server = start_server(home)
    try:
        wait_until_ready(server)
        yield server
    finally:
        stop_server(server)


def start_server(home: Path, script: str = "server.py", folder: Path = ROOT) -> Server:
    """Start `streamlit run` on a script of `folder`, with the settings that lie there, and do not wait for it."""
    port = _free_port()
    home.mkdir(parents=True, exist_ok=True)
    log = home.with_name(f"{home.name}-server-{port}.log")
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.headless", "true"]
    command += ["--server.address", "127.0.0.1", "--server.port", str(port)]
    with open(log, "wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "VITRINE_HOME": str(home), "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return Server(f"http://127.0.0.1:{port}", home, process, log)


def wait_until_ready(server: Server, path: str = "/healthz") -> None:
    """Return at the first 200; fail with what the server printed when it ends, or takes too long."""
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            with urllib.request.urlopen(server.url + path, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    raise AssertionError(f"The server did not answer at {path}:\n{server.log.read_text()}")


def stop_server(server: Server) -> None:
    server.process.terminate()
    try:
        server.process.wait(10)
    except subprocess.TimeoutExpired:
        server.process.kill()
        server.process.wait(10)


def until(run_id: str, condition: Callable[[Run], bool]) -> Run:
    """The run as it is when the condition holds; fail with what its job printed when that takes too long."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        run = store().get(run_id)
        if condition(run):
            return run
        time.sleep(0.1)  # more looks would take from the job what it needs
    raise AssertionError(f"still {run.state} {run.progress} after {PATIENCE} s:\n{run.log.read_text()}")


def worker(run_id: str) -> psutil.Process:
    """The process of a run: its command line holds the run's id, a moment after the process has begun."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found = [p for p in psutil.process_iter(["cmdline"]) if run_id in (p.info["cmdline"] or [])]
        if len(found) == 1:
            return found[0]
        time.sleep(0.05)
    raise AssertionError(f"run {run_id} has {len(found)} processes: {[p.info['cmdline'] for p in found]}")


@contextmanager
def no_free_slot(*slots: str) -> Iterator[None]:
    """What is submitted meanwhile is a real process that waits for these slots; unless named: for any."""
    with ExitStack() as taken:
        for slot in slots or ("0", "data"):
            taken.enter_context(locks.exclusive(paths.folder("jobs") / f"slot-{slot}.lock"))
        yield


def kill_workers(home: Path) -> None:
    """Kill the jobs' processes of a home: they are detached on purpose, and would outlive the tests."""
    if not (home / "jobs").exists():  # as in most tests, and looking through all processes takes a while
        return
    for process in psutil.process_iter(["cmdline"]):
        if "core.worker" not in (process.info["cmdline"] or []):
            continue
        try:
            if process.environ().get("VITRINE_HOME") == str(home):
                process.kill()
        except psutil.Error:  # it ended at this very moment
            continue


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
