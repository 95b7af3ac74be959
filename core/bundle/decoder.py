"""The process that decodes untrusted images: ``python -m core.bundle.decoder MEMORY_MIB MAX_PIXELS``.

It limits itself before it reads a byte: memory, open files, no file may be written. It speaks on stdin and
stdout: a request is a JSON line ``{"sizes": [...], "side": s, "preview": p}`` followed by the images' bytes; the answer is a JSON
line with one entry an image, followed by their pixels. Whoever asks kills it when it takes too long.
"""

import io
import json
import resource
import sys
import warnings
from typing import Any

from PIL import Image, ImageFile

from core.bundle.preprocess import to_rgb, to_square

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "MPO")
Answer = tuple[dict[str, Any], bytes]


def decode(data: bytes, side: int, preview: int | None, max_pixels: int) -> Answer:
    """One image as (facts, pixels of the square and of the preview), or (why not, nothing)."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            width, height = image.size
            if width * height > max_pixels:
                millions = {"found": round(width * height / 1e6), "allowed": round(max_pixels / 1e6)}
                return {"code": "image_too_many_pixels", "params": millions}, b""
            facts = {
                "width": width,
                "height": height,
                "mode": image.mode,
                "format": "JPEG" if image.format == "MPO" else image.format,
                "frames": getattr(image, "n_frames", 1),
            }
            # A JPEG can be decoded at a half, a quarter or an eighth of its size: twice what is needed is enough.
            wanted = 2 * max(side, preview or 0)
            image.draft("RGB", (wanted, wanted))
            upright = to_rgb(image)
    except Image.UnidentifiedImageError:
        return {"code": "not_an_image", "params": {}}, b""
    except MemoryError:
        return {"code": "image_too_much_memory", "params": {}}, b""
    except Exception as error:  # Pillow's plugins throw almost anything at a damaged file
        return {"code": "image_damaged", "params": {"reason": str(error) or type(error).__name__}}, b""
    pixels = to_square(upright, side).tobytes()
    if preview:
        upright.thumbnail((preview, preview))
        facts["preview"] = [upright.height, upright.width]
        pixels += upright.tobytes()
    return facts, pixels


def main(memory_mib: int, max_pixels: int) -> None:
    _limit(memory_mib)
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = max_pixels
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while line := source.readline():
        request = json.loads(line)
        answers = [
            decode(source.read(size), request["side"], request["preview"], max_pixels) for size in request["sizes"]
        ]
        sink.write(json.dumps([facts for facts, _pixels in answers]).encode() + b"\n")
        sink.writelines(pixels for _facts, pixels in answers)
        sink.flush()


def _limit(memory_mib: int) -> None:
    Image.init()  # plugins are files: read them while that is allowed
    for limit, value in (
        (resource.RLIMIT_AS, memory_mib << 20),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 16),
    ):
        resource.setrlimit(limit, (value, value))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
