"""The command line as tests call it: in their own process, as a process, and on a terminal."""

import json
import os
import pty
import subprocess
import sys
import termios
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.processes import ROOT


@dataclass(frozen=True)
class Answer:
    """What a command left: its exit status, and what it printed."""

    status: int
    out: str
    err: str

    @property
    def value(self) -> Any:
        """The one JSON value on stdout; anything beside it would not be JSON."""
        assert (self.status, self.err) == (0, "")
        return json.loads(self.out)


Command = Callable[..., Answer]


def start(home: Path, *arguments: object, stderr: int = subprocess.PIPE) -> subprocess.Popen[str]:
    """A command as another program would call it."""
    return subprocess.Popen(
        [sys.executable, "-m", "core", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "VITRINE_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )


def process(home: Path, *arguments: object) -> Answer:
    """What a command answers another program."""
    command = start(home, *arguments)
    out, err = command.communicate()
    return Answer(command.returncode, out, err)


def on_a_terminal(home: Path, *arguments: object) -> Answer:
    """What a command answers when somebody watches its stderr."""
    terminal, inside = pty.openpty()
    termios.tcsetwinsize(inside, (24, 100))
    command = start(home, *arguments, stderr=inside)
    os.close(inside)
    seen = b""
    try:
        while block := os.read(terminal, 1 << 12):
            seen += block
    except OSError:  # how Linux says that nobody holds the other end any more
        os.close(terminal)
    out, _ = command.communicate()
    return Answer(command.returncode, out, seen.decode())
