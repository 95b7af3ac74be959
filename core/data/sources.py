"""Public datasets, fetched and verified by torchvision when somebody asks for them, and kept as versions of our own."""

import io
import shutil
from collections.abc import Callable, Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from core import paths
from core.bundle.preprocess import to_square
from core.data.drafts import Draft, draft
from core.data.imageset import write_cache
from core.data.layout import Split
from core.data.versions import Dataset
from core.data.watching import watched
from core.errors import DISK_FULL, VitrineError

Progress = Callable[[int, int], None]

SIDE = 32  # pixels
DOWNLOAD_ERRORS = (OSError, RuntimeError, HTTPException)  # what torchvision lets through; URLError is an OSError


class Source(NamedTuple):
    """A public dataset: torchvision's class, the folder it downloads to, the bytes it downloads, and what to say of it."""

    loader: str
    folder: str
    size: int
    source: str
    licence: str


SOURCES = {
    "cifar10": Source(
        "CIFAR10",
        ".",
        170_498_071,
        "Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009",
        "not stated",
    ),
    "fashion-mnist": Source(
        "FashionMNIST",
        "FashionMNIST/raw",
        30_878_645,
        "Xiao, Rasul and Vollgraf, Fashion-MNIST, arXiv 1708.07747, 2017",
        "MIT",
    ),
}


def download(name: str, progress: Progress, stopped: Callable[[], bool]) -> Dataset:
    """Make the newest version of a public dataset, downloading what is not in ``VITRINE_HOME/downloads`` yet.

    Args:
        name: one of :data:`SOURCES`.
        progress: told of bytes; storing the images counts as much as downloading them.
        stopped: asked now and then whether to give up.

    Raises:
        VitrineError: ``download_failed`` (no network) and ``download_damaged`` (wrong checksum) say what to do instead.
    """
    source = SOURCES[name]
    root = paths.folder("downloads") / name
    folder = root / source.folder
    folder.mkdir(parents=True, exist_ok=True)
    _remove_unpacked(folder)  # what a killed download left may be cut short, and torchvision would take it as it is
    import torchvision.datasets

    loader = getattr(torchvision.datasets, source.loader)
    try:
        watched(
            lambda: loader(root, train=True, download=True),
            lambda: progress(_arrived(folder, source.size), 2 * source.size),
            stopped,
        )
    except DOWNLOAD_ERRORS as error:
        _remove_unpacked(folder)
        if getattr(error, "errno", None) in DISK_FULL:
            raise
        damaged, missing = _lacking(loader, folder)
        if not damaged and not missing:
            raise
        code, files = ("download_damaged", damaged) if damaged else ("download_failed", missing)
        raise VitrineError(code, name=name, folder=str(folder), files=", ".join(files)) from error
    try:
        loaded: dict[Split, Any] = {"train": loader(root, train=True), "test": loader(root, train=False)}
        with draft(name) as made:
            _store(made, loaded, lambda share: progress(int((1 + share) * source.size), 2 * source.size), stopped)
            return made.publish([label.lower() for label in loaded["train"].classes], source.source, source.licence)
    finally:
        _remove_unpacked(folder)


def _store(
    made: Draft, loaded: Mapping[Split, Any], report: Callable[[float], None], stopped: Callable[[], bool]
) -> None:
    """Keep the images as PNG files, and their squares as the first cache."""
    total = sum(len(images.data) for images in loaded.values())
    pixels = np.empty((total, SIDE, SIDE, 3), np.uint8)
    for split, images in loaded.items():
        arrays, labels = np.asarray(images.data), np.asarray(images.targets).tolist()
        for number, (array, label) in enumerate(zip(arrays, labels, strict=True)):
            image = Image.fromarray(array)
            png = io.BytesIO()
            image.save(png, "PNG", compress_level=1)
            row = made.add(png.getvalue(), f"{split}/{number:05d}.png", split, label, *image.size)
            pixels[row] = np.asarray(to_square(image, SIDE))
            if row % 1000 == 0:
                report(row / total)
                if stopped():
                    raise VitrineError("job_stopped")
    write_cache(made.folder / "cache", SIDE, total, [pixels])
    report(1.0)


def _arrived(folder: Path, expected: int) -> int:
    return min(expected, sum(file.stat().st_size for file in folder.glob("*.gz")))


def _lacking(loader: Any, folder: Path) -> tuple[list[str], list[str]]:
    """The archives that have a wrong checksum, and those that are not there, by the names that torchvision gives them."""
    from torchvision.datasets.utils import check_integrity

    archives = loader.resources if hasattr(loader, "resources") else [(loader.filename, loader.tgz_md5)]
    here = [(name, md5) for name, md5 in archives if (folder / name).exists()]
    missing = [name for name, _md5 in archives if not (folder / name).exists()]
    return [name for name, md5 in here if not check_integrity(str(folder / name), md5)], missing


def _remove_unpacked(folder: Path) -> None:
    """The archives stay, so that nobody downloads them twice; what was unpacked from them is in the version now."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.suffix != ".gz":
            path.unlink()
