"""Whatever kind of image comes, the model gets it upright, in RGB, its tones in place, and the centre of it."""

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image

from core.bundle.preprocess import ZOOMS, looks, read_square, to_rgb, to_square
from tests.bundle.heic import heic
from tests.data.making import picture
from tests.processes import ROOT

RNG = np.random.default_rng(0)
LOSSLESS: dict[str, dict[str, Any]] = {"PNG": {}, "TIFF": {}, "WEBP": {"lossless": True}}
LOSSY: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 100, "subsampling": 0},
    "AVIF": {"quality": 100, "subsampling": "4:4:4"},
}
UPRIGHT = RNG.integers(0, 256, (3, 5, 3), dtype=np.uint8)
# How EXIF's eight orientations store a picture, by what its first row and first column are of the upright one.
STORED = {
    1: UPRIGHT,  # top, left
    2: UPRIGHT[:, ::-1],  # top, right
    3: UPRIGHT[::-1, ::-1],  # bottom, right
    4: UPRIGHT[::-1],  # bottom, left
    5: UPRIGHT.transpose(1, 0, 2),  # left, top
    6: np.rot90(UPRIGHT),  # right, top
    7: UPRIGHT[::-1, ::-1].transpose(1, 0, 2),  # right, bottom
    8: np.rot90(UPRIGHT, -1),  # left, bottom
}


def stored(image: Image.Image | np.ndarray, form: str = "PNG", **options: Any) -> Image.Image:
    """An image as it is when it was read from a file of that format."""
    if isinstance(image, np.ndarray):
        image = Image.fromarray(np.ascontiguousarray(image))
    file = io.BytesIO()
    image.save(file, form, **options)
    return Image.open(io.BytesIO(file.getvalue()))


def rgb(image: Image.Image) -> list[tuple[int, ...]]:
    """The pixels of an image that is one row high."""
    return [tuple(pixel) for pixel in np.asarray(to_rgb(image))[0].tolist()]


def grey(image: Image.Image) -> list[int]:
    pixels = np.asarray(to_rgb(image))
    assert (pixels == pixels[..., :1]).all()
    return pixels[0, :, 0].tolist()


def test_an_rgb_image_of_the_right_size_passes_bit_for_bit() -> None:
    noise = RNG.integers(0, 256, (32, 32, 3), dtype=np.uint8)
    np.testing.assert_array_equal(np.asarray(to_square(stored(noise), 32)), noise)


@pytest.mark.parametrize("turned", [False, True], ids=["wide", "tall"])
def test_the_square_is_the_centre(turned: bool) -> None:
    thirds = np.repeat(np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255]], np.uint8), 32, axis=0)
    image = np.broadcast_to(thirds[None], (32, 96, 3))
    square = np.asarray(to_square(stored(image.transpose(1, 0, 2) if turned else image), 32))
    assert (square == [0, 255, 0]).all()


@pytest.mark.parametrize("side", [1, 8, 32, 300])
@pytest.mark.parametrize("size", [(1, 1), (1, 20000), (20000, 1), (3, 700), (200, 200)])
def test_any_size_and_proportion_becomes_a_square(size: tuple[int, int], side: int) -> None:
    square = np.asarray(to_square(Image.new("RGB", size, (10, 100, 200)), side))
    assert square.shape == (side, side, 3)
    assert (square == [10, 100, 200]).all()


def test_fine_patterns_become_their_mean_instead_of_a_random_pick() -> None:
    board = np.indices((320, 320)).sum(axis=0) % 2 * 255
    square = np.asarray(to_square(stored(np.stack([board] * 3, axis=-1).astype(np.uint8)), 32))
    assert np.abs(square.astype(int) - 127).max() <= 3


