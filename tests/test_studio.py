"""The warm process with torch answers, is replaced when it dies, and never outlives whoever started it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import pytest

from core.errors import VitrineError
from core.studio import Studio
from core.training.presets import make_recipe
from tests.processes import ROOT

PATIENCE = 60.0
IDLE = 121.0  # seconds; nobody else's studio has that
RECIPE = make_recipe("case-study", flip=True).model_dump(mode="json")
IMAGES = np.arange(2 * 28 * 28 * 3, dtype=np.uint32).astype(np.uint8).reshape(2, 28, 28, 3)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    made = Studio(niceness=0, idle=IDLE)
    yield made
    made.close()


def look(studio: Studio, seconds: float = PATIENCE) -> np.ndarray:
    """One request that works."""
    _facts, made = studio.ask("preview", IMAGES, seconds, recipe=RECIPE, epochs=2, draw=0)
    assert made is not None
    return made


def children() -> list[psutil.Process]:
    """The processes of this file's studio."""
    found = []
    for process in psutil.Process().children():
        with suppress(psutil.Error):
            if process.cmdline()[-3:] == ["core.studio_worker", "0", str(IDLE)]:
                found.append(process)
    return found


def only_child() -> psutil.Process:
    (child,) = children()
    return child


def test_it_starts_when_it_is_asked_and_answers_with_images(studio: Studio) -> None:
    assert not studio.ready and children() == []
    first, second = look(studio)
    assert studio.ready
    # In any two epochs an image is seen as it is and mirrored: this also says that pixels arrive unharmed.
    for image, one, other in zip(IMAGES, first, second, strict=True):
        assert {one.tobytes(), other.tobytes()} == {image.tobytes(), image[:, ::-1].tobytes()}


def test_it_computes_as_a_training_worker_does_and_nicely(studio: Studio) -> None:
    look(studio)
    assert only_child().environ()["MALLOC_TRIM_THRESHOLD_"] == str(64 * 2**30)
    assert int(only_child().environ()["OMP_NUM_THREADS"]) >= 1


def test_one_that_died_is_replaced_and_the_question_answered(studio: Studio) -> None:
    look(studio)
    before = only_child()
    before.kill()
    before.wait(10)
    assert not studio.ready
    assert look(studio).shape == (2, 2, 28, 28, 3)
    assert only_child() != before


def test_one_that_takes_too_long_is_given_up_with_a_sentence(studio: Studio) -> None:
    look(studio)
    stuck = only_child()
    stuck.send_signal(signal.SIGSTOP)
    with pytest.raises(VitrineError, match=r"given up after 0\.5 seconds"):
        look(studio, 0.5)
    assert not stuck.is_running()
    assert look(studio).shape == (2, 2, 28, 28, 3)


def test_what_cannot_be_done_is_a_sentence_and_the_next_question_is_answered(studio: Studio) -> None:
    with pytest.raises(VitrineError) as refused:
        studio.ask("preview", IMAGES, recipe={"epochs": 0}, epochs=1, draw=0)
    assert refused.value.code == "studio_failed" and "epochs" in str(refused.value)
    with pytest.raises(VitrineError):
        studio.ask("no such task", IMAGES)
    child = only_child()
    look(studio)
    assert only_child() == child


def test_an_idle_one_ends_by_itself_and_is_started_again_when_needed() -> None:
    brief = Studio(niceness=0, idle=0.5)
    look(brief)
    deadline = time.monotonic() + PATIENCE
    while brief.ready:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    look(brief)
    brief.close()


def test_warming_does_not_wait(home: Path) -> None:
    warmed = Studio(niceness=0, idle=60)
    started = time.monotonic()
    warmed.warm()
    assert time.monotonic() - started < 0.2 and not warmed.ready
    deadline = time.monotonic() + PATIENCE
    while not warmed.ready:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    warmed.close()
    with pytest.raises(VitrineError, match="ended unexpectedly"):
        look(warmed)


def test_it_ends_when_its_parent_is_killed(home: Path) -> None:
    program = (
        "import sys, time, psutil\n"
        "from core.studio import Studio\n"
        "studio = Studio(0, 600)\n"
        "studio.warm()\n"
        "while not studio.ready: time.sleep(0.05)\n"
        "print(psutil.Process().children()[0].pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = psutil.Process(json.loads(parent.stdout.readline()))
    os.kill(parent.pid, signal.SIGKILL)
    parent.communicate()
    psutil.wait_procs([child], timeout=10)
    assert not child.is_running()
