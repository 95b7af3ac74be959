"""Public datasets, fetched and verified by torchvision when somebody asks for them, and kept as versions of our own."""

import io
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from core import paths
from core.bundle.preprocess import to_square
from core.data.imageset import write_cache
from core.data.versions import Dataset, Split, draft
from core.errors import VitrineError

Progress = Callable[[int, int], None]

SIDE = 32  # pixels
LOOK = 0.3  # seconds between two looks at a download


class Source(NamedTuple):
    """A public dataset: torchvision's class, the folder it downloads to, the bytes it downloads, and what to say of it."""

    loader: str
    folder: str
    size: int
    source: str
    licence: str


SOURCES = {
    "cifar10": Source(
        "CIFAR10", ".", 170_498_071, "Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009", "not stated"
    ),
    "fashion-mnist": Source(
        "FashionMNIST", "FashionMNIST/raw", 30_878_645, "Xiao, Rasul and Vollgraf, Fashion-MNIST, arXiv 1708.07747, 2017", "MIT"
    ),
}


def download(name: str, progress: Progress, stopped: Callable[[], bool]) -> Dataset:
    """Make the newest version of a public dataset, downloading what is not in ``VITRINE_HOME/downloads`` yet.

    Args:
        progress: told of bytes while it downloads, then of images while it stores.
        stopped: asked now and then whether to give up.

    Raises:
        VitrineError: ``download_failed`` (no network) and ``download_damaged`` (wrong checksum) say what to do instead.
    """
    source = SOURCES[name]
    root = paths.folder("downloads") / name
    _fetch(name, source, root, progress, stopped)
    import torchvision.datasets

    kind = getattr(torchvision.datasets, source.loader)
    loaded: list[tuple[Split, Any]] = [("train", kind(root, train=True)), ("test", kind(root, train=False))]
    total = sum(len(images.data) for _split, images in loaded)
    pixels = np.empty((total, SIDE, SIDE, 3), np.uint8)
    with draft(name) as made:
        for split, images in loaded:
            for array, label in zip(np.asarray(images.data), np.asarray(images.targets).tolist(), strict=True):
                image = Image.fromarray(array)
                png = io.BytesIO()
                image.save(png, "PNG", compress_level=1)
                row = made.add(png.getvalue(), f"{split}/{len(made.rows['label'])}.png", split, label, *image.size)
                pixels[row] = to_square(image.convert("RGB"), SIDE)
                if row % 1000 == 0:
                    progress(row, total)
                    if stopped():
                        raise VitrineError("job_stopped")
        write_cache(made.folder / "cache", SIDE, pixels)
        return made.publish([label.lower() for label in loaded[0][1].classes], source.source, source.licence)


def _fetch(name: str, source: Source, root: Path, progress: Progress, stopped: Callable[[], bool]) -> None:
    """Let torchvision download, verify and unpack, and watch the files grow meanwhile."""
    import torchvision.datasets

    kind, failure = getattr(torchvision.datasets, source.loader), []

    def work() -> None:
        try:
            kind(root, train=True, download=True)
        except Exception as error:
            failure.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(LOOK)
        if stopped():
            raise VitrineError("job_stopped")
        arrived = sum(file.stat().st_size for file in (root / source.folder).glob("*.gz"))
        progress(min(arrived, source.size), source.size)
    if failure:
        damaged = "corrupted" in str(failure[0])
        folder = str((root / source.folder).resolve())
        raise VitrineError("download_damaged" if damaged else "download_failed", name=name, folder=folder) from failure[0]