@pytest.mark.parametrize("form", [*LOSSLESS, *LOSSY])
@pytest.mark.parametrize("orientation", STORED)
def test_pictures_come_upright_however_the_camera_was_held(orientation: int, form: str) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    image = to_rgb(stored(STORED[orientation], form, exif=exif, **(LOSSLESS | LOSSY)[form]))
    assert image.size == (5, 3)
    np.testing.assert_allclose(np.asarray(image).astype(int), UPRIGHT, atol=2 if form in LOSSY else 0)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_changes_nothing(orientation: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    np.testing.assert_array_equal(np.asarray(to_rgb(stored(UPRIGHT, exif=exif))), UPRIGHT)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("exif", [b"Exif\0\0", b"Exif\0\0rubbish", b"Exif\0\0II*\0\xff\xff\xff\xff"])
def test_broken_metadata_does_not_cost_the_picture(exif: bytes) -> None:
    np.testing.assert_array_equal(np.asarray(to_rgb(stored(UPRIGHT, exif=exif))), UPRIGHT)


@pytest.mark.parametrize(("form", "tolerance"), [("TIFF", 0), ("JPEG", 3)])
def test_inks_become_the_colours_they_print(form: str, tolerance: int) -> None:
    inks = np.zeros((8, 40, 4), np.uint8)
    for place, ink in enumerate([(255, 0, 0, 0), (0, 255, 0, 0), (0, 0, 255, 0), (0, 0, 0, 255), (0, 0, 0, 0)]):
        inks[:, 8 * place : 8 * place + 8] = ink
    image = stored(Image.fromarray(inks, "CMYK"), form, **LOSSY.get(form, {}))
    assert image.mode == "CMYK"
    colours = np.asarray(to_rgb(image))[4, 4::8].astype(int)
    expected = [(0, 255, 255), (255, 0, 255), (255, 255, 0), (0, 0, 0), (255, 255, 255)]
    np.testing.assert_allclose(colours, expected, atol=tolerance)


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_to_eight(form: str) -> None:
    levels = np.arange(256, dtype=np.uint16)
    assert grey(stored(levels[None] * 257, form)) == list(range(256))
    assert grey(stored(np.array([[0, 100, 200]], np.uint16), form)) == [0, 0, 1]  # night is night


def test_sixteen_bits_may_have_their_high_byte_first() -> None:
    image = Image.frombytes("I;16B", (3, 1), np.array([0, 32768, 65535], ">u2").tobytes())
    assert grey(stored(image, "TIFF")) == [0, 128, 255]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 100, 255], [0, 100, 255]),
        ([0, 257, 65535], [0, 1, 255]),
        ([0, 2570, 25700], [0, 10, 100]),
        ([0, 100_000, 200_000], [0, 128, 255]),
        ([-100, 0, 100], [0, 128, 255]),
        ([-(2**31), 0, 2**31 - 1], [0, 128, 255]),
        ([70_000, 70_000, 70_000], [0, 0, 0]),
    ],
)
def test_wide_integers_are_taken_as_8_or_16_bits_if_they_fit_and_stretched_if_not(
    values: list[int], expected: list[int]
) -> None:
    assert grey(stored(np.array([values], np.int32), "TIFF")) == expected


@pytest.mark.parametrize("values", [[0, 0.5, 1], [-1, 0, 1], [10, 15, 20], [0, 127.5, 255], [-3e38, 0, 3e38]])
def test_floats_are_stretched_from_their_darkest_to_their_brightest(values: list[float]) -> None:
    assert grey(stored(np.array([values], np.float32), "TIFF")) == [0, 128, 255]


def test_a_float_image_of_one_tone_is_no_error() -> None:
    assert grey(stored(np.full((1, 3), 7, np.float32), "TIFF")) == [0, 0, 0]


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF"])
def test_transparency_is_laid_over_white(form: str) -> None:
    pixels = np.array([[(0, 0, 0, 0), (255, 0, 0, 0), (0, 0, 0, 128), (0, 0, 255, 255)]], np.uint8)
    options = {"lossless": True, "exact": True} if form == "WEBP" else {}
    assert rgb(stored(pixels, form, **options)) == [(255, 255, 255), (255, 255, 255), (127, 127, 127), (0, 0, 255)]


def test_grey_with_transparency_is_laid_over_white() -> None:
    image = Image.frombytes("LA", (4, 1), bytes([0, 0, 0, 128, 50, 255, 255, 0]))
    assert grey(stored(image)) == [255, 127, 50, 255]


