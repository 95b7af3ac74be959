"""The calls that the Deploy page shows are programs that work as they stand, on a server that asks for a key and on one that does not."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.runs.store import Run
from tests.data.making import picture
from tests.processes import Server, serving
from ui import calls

KEY = "sesame, open"
# Which text, in which file, run by what.
LANGUAGES: dict[str, tuple[Callable[[str, bool], str], str, str]] = {
    "curl": (calls.curl, "call.sh", "bash"),
    "Python": (calls.python, "call.py", sys.executable),
    "JavaScript": (calls.javascript, "call.mjs", "node"),
}


@pytest.fixture(scope="module", params=["", KEY], ids=["open", "with key"])
def server(trained_home: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Server, bool]]:
    """A server, and whether it asks for a key."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("VITRINE_API_KEY", request.param)
        with serving(trained_home) as running:
            yield running, bool(request.param)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_call_works_as_it_stands(
    server: tuple[Server, bool], language: str, trained_run: Run, tmp_path: Path
) -> None:
    running, with_key = server
    text, file, tool = LANGUAGES[language]
    if not shutil.which(tool) or (language == "curl" and not shutil.which("curl")):
        pytest.skip(f"there is no {tool} on this machine")
    program = text(f"{running.url}/api/v1/models/{trained_run.id}/predict", with_key)
    assert KEY not in program
    (tmp_path / file).write_text(program)
    (tmp_path / "photo.jpg").write_bytes(picture(0, (64, 48), "JPEG"))

    def run(key: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, calls.KEY: key}
        return subprocess.run([tool, file], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)

    done = run(KEY)
    assert done.returncode == 0, done.stderr
    assert "photo.jpg" in done.stdout and re.search("known|unsure", done.stdout)
    if with_key:
        assert "photo.jpg" not in run("wrong").stdout
