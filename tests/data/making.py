"""Images and ZIP files for tests, as real ones are: written by Pillow and zipfile."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


def picture(
    seed: int = 0, size: tuple[int, int] = (12, 12), form: str = "PNG", mode: str = "RGB", **options: Any
) -> bytes:
    """A file with noise in it; another seed, another file."""
    noise = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).convert(mode).save(file, form, **options)
    return file.getvalue()


def some(label: str, count: int, first: int = 0) -> dict[str, bytes]:
    """So many different pictures in a folder."""
    return {f"{label}/{number}.png": picture(number) for number in range(first, first + count)}


def two_classes(count: int = 6, prefix: str = "") -> dict[str, bytes]:
    files = some("cat", count) | some("dog", count, first=count)
    return {prefix + name: data for name, data in files.items()}


def pack(path: Path, files: Mapping[str, bytes], folders: tuple[str, ...] = ()) -> Path:
    """A ZIP of these files, and entries for these folders."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder in folders:
            archive.writestr(f"{folder}/", b"")
        for name, data in files.items():
            archive.writestr(name, data)
    return path
