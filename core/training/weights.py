"""The files of published weights: taken from ``VITRINE_HOME/weights``, where a hand may have put them, or downloaded."""

import hashlib
import re
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

from core import paths
from core.data.watching import watched
from core.errors import DISK_FULL, VitrineError
from core.models.pretrained import Backbone
from core.runs import locks

SERVER = "https://download.pytorch.org/models/"
DOWNLOAD_ERRORS = (OSError, RuntimeError, HTTPException)  # what torch.hub lets through; URLError is an OSError
_HASH = re.compile(r"-([0-9a-f]{8,})\.pth$")  # torch.hub's convention: the SHA-256 of a file begins so

Progress = Callable[[int, int], None]


def weights_folder() -> Path:
    """Where weights lie, or can be put by hand."""
    return paths.folder("weights")


def fetch(backbone: Backbone, progress: Progress, stopped: Callable[[], bool]) -> Path:
    """The backbone's weights as a file whose content is what its name promises, downloaded if there is none yet.

    Any of torchvision's files for that network will do, such as the first version of ResNet-50's.

    Args:
        progress: told of bytes done and in all while it downloads.
        stopped: asked now and then whether to give up.

    Raises:
        VitrineError: ``weights_unreachable`` (no network, or a wrong checksum), ``weights_damaged`` (another content than the name promises).
    """
    folder = weights_folder()
    with locks.exclusive(folder / f".{backbone.stem}.lock"):  # whoever comes second finds it there
        path = local_file(backbone) or folder / backbone.file
        if not path.exists():
            _download(backbone, path, progress, stopped)
    promised = _HASH.search(path.name)
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if promised is None or not digest.startswith(promised[1]):
        raise VitrineError("weights_damaged", file=path.name, folder=str(folder))
    return path


def local_file(backbone: Backbone) -> Path | None:
    """The file that is here: of the name that torchvision prefers, else of another with a hash in it."""
    found = sorted(
        weights_folder().glob(f"{backbone.stem}-*.pth"), key=lambda path: (path.name != backbone.file, path.name)
    )
    return next((path for path in found if _HASH.search(path.name)), None)


def _download(backbone: Backbone, path: Path, progress: Progress, stopped: Callable[[], bool]) -> None:
    parts = f"{path.name}.*.partial"  # as torch.hub names them
    import torch.hub

    _remove(path.parent, parts)  # of a download whose process was killed
    size = round(backbone.megabytes * 2**20)

    def look() -> None:
        arrived = 0
        for part in path.parent.glob(parts):
            with suppress(FileNotFoundError):  # it was put in place just now
                arrived += part.stat().st_size
        progress(min(arrived, size), size)

    url, promised = SERVER + path.name, _HASH.search(path.name)
    assert promised is not None  # it is one of our own names
    try:
        watched(lambda: torch.hub.download_url_to_file(url, str(path), promised[1], progress=False), look, stopped)
        progress(size, size)
    except DOWNLOAD_ERRORS as error:
        if getattr(error, "errno", None) in DISK_FULL:
            raise
        reason = str(getattr(error, "reason", error)).split("\n")[0]  # of a URLError, without what it is wrapped in
        raise VitrineError(
            "weights_unreachable", name=backbone.title, reason=reason, url=url, file=path.name, folder=str(path.parent)
        ) from error
    finally:
        _remove(path.parent, parts)


def _remove(folder: Path, pattern: str) -> None:
    for part in folder.glob(pattern):
        part.unlink(missing_ok=True)
