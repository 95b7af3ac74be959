"""Image files that tests decode: plain ones, and ones that ask for too much."""

import io
import struct
import zlib
from typing import Any

from PIL import Image

COLOUR = (200, 100, 50)
GREY, RGB = 0, 2  # PNG's numbers for kinds of colour


def saved(image: Image.Image, form: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def plain(form: str = "PNG", size: tuple[int, int] = (40, 30), colour: tuple[int, ...] = COLOUR) -> bytes:
    return saved(Image.new("RGB", size, colour), form)


def png_header(width: int, height: int, colour: int = RGB) -> bytes:
    header = b"IHDR" + struct.pack(">2L5B", width, height, 8, colour, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">L", 13) + header + struct.pack(">L", zlib.crc32(header))
    return start + struct.pack(">L", 8) + b"IDAT" + bytes(12)


def scan_bomb(scans: int = 20_000) -> bytes:
    """A progressive JPEG whose last scan comes again and again: half a megabyte that takes minutes to decode."""
    image = saved(Image.new("L", (4096, 4096), 100), "JPEG", progressive=True)
    return image[:-2] + image[image.rindex(b"\xff\xda") : -2] * scans + image[-2:]
