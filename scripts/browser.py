"""The browser that tests and measurements drive: ``python -m scripts.browser`` finds one, or brings it, and prints its path.

Looked at in this order: ``VITRINE_CHROMIUM``; a Chromium or Chrome that is installed; Playwright's own. If there is none
and the package manager may be used (apt-get as root, or by sudo without a password), it is installed from there.
"""

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC_APPS = ("Chromium.app/Contents/MacOS/Chromium", "Google Chrome.app/Contents/MacOS/Google Chrome")
INSTRUCTION = """The tests need a browser, and there is none on this machine. Bring one with any of:
    sudo apt-get install chromium                                  (Debian)
    .venv/bin/python -m playwright install --with-deps chromium    (any system)
    VITRINE_CHROMIUM=/path/to/chrome make test                     (one that is elsewhere)"""


class NoBrowserError(Exception):
    """There is no browser; the text says how to get one."""


@functools.cache
def find() -> Path:
    """The browser's executable.

    Raises:
        NoBrowserError: when there is none that starts.
    """
    named = os.environ.get("VITRINE_CHROMIUM")
    if named:
        if not _starts(Path(named)):
            raise NoBrowserError(f"VITRINE_CHROMIUM is {named}, and that does not start. Name a Chromium or Chrome.")
        return Path(named)
    for path in _candidates():
        if _starts(path):
            return path
    raise NoBrowserError(INSTRUCTION)


def bring() -> Path:
    """The browser's executable, installed by the package manager if need be and if that is allowed.

    Raises:
        NoBrowserError: when there is none and it could not be installed.
    """
    try:
        return find()
    except NoBrowserError:
        root = _root_command()
        if os.environ.get("VITRINE_CHROMIUM") or root is None:
            raise
    print("Installing Chromium with apt-get, for the browser tests.", file=sys.stderr)
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        command = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet", *arguments]
        if subprocess.run(command, stdout=sys.stderr).returncode:
            raise NoBrowserError(f"`apt-get {arguments[0]}` failed.\n{INSTRUCTION}")
    return find()


def _candidates() -> Iterator[Path]:
    yield from (Path(path) for name in NAMES if (path := shutil.which(name)))
    if sys.platform == "darwin":
        yield from (Path("/Applications") / app for app in MAC_APPS)
    # In a process of its own: a caller may be inside Playwright already, which cannot be entered twice.
    ask = "from playwright.sync_api import sync_playwright as p\nwith p() as p: print(p.chromium.executable_path)"
    yield Path(subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True).stdout.strip())


def _starts(path: Path) -> bool:
    # Being there is not enough: on Ubuntu, chromium-browser may be a stub that only asks for a snap.
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _root_command() -> list[str] | None:
    """What to put before a command that must run as root; None when that is not allowed, or apt-get is not there."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    asked = shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0
    return ["sudo", "-n"] if asked else None


def main() -> int:
    try:
        print(f"Browser: {bring()}")
    except NoBrowserError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
