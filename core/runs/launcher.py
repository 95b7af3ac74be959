"""Starts jobs as processes of this machine, lets them wait their turn, and knows which are alive.

There is no dispatcher. A submitted job is a small process at once: it holds its own lock, waits in order of submission
for one of ``VITRINE_SLOTS`` slots (1 unless set), and then becomes the worker. Jobs that train nothing have a slot and a
queue of their own: who brings photos while a run trains need not wait for its end.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

from core import paths
from core.errors import VitrineError
from core.runs import locks

# glibc gives every large activation back to the kernel and pays a page fault for each page on the next step; a worker
# that keeps its pages trains twice as fast. Huge pages, where the kernel gives them, spare it more of the same: 6%. These are
# read once, when a process starts: only its parent can set them.
KEEP_PAGES = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(64 * 2**30),
    "MALLOC_TOP_PAD_": str(256 * 2**20),
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}
TRAINING, DATA = "training", "data"  # the queues
PATIENCE = 0.2  # seconds between two looks at the queue, or at a lock

_children: list[subprocess.Popen[bytes]] = []


def start(run_id: str, queue: str, prepare: Callable[[], None] = lambda: None, patience: float = 0.0) -> bool:
    """Start the job's process, detached from this one: it outlives the server and the terminal.

    Args:
        queue: where it waits its turn: :data:`TRAINING` or :data:`DATA`.
        prepare: called once nobody else can start the job any more, before its process exists.
        patience: seconds to wait for an earlier process of the job that has said its last word but not ended yet.

    Returns:
        False when the job has a living process already (another server was faster).
    """
    deadline = time.monotonic() + patience
    while (lock := locks.take(_file(run_id, "lock"))) is None:
        if time.monotonic() >= deadline:
            return False
        time.sleep(PATIENCE)
    try:
        prepare()
        _file(run_id, "stop").unlink(missing_ok=True)
        ticket = _file(run_id, "ticket")
        if not ticket.exists():
            ticket.write_text(f"{time.time_ns()} {queue}")
        with open(log(run_id), "ab") as output:
            child = subprocess.Popen(
                [sys.executable, "-m", "core.worker", run_id],
                cwd=Path(__file__).parents[2],
                env={**os.environ, **worker_environment()},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=[lock],
                start_new_session=True,
            )
    finally:
        os.close(lock)
    _children[:] = [other for other in _children if other.poll() is None] + [child]
    return True


def stop(run_id: str) -> None:
    """Ask the job to stop; it looks for this between two steps."""
    _file(run_id, "stop").touch()


def stop_requested(run_id: str) -> bool:
    return _file(run_id, "stop").exists()


def alive(run_id: str) -> bool:
    """Whether the job has a process, waiting or working."""
    return locks.held(_file(run_id, "lock"))


def started(run_id: str) -> bool:
    """Whether the job ever had a process."""
    return _file(run_id, "lock").exists()


def log(run_id: str) -> Path:
    """The file that takes what the job's process prints."""
    return paths.folder("logs") / f"{run_id}.log"


def waiting(queue: str = TRAINING) -> list[str]:
    """The ids of living jobs that wait for a slot, first come first."""
    return [run_id for run_id, its_queue in _tickets() if its_queue == queue and alive(run_id)]


def adopt() -> list[str]:
    """Start again the jobs that waited for a slot when the machine went down; returns their ids."""
    return [run_id for run_id, queue in _tickets() if not alive(run_id) and start(run_id, queue)]


def wait_for_slot(run_id: str, stopped: Callable[[], bool]) -> bool:
    """Wait, as the job's own process, until it is this job's turn; the slot is freed when the process ends.

    Returns:
        False when a stop was asked for before that.
    """
    queue = dict(_tickets()).get(run_id, TRAINING)
    while not stopped():
        if waiting(queue)[:1] == [run_id] and _take_slot(queue):
            withdraw(run_id)
            return True
        time.sleep(PATIENCE)
    withdraw(run_id)
    return False


def withdraw(run_id: str) -> None:
    """Leave the queue."""
    _file(run_id, "ticket").unlink(missing_ok=True)


def forget(run_id: str) -> None:
    """Remove the job's files: ticket, stop request, lock and log."""
    for suffix in ("ticket", "stop", "lock"):
        _file(run_id, suffix).unlink(missing_ok=True)
    log(run_id).unlink(missing_ok=True)


def slots() -> int:
    """How many jobs may work at once, from ``VITRINE_SLOTS``.

    Raises:
        VitrineError: when that is not a whole number of at least 1.
    """
    value = os.environ.get("VITRINE_SLOTS", "1")
    if not value.isdecimal() or int(value) < 1:
        raise VitrineError("slots_invalid", value=value)
    return int(value)


def worker_environment() -> dict[str, str]:
    """What a process that trains, or is to train as fast as one that does, needs besides this process's environment."""
    return {
        "VITRINE_HOME": str(paths.home()),
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS") or str(psutil.cpu_count(logical=False) or os.cpu_count()),
        "PYTHONUNBUFFERED": "1",
        **KEEP_PAGES,
    }


def _take_slot(queue: str) -> bool:
    names = ["slot-data"] if queue == DATA else [f"slot-{number}" for number in range(slots())]
    # The descriptor is left open on purpose: the slot is this process's until it ends.
    return any(locks.take(_file(name, "lock")) is not None for name in names)


def _file(run_id: str, suffix: str) -> Path:
    return paths.folder("jobs") / f"{run_id}.{suffix}"


def _tickets() -> list[tuple[str, str]]:
    """Every job that has not begun, with the queue it waits in, first come first."""
    found = []
    for ticket in paths.folder("jobs").glob("*.ticket"):
        with suppress(FileNotFoundError):  # it left the queue at this very moment
            submitted, _, queue = ticket.read_text().partition(" ")
            found.append((int(submitted or 0), ticket.stem, queue or TRAINING))
    return [(run_id, queue) for _, run_id, queue in sorted(found)]
