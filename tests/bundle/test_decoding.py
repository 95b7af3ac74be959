"""Bytes of strangers become plain pixels, or a reason why not."""

import io
import struct
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms

from core.bundle.decoding import BATCH, BATCH_BYTES, MAX_BYTES, MAX_PIXELS, Decoded, DecoderPool, Rejected
from core.bundle.preprocess import to_square
from core.errors import VitrineError
from tests.bundle.files import COLOUR, GREY, plain, png_header, saved
from tests.data.making import picture
from tests.processes import ROOT

FORMATS = ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"]


@pytest.fixture(scope="module")
def pool() -> Iterator[DecoderPool]:
    with DecoderPool(1) as shared:
        yield shared


def decoded(pool: DecoderPool, data: bytes, side: int = 8, preview: int | None = None) -> Decoded:
    (image,) = pool.decode([data], side, preview)
    assert isinstance(image, Decoded), image
    return image


def rejected(pool: DecoderPool, data: bytes) -> Rejected:
    """Why it is no image; that the reason can be told is part of it."""
    (image,) = pool.decode([data], 8)
    assert isinstance(image, Rejected)
    assert str(VitrineError(image.code, **image.params)).endswith(".")
    return image


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_read_and_its_facts_are_told(pool: DecoderPool, form: str) -> None:
    image = decoded(pool, plain(form))
    assert (image.width, image.height, image.format, image.frames) == (40, 30, form, 1)
    assert image.mode == ("P" if form == "GIF" else "RGB")
    assert image.pixels.shape == (8, 8, 3) and image.pixels.dtype == np.uint8
    assert np.abs(image.pixels.astype(int) - COLOUR).max() <= 4
    assert image.preview is None


@pytest.mark.parametrize(
    ("orientation", "size"), [(1, (40, 30)), (3, (40, 30)), (6, (30, 40)), (8, (30, 40)), (9, (40, 30))]
)
def test_a_photo_is_told_to_be_as_wide_and_high_as_it_is_seen(
    pool: DecoderPool, orientation: int, size: tuple[int, int]
) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    image = decoded(pool, saved(Image.new("RGB", (40, 30)), "JPEG", exif=exif))
    assert (image.width, image.height) == size


def test_the_picture_on_a_phone_with_more_behind_it_is_a_jpeg(pool: DecoderPool) -> None:
    more = [Image.new("RGB", (40, 30), "blue")]
    image = decoded(pool, saved(Image.new("RGB", (40, 30), COLOUR), "MPO", save_all=True, append_images=more))
    assert (image.format, image.frames) == ("JPEG", 2)
    assert np.abs(image.pixels.astype(int) - COLOUR).max() <= 4


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "TIFF", "AVIF"])
def test_of_an_animation_the_first_picture_is_taken(pool: DecoderPool, form: str) -> None:
    more = [Image.new("RGB", (40, 30), colour) for colour in ("blue", "red")]
    image = decoded(pool, saved(Image.new("RGB", (40, 30), COLOUR), form, save_all=True, append_images=more))
    assert image.frames == 3
    assert np.abs(image.pixels.astype(int) - COLOUR).max() <= 4


def test_kinds_that_need_more_of_pillow_find_it_loaded(pool: DecoderPool) -> None:
    """A decoder can import nothing any more: what a rare kind needs must be there before."""
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    image = Image.new("RGB", (40, 30), COLOUR)
    in_lab = ImageCms.applyTransform(image, ImageCms.buildTransform(srgb, lab, "RGB", "LAB"))
    assert in_lab is not None
    kinds = [
        saved(in_lab, "TIFF"),
        saved(image.convert("YCbCr"), "TIFF"),
        saved(image.convert("YCbCr"), "JPEG"),
        saved(image.quantize(4), "PNG", transparency=3),
        *(saved(image, "TIFF", compression=name) for name in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg")),
    ]
    found = pool.decode(kinds, 8)
    assert [image.mode for image in found if isinstance(image, Decoded)][:2] == ["LAB", "YCbCr"]
    for one in found:
        assert isinstance(one, Decoded) and np.abs(one.pixels.astype(int) - COLOUR).max() <= 6


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (8, 8)])
def test_the_smallest_and_the_longest_images_have_pixels_and_a_preview(
    pool: DecoderPool, size: tuple[int, int]
) -> None:
    image = decoded(pool, plain("PNG", size), preview=100)
    assert (image.pixels == COLOUR).all()
    assert image.preview is not None and (image.preview == COLOUR).all()
    assert image.preview.shape == (min(size[1], 100), min(size[0], 100), 3)


def test_a_preview_shows_the_whole_image_and_does_not_change_the_pixels(pool: DecoderPool) -> None:
    photo = picture(1, (900, 600), "JPEG")
    with_one, without = decoded(pool, photo, preview=300), decoded(pool, photo)
    assert with_one.preview is not None and with_one.preview.shape == (200, 300, 3)
    np.testing.assert_array_equal(with_one.pixels, without.pixels)
    small = decoded(pool, plain("PNG", (40, 30)), preview=300).preview
    assert small is not None and small.shape == (30, 40, 3)


def test_a_photo_that_is_decoded_small_looks_as_if_it_had_been_decoded_whole(pool: DecoderPool) -> None:
    patches = np.random.default_rng(0).integers(0, 256, (15, 20, 3), dtype=np.uint8)
    photo = saved(Image.fromarray(patches).resize((320, 240), Image.Resampling.BICUBIC), "JPEG")
    whole = np.asarray(to_square(Image.open(io.BytesIO(photo)), 32)).astype(int)
    image = decoded(pool, photo, side=32)
    assert np.abs(image.pixels - whole).mean() < 0.6
    assert (image.width, image.height) == (320, 240)