@pytest.mark.parametrize(
    ("form", "transparency", "expected"),
    [
        ("PNG", 0, [(255, 255, 255), (0, 255, 0), (0, 0, 255)]),
        ("PNG", bytes([255, 0, 128]), [(255, 0, 0), (255, 255, 255), (127, 127, 255)]),
        ("GIF", 1, [(255, 0, 0), (255, 255, 255), (0, 0, 255)]),
        ("PNG", None, [(255, 0, 0), (0, 255, 0), (0, 0, 255)]),
    ],
)
def test_a_palettes_transparent_colours_are_laid_over_white(
    form: str, transparency: int | bytes | None, expected: list[tuple[int, ...]]
) -> None:
    image = Image.frombytes("P", (3, 1), bytes([0, 1, 2]))
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    read = stored(image, form, **({} if transparency is None else {"transparency": transparency}))
    assert read.mode == "P"
    assert rgb(read) == expected


def test_a_single_colour_may_be_the_transparent_one() -> None:
    pixels = np.array([[(1, 2, 3), (1, 2, 4)]], np.uint8)
    assert rgb(stored(pixels, transparency=(1, 2, 3))) == [(255, 255, 255), (1, 2, 4)]
    assert grey(stored(np.array([[7, 8]], np.uint8), transparency=7)) == [255, 8]


@pytest.mark.parametrize(("form", "options"), [("PNG", {}), ("TIFF", {"compression": "group4"}), ("BMP", {})])
def test_a_scan_of_one_bit_is_black_and_white(form: str, options: dict[str, Any]) -> None:
    image = stored(Image.fromarray(np.array([[0, 255, 0]], np.uint8)).convert("1"), form, **options)
    assert image.mode == "1"
    assert grey(image) == [0, 255, 0]


def test_the_image_handed_in_stays_as_it_was() -> None:
    image = stored(np.array([[(1, 2, 3, 0)]], np.uint8))
    to_square(image, 4)
    assert (image.mode, image.size) == ("RGBA", (1, 1))


def test_a_photo_that_is_looked_at_closer_and_closer_is_read_at_twice_the_side() -> None:
    file = io.BytesIO()
    Image.fromarray(RNG.integers(0, 256, (300, 400, 3), dtype=np.uint8)).save(file, "PNG")
    square = read_square(file, 32, zooms=ZOOMS)
    assert square.shape == (64, 64, 3)
    seen = looks(square, 32, zooms=ZOOMS)
    assert seen.shape == (len(ZOOMS), 32, 32, 3)
    middle = np.asarray(Image.fromarray(square).resize((32, 32), Image.Resampling.BICUBIC, (8, 8, 56, 56)))
    np.testing.assert_array_equal(seen[1], middle)


@pytest.mark.parametrize("side", [8, 20, 32])
def test_an_image_no_larger_than_the_models_own_is_seen_once(side: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (side, side, 3)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    square = read_square(file, 32, zooms=ZOOMS)
    assert looks(square, 32, zooms=ZOOMS).shape == (1, 32, 32, 3)
    if side == 32:
        np.testing.assert_array_equal(square, pixels)


@pytest.mark.parametrize("heic_can_be_read", [True, False])
def test_a_copy_of_the_file_reads_pictures_elsewhere(tmp_path: Path, heic_can_be_read: bool) -> None:
    """It travels with models: alone, to machines that may have no library for HEIC."""
    (tmp_path / "preprocess.py").write_bytes((ROOT / "core/bundle/preprocess.py").read_bytes())
    files = {"photo.jpg": picture(1, (900, 600), "JPEG"), "photo.png": picture(2, (50, 70)), "photo.heic": heic()}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    program = (
        "import sys\n"
        + ("" if heic_can_be_read else "sys.modules['pi_heif'] = None\n")
        + "from preprocess import read_square\n"
        "for name in sys.argv[1:]:\n"
        "    with open(name, 'rb') as file:\n        sys.stdout.buffer.write(read_square(file, 32).tobytes())\n"
    )
    names = [name for name in files if heic_can_be_read or name != "photo.heic"]
    command = [sys.executable, "-c", program, *names]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, env={})
    assert ended.stdout == b"".join(read_square(io.BytesIO(files[name]), 32).tobytes() for name in names)
