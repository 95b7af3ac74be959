"""Files as nobody should send them: cut, altered, called what they are not, and bombs. The same ones on every run."""

import io
import random
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import ExifTags, Image, ImageCms

from core.messages import MESSAGES
from tests.bundle.files import GREY, RGB, png_header, saved, scan_bomb
from tests.bundle.heic import heic

CUTS, FLIPS = 14, 18  # of every format
SUFFIXES = {
    "JPEG": "jpg",
    "PNG": "png",
    "WEBP": "webp",
    "AVIF": "avif",
    "HEIC": "heic",
    "GIF": "gif",
    "BMP": "bmp",
    "TIFF": "tiff",
}


_REASONS = [
    re.compile(re.sub(r"\\{[^}]*\\}", ".+", re.escape(sentence)), re.DOTALL)
    for code, sentence in MESSAGES.items()
    if code.startswith("image_") or code == "not_an_image"
]


def hostile_files() -> dict[str, bytes]:
    """More than 500 files by their names."""
    return dict(
        [*_cut(), *_altered(), *_called_something_else(), *_foreign(), *_bombs(), *_rubbish_within(), *_heavy()]
    )


def is_a_reason(text: str) -> bool:
    """Whether that is one of the sentences for what cannot be read, without a word of the program's own workings."""
    within = re.compile(r"Traceback|site-packages|\.py\b")
    return any(sentence.fullmatch(text) for sentence in _REASONS) and not within.search(text)


def _whole() -> dict[str, bytes]:
    """A good file of each format, and of the kinds that are read by other code."""
    noise = np.random.default_rng(0).integers(0, 256, (36, 48, 3), dtype=np.uint8)
    image = Image.fromarray(noise)
    files = {f"plain.{suffix}": saved(image, form) for form, suffix in SUFFIXES.items() if form != "HEIC"}
    more = [image.transpose(Image.Transpose.ROTATE_180)] * 2
    files |= {
        "tiles.heic": heic(tiles=(2, 2), size=(120, 100), turned=1, exif=b"II*\0\x08\0\0\0\0\0"),
        "progressive.jpg": saved(image, "JPEG", progressive=True),
        "moving.gif": saved(image.quantize(16), "GIF", save_all=True, append_images=more),
        "moving.webp": saved(image, "WEBP", save_all=True, append_images=more),
        "moving.png": saved(image, "PNG", save_all=True, append_images=more),
        "packed.tiff": saved(image, "TIFF", compression="tiff_lzw"),
        "deep.png": saved(image.convert("I;16"), "PNG"),
    }
    return files