def test_many_images_are_answered_in_order_whoever_decodes_them() -> None:
    blobs = [plain(colour=(number, number, number)) if number % 10 else b"none" for number in range(2 * BATCH + 50)]
    blobs[20:20] = [plain() + bytes(BATCH_BYTES // 2)] * 3  # some so large that they are sent alone
    with DecoderPool(2) as two:
        found = two.decode(blobs, 2)
    del found[20:23]
    for number, image in enumerate(found):
        assert isinstance(image, Decoded if number % 10 else Rejected)
        assert isinstance(image, Rejected) or (image.pixels == number).all()


def test_threads_may_share_a_pool() -> None:
    def ask(number: int) -> bool:
        images = shared.decode([plain(colour=(number,) * 3)] * 10, 2)
        return all(isinstance(image, Decoded) and (image.pixels == number).all() for image in images)

    with DecoderPool(2) as shared, ThreadPoolExecutor(8) as threads:
        assert all(threads.map(ask, range(40)))


def test_nothing_to_decode_is_no_error(pool: DecoderPool) -> None:
    assert pool.decode([], 8) == []


@pytest.mark.parametrize(
    "data",
    [
        b"\0",
        b"Holiday pictures.\n" * 99,
        bytes(5000),
        b"%PDF-1.7\n%\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    ],
    ids=["a byte", "text", "zeros", "pdf", "svg"],
)
def test_what_is_no_image_is_called_none(pool: DecoderPool, data: bytes) -> None:
    assert rejected(pool, data) == Rejected("not_an_image", {})


def test_an_empty_file_is_called_empty(pool: DecoderPool) -> None:
    assert rejected(pool, b"") == Rejected("image_empty", {})


@pytest.mark.parametrize("form", ["PPM", "ICO", "EPS", "PDF", "TGA", "JPEG2000", "DDS"])
def test_formats_that_are_not_offered_are_never_opened(pool: DecoderPool, form: str) -> None:
    assert rejected(pool, plain(form)).code == "not_an_image"


@pytest.mark.parametrize("form", FORMATS)
def test_an_image_that_is_cut_off_is_called_damaged(pool: DecoderPool, form: str) -> None:
    whole = picture(1, (200, 100), form)
    assert rejected(pool, whole[: len(whole) // 2]).code == "image_damaged"


@pytest.mark.parametrize("form", FORMATS)
def test_a_beginning_alone_is_called_damaged_not_foreign(pool: DecoderPool, form: str) -> None:
    whole = picture(1, (200, 100), form)
    assert rejected(pool, whole[:20] + bytes(300)).code == "image_damaged"


def test_what_was_altered_anywhere_is_read_or_rejected_and_the_decoder_goes_on(pool: DecoderPool) -> None:
    random = np.random.default_rng(0)
    blobs = []
    for form in FORMATS:
        whole = picture(1, (64, 48), form)
        for _ in range(40):
            altered = bytearray(whole)
            for place in random.integers(0, min(len(whole), int(random.choice([40, 400, 10**6]))), 3):
                altered[place] = random.integers(256)
            blobs.append(bytes(altered[: random.integers(1, len(whole) + 1)] if random.random() < 0.2 else altered))
    found = pool.decode(blobs, 8)
    codes = {image.code for image in found if isinstance(image, Rejected)}
    assert codes <= {"not_an_image", "image_damaged", "image_too_many_pixels", "image_too_much_memory"}
    assert len(codes) >= 2 and any(isinstance(image, Decoded) for image in found)
    assert decoded(pool, plain()).width == 40


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (png_header(20_000, 20_000), 400),
        (png_header(10_001, 10_000), 101),  # "100 of at most 100" would say nothing
        (png_header(2**31 - 1, 2**31 - 1), 4_611_686_014_133),
        (b"GIF87a" + struct.pack("<HH", 65535, 65535) + plain("GIF")[10:], 4295),
        (b"BM" + struct.pack("<LLL", 0, 0, 54) + struct.pack("<LllHHLLllLL", 40, 30000, 30000, 1, 24, *[0] * 6), 900),
    ],
    ids=["png", "just above", "huge", "gif", "bmp"],
)
def test_more_pixels_than_allowed_are_rejected_by_the_header(pool: DecoderPool, data: bytes, found: int) -> None:
    assert rejected(pool, data) == Rejected("image_too_many_pixels", {"found": found, "allowed": MAX_PIXELS // 10**6})


def test_a_header_with_just_the_allowed_pixels_is_no_reason_to_reject(pool: DecoderPool) -> None:
    assert rejected(pool, png_header(10_000, 10_000, colour=GREY)).code == "image_damaged"


def test_a_file_may_have_the_allowed_bytes_but_not_one_more(pool: DecoderPool) -> None:
    allowed = plain() + bytes(MAX_BYTES - len(plain()))
    assert decoded(pool, allowed).width == 40
    assert rejected(pool, allowed + b"x") == Rejected("image_too_large", {"found": 33, "allowed": 32})


def test_the_asking_process_never_loads_what_parses_images(tmp_path: Path) -> None:
    file = tmp_path / "plain.png"
    file.write_bytes(plain())
    program = (
        "import sys; from pathlib import Path; from core.bundle.decoding import shared_pool\n"
        "(image,) = shared_pool().decode([Path(sys.argv[1]).read_bytes()], 8)\n"
        "print(image.width, 'PIL' in sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", program, file], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.split() == ["40", "False"]
