"""Where Vitrine keeps its files: everything lies under one folder, ``VITRINE_HOME``."""

import os
from pathlib import Path


def home() -> Path:
    """The absolute folder of this installation's data; made on first use.

    ``VITRINE_HOME`` names it; without that it is ``.vitrine`` in the working directory.
    """
    folder = Path(os.environ.get("VITRINE_HOME") or ".vitrine").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def bundled() -> Path:
    """The folder of the models that come with Vitrine: the repository's, unless ``VITRINE_BUNDLED`` names another."""
    return Path(os.environ.get("VITRINE_BUNDLED") or Path(__file__).parents[1] / "bundled")


def folder(name: str) -> Path:
    """A sub-folder of :func:`home` such as ``datasets`` or ``logs``; made on first use."""
    path = home() / name
    path.mkdir(parents=True, exist_ok=True)
    return path