def _cut() -> Iterator[tuple[str, bytes]]:
    for name, data in _whole().items():
        for number in range(CUTS):
            yield f"cut-{number}-{name}", data[: len(data) * number // CUTS + number % 3]


def _altered() -> Iterator[tuple[str, bytes]]:
    draw = random.Random(0)
    for name, data in _whole().items():
        for number in range(FLIPS):
            altered = bytearray(data)
            reach = draw.choice([32, 200, len(data)])
            for _ in range(draw.choice([1, 3, 20])):
                altered[draw.randrange(min(reach, len(data)))] ^= 1 << draw.randrange(8)
            yield f"altered-{number}-{name}", bytes(altered)


def _called_something_else() -> Iterator[tuple[str, bytes]]:
    for name, data in _whole().items():
        for suffix in ("jpg", "tiff", "heic"):
            yield f"called-{name}.{suffix}", data


def _foreign() -> Iterator[tuple[str, bytes]]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("zeros.png", bytes(10**7))
    foreign = {
        "svg": b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' width='99999' height='99999'/>",
        "html": b"<html><img src='/etc/passwd'><script>while(1);</script></html>",
        "zip": archive.getvalue(),
        "pdf": b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n%%EOF",
        "empty": b"",
        "zeros": bytes(10_000),
        "ps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd)(r)file\n",
        "elf": b"\x7fELF\2\1\1" + bytes(99),
    }
    for kind, data in foreign.items():
        for suffix in ("jpg", "png", "heic"):
            yield f"{kind}.{suffix}", data


def _bombs() -> Iterator[tuple[str, bytes]]:
    """Little files that ask for much."""
    for width, height in ((50_000, 50_000), (2**31 - 1, 2**31 - 1), (10_000, 10_000), (1, 90_000_000)):
        for colour in (GREY, RGB):
            yield f"bomb-{width}x{height}-{colour}.png", png_header(width, height, colour)
    small = Image.new("RGB", (8, 8))
    yield "bomb.gif", b"GIF89a" + struct.pack("<HH", 65535, 65535) + saved(small, "GIF")[10:]
    yield "bomb-frame.gif", saved(small, "GIF").replace(struct.pack("<HH", 8, 8), struct.pack("<HH", 65535, 1500))
    yield "million.gif", _many_frames(1_000_000)
    for size in ((65535, 65535), (7000, 7000), (16, 2**31)):
        yield f"bomb-{size[0]}.tiff", _tiff(_grey(*size))
        yield f"bomb-{size[0]}.heic", heic(size=(size[0], size[1] & 0xFFFFFFFF))
        yield f"bomb-{size[0]}-tiles.heic", heic(tiles=(12, 9), size=(size[0] & 0xFFFF, size[1] & 0xFFFF))
        avif = saved(small, "AVIF")
        yield f"bomb-{size[0]}.avif", _resized(avif, size)
    for side in (16383, 10_000):
        flags = struct.pack("<L", 0) + (side - 1).to_bytes(3, "little") * 2
        chunk = b"VP8X" + struct.pack("<L", 10) + flags
        inside = b"WEBP" + chunk + saved(small, "WEBP")[12:]
        yield f"bomb-{side}.webp", b"RIFF" + struct.pack("<L", len(inside)) + inside
    yield "loop.tiff", _tiff(_grey(8, 8), follows=8)
    yield "many-entries.tiff", _tiff(_grey(8, 8) + [(40_000 + number, 4, 2**31 - 1, 8) for number in range(5000)])
    for kind in (b"zTXt", b"iTXt", b"iCCP"):
        text = zlib.compress(bytes(100 << 20), 9)
        middle = b"\0\0" if kind != b"iTXt" else b"\0\1\0\0\0"
        yield f"{kind.decode()}.png", _with_chunk(saved(small, "PNG"), kind, b"x" + middle + text)
    yield "scans.jpg", scan_bomb(40)
    yield "black.png", saved(Image.new("L", (10_000, 9_999)), "PNG")
    yield (
        "rows.bmp",
        b"BM" + struct.pack("<LLL", 0, 0, 54) + struct.pack("<LllHHLLllLL", 40, -1, -(2**31), 1, 24, *[0] * 6),
    )


def _rubbish_within() -> Iterator[tuple[str, bytes]]:
    """Good pictures whose metadata is not."""
    draw, image = random.Random(1), Image.new("RGB", (40, 30), (200, 100, 50))
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation], exif[ExifTags.Base.Make] = 6, "x" * 99
    for number in range(10):
        for form in ("JPEG", "PNG", "WEBP"):
            broken = bytearray(icc)
            for _ in range(4 * number):
                broken[draw.randrange(len(broken))] = draw.randrange(256)
            noted = bytearray(exif.tobytes())
            for _ in range(number):
                noted[draw.randrange(6, len(noted))] = draw.randrange(256)
            suffix = SUFFIXES[form]
            yield f"rubbish-{number}.{suffix}", saved(image, form, icc_profile=bytes(broken), exif=bytes(noted))


def _heavy() -> Iterator[tuple[str, bytes]]:
    """Pictures that are in order, and take as much memory as any that is read."""
    yield "heavy.png", saved(Image.new("RGB", (8000, 8000), "red"), "PNG", compress_level=1)
    yield "heavy.jpg", saved(Image.new("RGB", (20_000, 5_000), "red"), "JPEG", progressive=True)
    yield "heavy.webp", saved(Image.new("RGB", (5100, 4000), "red"), "WEBP", method=0)
    yield "heavy.avif", saved(Image.new("RGB", (6000, 4000), "red"), "AVIF", speed=10)


def _many_frames(frames: int) -> bytes:
    gif = saved(Image.new("P", (1, 1)), "GIF")
    start = gif.index(b",")
    return gif[:start] + gif[start:-1] * frames + b";"


def _tiff(entries: list[tuple[int, int, int, int]], follows: int = 0) -> bytes:
    """A TIFF whose one directory has these entries (tag, type, count, value), and the place of the next."""
    directory = b"".join(struct.pack("<HHLL", *entry[:3], entry[3] & 0xFFFFFFFF) for entry in entries)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + directory + struct.pack("<L", follows) + bytes(64)


def _grey(width: int, height: int) -> list[tuple[int, int, int, int]]:
    """The entries of a grey image in one strip, which begins with the file."""
    sizes = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    return [*sizes, (273, 4, 1, 0), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, width * height)]


def _resized(avif: bytes, size: tuple[int, int]) -> bytes:
    at = avif.index(b"ispe") + 8
    return avif[:at] + struct.pack(">LL", size[0], size[1] & 0xFFFFFFFF) + avif[at + 8 :]


def _with_chunk(png: bytes, kind: bytes, content: bytes) -> bytes:
    chunk = struct.pack(">L", len(content)) + kind + content + struct.pack(">L", zlib.crc32(kind + content))
    return png[:33] + chunk + png[33:]
