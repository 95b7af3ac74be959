"""A lock tells whether its holder lives."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from core.runs import locks


def test_a_lock_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    mine = locks.take(tmp_path / "job.lock")
    assert mine is not None
    assert locks.take(tmp_path / "job.lock") is None
    os.close(mine)
    assert locks.take(tmp_path / "job.lock") is not None


def test_a_lock_nobody_ever_took_is_not_held(tmp_path: Path) -> None:
    assert not locks.held(tmp_path / "job.lock")


def test_asking_does_not_look_like_holding(tmp_path: Path) -> None:
    """Ten thousand questions from two processes at once, and not one takes the other for the holder."""
    (tmp_path / "job.lock").touch()
    ask = (
        "import sys; from pathlib import Path; from core.runs import locks; "
        "sys.exit(any(locks.held(Path(sys.argv[1])) for _ in range(10_000)))"
    )
    askers = [subprocess.Popen([sys.executable, "-c", ask, str(tmp_path / "job.lock")]) for _ in range(2)]
    assert [asker.wait() for asker in askers] == [0, 0]


def test_a_lock_handed_to_a_child_lives_and_dies_with_the_child(tmp_path: Path) -> None:
    path = tmp_path / "job.lock"
    lock = locks.take(path)
    assert lock is not None
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], pass_fds=[lock])
    os.close(lock)
    assert locks.held(path)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert not locks.held(path)


def test_exclusive_blocks_wait_for_each_other(tmp_path: Path) -> None:
    path, log = tmp_path / "store.lock", tmp_path / "log"
    block = (
        "import sys, time; from pathlib import Path; from core.runs import locks\n"
        "with locks.exclusive(Path(sys.argv[1])):\n"
        "    for word in ('in', 'out'):\n"
        "        open(sys.argv[2], 'a').write(word + ' '); time.sleep(0.05)\n"
    )
    waiters = [subprocess.Popen([sys.executable, "-c", block, str(path), str(log)]) for _ in range(4)]
    assert [waiter.wait() for waiter in waiters] == [0] * 4
    assert log.read_text() == "in out " * 4


def test_waiting_for_an_exclusive_block_ends_when_its_holder_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "store.lock"
    hold = (
        "import sys, time; from pathlib import Path; from core.runs import locks\n"
        "with locks.exclusive(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)\n"
    )
    holder = subprocess.Popen([sys.executable, "-c", hold, str(path)], stdout=subprocess.PIPE)
    assert holder.stdout is not None and holder.stdout.readline()
    holder.kill()
    started = time.monotonic()
    with locks.exclusive(path):
        assert time.monotonic() - started < 5
    holder.wait()
