"""The process that decodes untrusted images: ``python -m core.bundle.decoder MEMORY_MIB MAX_PIXELS``.

It limits itself before it reads a byte: memory, no file may be opened or written. It speaks on stdin and stdout. When it can begin
it says ``{"ready": true}``. A request is a JSON line ``{"sizes": [...], "side": s, "preview": p, "reading": {...}}`` followed by the images' bytes; the answer to
each image is a JSON line followed by its pixels, sent before the next image is touched. Of an image that takes much memory it says
``{"large": true}`` first, and waits for a line: there may be others that do the same. Whoever asks kills it when one takes too long.
"""

import copy
import io
import json
import math
import resource
import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy.ma
from PIL import AvifImagePlugin, Image, ImageColor, ImageFile, ImagePalette, JpegImagePlugin, TiffTags

from core.bundle.preprocess import FORMATS, draft, open_image, orientation, read_opened, to_rgb, to_square

# Pillow and NumPy import these when an image needs them; by then no file may be opened.
NEEDED_LATER = (copy, numpy.ma, ImageColor, ImagePalette, TiffTags)
CALLED = {"MPO": "JPEG", "HEIF": "HEIC"}  # where Pillow's name of a format is not people's
# What the libraries behind these formats hold of an image at once, in bytes a pixel, as measured; of others Pillow's own counts.
HELD = {"WEBP": 16, "AVIF": 9, "HEIF": 6.6}
MOST = 330_000_000  # bytes that an image of those formats may take
LARGE = 50_000_000  # bytes from which an image is decoded only while no other such is
DAMAGE = 120  # characters of Pillow's reason that are passed on
Answer = tuple[dict[str, Any], bytes]


class _TooManyPixelsError(Exception):
    """The header promises more pixels than are decoded."""

    def __init__(self, pixels: int, allowed: int) -> None:
        super().__init__(pixels)
        self.allowed = allowed // 10**6
        self.millions = math.ceil(pixels / 1e6)  # upwards: "100 of at most 100" would say nothing


def decode(data: bytes, asked: Mapping[str, Any], max_pixels: int, wait: Callable[[], object]) -> Answer:
    """One image as (facts, pixels of the square and of the preview), or (why not, nothing). `wait` is for when it is large."""
    if not data:
        return _rejected("image_empty")
    try:
        return _decode(data, asked, max_pixels, wait)
    except Image.UnidentifiedImageError:
        if _begins_like_an_image(data[:16]):
            return _rejected("image_damaged", reason="its beginning cannot be read")
        return _rejected("not_an_image")
    except _TooManyPixelsError as error:
        return _rejected("image_too_many_pixels", found=error.millions, allowed=error.allowed)
    except MemoryError:
        return _rejected("image_too_much_memory")
    except Exception as error:  # Pillow's plugins throw almost anything at a damaged file
        return _rejected("image_damaged", reason=(str(error) or type(error).__name__)[:DAMAGE])


def main(memory_mib: int, max_pixels: int) -> None:
    _limit(memory_mib)
    warnings.simplefilter("ignore")
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    source, sink = sys.stdin.buffer, sys.stdout.buffer

    def wait() -> None:
        sink.write(b'{"large": true}\n')
        sink.flush()
        source.readline()

    sink.write(b'{"ready": true}\n')
    sink.flush()
    while line := source.readline():
        asked = json.loads(line)
        # All are read before the first answer, or both sides could wait for the other to read.
        images = [source.read(size) for size in asked["sizes"]]
        images.reverse()
        while images:
            facts, pixels = decode(images.pop(), asked, max_pixels, wait)
            sink.write(json.dumps(facts).encode() + b"\n")
            sink.write(pixels)
            sink.flush()


def _decode(data: bytes, asked: Mapping[str, Any], max_pixels: int, wait: Callable[[], object]) -> Answer:
    with _open(data, max_pixels) as image:
        width, height = image.size
        facts: dict[str, Any] = {
            "width": width,
            "height": height,
            "mode": image.mode,
            "format": CALLED.get(image.format or "", image.format),
        }
        if width * height * _held(image) > LARGE:
            wait()
        square = read_opened(image, asked["side"], **asked["reading"])
        if orientation(image) in range(5, 9):  # the camera lay on its side
            facts |= {"width": height, "height": width}
        facts["square"], pixels = square.width, square.tobytes()
        facts["frames"] = _frames(image)
        if preview := asked["preview"]:
            seen = _preview(data, image, (width, height), preview, max_pixels)
            facts["preview"] = [seen.height, seen.width]
            pixels += seen.tobytes()
    return facts, pixels


def _preview(data: bytes, image: Image.Image, size: tuple[int, int], preview: int, max_pixels: int) -> Image.Image:
    """The whole of an image that the model's pixels were just taken of, of that size in its file."""
    wanted = max(1, 2 * preview * min(size) // max(size))
    if image.width * image.height < size[0] * size[1]:
        # The model's pixels must not depend on whether somebody looks: a photo that was read small for them is read again.
        with _open(data, max_pixels) as again:
            draft(again, wanted)
            seen = to_rgb(again, wanted)
    else:
        seen = to_rgb(image, wanted)
    seen.thumbnail((preview, preview))
    return seen


def _open(data: bytes, max_pixels: int) -> Image.Image:
    """The image, its header read, unless that promises too much."""
    Image.MAX_IMAGE_PIXELS = None  # checked here, where what was found can be said
    image = open_image(io.BytesIO(data))
    allowed = min(max_pixels, int(MOST / HELD[image.format])) if image.format in HELD else max_pixels
    if image.width * image.height > allowed:
        raise _TooManyPixelsError(image.width * image.height, allowed)
    Image.MAX_IMAGE_PIXELS = max_pixels  # for what a file may say further in
    return image


def _held(image: Image.Image) -> float:
    """Bytes a pixel that decoding an image takes, about."""
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        # It is decoded small, line by line, but for the coefficients of a progressive one, which all come before the first line.
        shares = [across * down for _name, across, down, _table in image.layer]
        return 2 * sum(shares) / max(shares) if image.info.get("progressive") else 0
    return HELD.get(image.format or "", 1 if image.mode in ("1", "L", "P") else 4)


def _frames(image: Image.Image) -> int:
    try:
        return getattr(image, "n_frames", 1)
    except Exception:  # damage behind the first frame, which is all that is taken
        return 1


def _begins_like_an_image(beginning: bytes) -> bool:
    checks = (Image.OPEN[name][1] for name in FORMATS)
    return any(check is not None and check(beginning) is True for check in checks)


def _rejected(code: str, **params: Any) -> Answer:
    return {"code": code, "params": params}, b""


def _limit(memory_mib: int) -> None:
    Image.preinit()  # plugins are files: what the first Image.open loads is loaded while that is allowed
    page = Image.new("RGB", (90, 60), "white")
    page.paste("black", (30, 10, 40, 50))
    to_square(page, 8, "dark")  # NumPy imports parts of itself when they are needed first
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # as many as there are cores would take memory for each
    for limit, value in (
        (resource.RLIMIT_AS, memory_mib << 20),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 3),  # stdin, stdout and stderr, which are open
    ):
        resource.setrlimit(limit, (value, value))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
