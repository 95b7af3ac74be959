"""Photos as phones, cameras and scanners write them: HEIC, colour profiles, and sizes that fill a decoder's memory."""

import io
import struct
from collections.abc import Iterator

import numpy as np
import psutil
import pytest
from PIL import ExifTags, Image, ImageCms

from core.bundle.decoding import Decoded, DecoderPool, Rejected
from core.bundle.preprocess import open_image, read_square, to_rgb
from tests.bundle.files import COLOUR, plain, png_header, saved
from tests.bundle.heic import COLOURS, heic
from tests.data.making import picture

SRGB = ImageCms.createProfile("sRGB")


@pytest.fixture(scope="module")
def pool() -> Iterator[DecoderPool]:
    with DecoderPool(1) as shared:
        yield shared


def quarters(pixels: np.ndarray) -> list[tuple[int, ...]]:
    """The colours of an image's four quarters, in reading order."""
    height, width = pixels.shape[:2]
    return [tuple(pixels[height * y // 4, width * x // 4].tolist()) for y in (1, 3) for x in (1, 3)]


def linear_profile() -> bytes:
    """A profile of sRGB's colours with tones that are proportional to light, as scene-referred files have them."""
    data = bytearray(ImageCms.ImageCmsProfile(SRGB).tobytes())
    for entry in range(132, 132 + 12 * int.from_bytes(data[128:132], "big"), 12):
        if bytes(data[entry : entry + 4]) in (b"rTRC", b"gTRC", b"bTRC"):
            start = int.from_bytes(data[entry + 4 : entry + 8], "big")
            data[start : start + 12] = b"curv" + bytes(8)  # no entries: as it is
            data[entry + 8 : entry + 12] = (12).to_bytes(4, "big")
    return bytes(data)


def profile(kind: bytes, tags: list[tuple[bytes, bytes]]) -> bytes:
    """An ICC profile of a kind with these tags, and a white point."""
    white = b"".join(round(value * 65536).to_bytes(4, "big") for value in (0.9642, 1, 0.8249))
    tags = [(b"wtpt", b"XYZ " + bytes(4) + white), *tags]
    start = 132 + 12 * len(tags)
    directory, content = b"", b""
    for name, data in tags:
        directory += name + struct.pack(">2L", start + len(content), len(data))
        content += data
    header = (
        struct.pack(">L4x", start + len(content)) + b"\x02\x40\0\0" + kind + bytes(12) + b"acsp" + bytes(28) + white
    )
    return header + bytes(128 - len(header)) + struct.pack(">L", len(tags)) + directory + content


def grey_profile() -> bytes:
    """A grey profile whose tones are proportional to light."""
    return profile(b"mntrGRAYXYZ ", [(b"kTRC", b"curv" + bytes(8))])


def ink_profile() -> bytes:
    """A printer's profile, the smallest there is: a table of the 16 corners of its inks, of which only the paper is not black."""
    corners = struct.pack(">3H", 0xFF00, 0x8000, 0x8000) + 15 * struct.pack(">3H", 0, 0x8000, 0x8000)
    straight = struct.pack(">2H", 0, 0xFFFF)
    table = b"mft2" + bytes(4) + bytes([4, 3, 2, 0])
    table += struct.pack(">9l", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536) + struct.pack(">2H", 2, 2)
    table += 4 * straight + corners + 3 * straight
    return profile(b"prtrCMYKLab ", [(b"A2B0", table)])


def test_a_photo_in_heic_is_read_and_its_facts_are_told(pool: DecoderPool) -> None:
    (image,) = pool.decode([heic(tiles=(3, 2), size=(180, 120))], 8, preview=60)
    assert isinstance(image, Decoded), image
    assert (image.width, image.height, image.format, image.mode, image.frames) == (180, 120, "HEIC", "RGB", 1)
    assert image.preview is not None and image.preview.shape == (40, 60, 3)


@pytest.mark.parametrize("brand", [b"heic", b"mif1"])
@pytest.mark.parametrize("orientation", [None, 1, 6, 3])
@pytest.mark.parametrize("turned", [0, 1, 2, 3])
def test_a_photo_in_heic_is_turned_once_as_its_box_says(
    pool: DecoderPool, turned: int, orientation: int | None, brand: bytes
) -> None:
    """Phones write the orientation twice: as a box, which counts, and into EXIF, which must not turn it again."""
    exif = Image.Exif()
    if orientation:
        exif[ExifTags.Base.Orientation] = orientation
    data = heic(turned=turned, exif=exif.tobytes().removeprefix(b"Exif\0\0") if orientation else b"", brand=brand)
    (image,) = pool.decode([data], 64)
    assert isinstance(image, Decoded), image
    upright = np.rot90(np.array(COLOURS, np.uint8).reshape(2, 2, 3), turned).reshape(4, 3)
    np.testing.assert_allclose(np.array(quarters(image.pixels)).astype(int), upright, atol=4)


def test_a_photo_in_heic_that_is_not_of_the_size_it_says_is_damaged(pool: DecoderPool) -> None:
    found = pool.decode([heic(size=(64, 40)), heic(size=(3000, 3000))], 8)
    assert [image.code for image in found if isinstance(image, Rejected)] == ["image_damaged"] * 2


@pytest.mark.parametrize(("form", "tolerance"), [("PNG", 2), ("TIFF", 2), ("JPEG", 4), ("WEBP", 2), ("AVIF", 6)])
def test_a_colour_profile_is_applied(form: str, tolerance: int) -> None:
    stored = np.full((16, 16, 3), (55, 128, 10), np.uint8)
    options = (
        {"lossless": True}
        if form == "WEBP"
        else {"quality": 100, "subsampling": "4:4:4"}
        if form in ("JPEG", "AVIF")
        else {}
    )
    data = saved(Image.fromarray(stored), form, icc_profile=linear_profile(), **options)
    light = stored[0, 0] / 255
    expected = 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    np.testing.assert_allclose(read_square(io.BytesIO(data), 16)[8, 8], expected, atol=tolerance + 2)


def test_a_colour_profile_in_heic_is_applied() -> None:
    plainly, converted = (read_square(io.BytesIO(heic(icc=icc)), 64).astype(int) for icc in (b"", linear_profile()))
    assert (converted[16, 16] > plainly[16, 16])[1:].all()


def test_a_grey_profile_is_applied_to_grey_with_and_without_transparency() -> None:
    for image in (Image.new("L", (4, 4), 55), Image.new("LA", (4, 4), (55, 255))):
        data = saved(image, "PNG", icc_profile=grey_profile())
        assert np.abs(read_square(io.BytesIO(data), 4).astype(int) - 128).max() <= 3


def test_a_profile_of_inks_is_applied() -> None:
    """This one says that paper without ink is white, and that any other ink prints black."""
    image = Image.frombytes("CMYK", (2, 1), bytes([0, 0, 0, 0, 255, 0, 0, 0]))
    with_one, without = (saved(image, "TIFF", **options) for options in ({"icc_profile": ink_profile()}, {}))
    assert np.asarray(to_rgb(Image.open(io.BytesIO(without)))).tolist() == [[[255, 255, 255], [0, 255, 255]]]
    paper, cyan = np.asarray(to_rgb(Image.open(io.BytesIO(with_one))))[0].astype(int)
    assert (paper >= 250).all() and (cyan <= 20).all()


@pytest.mark.parametrize(
    "broken",
    [
        b"rubbish",
        bytes(128),
        ImageCms.ImageCmsProfile(SRGB).tobytes()[:300],
        ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(),
        ImageCms.ImageCmsProfile(SRGB).tobytes(),
    ],
    ids=["rubbish", "zeros", "cut", "of another kind", "srgb"],
)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_profile_that_is_broken_or_srgb_changes_nothing(mode: str, broken: bytes) -> None:
    image = Image.open(io.BytesIO(picture(1, (9, 9)))).convert(mode)
    with_one, without = (saved(image, "TIFF", **options) for options in ({"icc_profile": broken}, {}))
    np.testing.assert_array_equal(read_square(io.BytesIO(with_one), 9), read_square(io.BytesIO(without), 9))


def test_a_large_image_is_averaged_in_blocks_whatever_its_kind() -> None:
    """Band by band, so that an image of any mode is held once; what comes of it is as if it had been converted whole."""
    noise = np.random.default_rng(0).integers(0, 256, (1301, 1702, 3), dtype=np.uint8)
    rgb = Image.fromarray(noise).resize((1702, 1301))
    kinds = [rgb, rgb.convert("L"), rgb.convert("RGBA"), rgb.quantize(200), rgb.convert("CMYK"), rgb.convert("I;16")]
    for image in kinds:
        whole = np.asarray(to_rgb(image).reduce(20)).astype(int)
        assert np.abs(np.asarray(to_rgb(image, 65)).astype(int) - whole).max() <= 2, image.mode


def test_photos_of_twelve_fifty_and_a_hundred_million_pixels_are_read(pool: DecoderPool) -> None:
    """A phone's JPEG, a large PNG and a panorama; a progressive one keeps all its coefficients in memory."""
    panorama, other = (Image.new("RGB", size, COLOUR) for size in ((20_000, 5_000), (19_996, 5_001)))
    files = {
        (4000, 3000): plain("JPEG", (4000, 3000)),
        (8660, 5774): saved(Image.new("RGB", (8660, 5774), COLOUR), "PNG", compress_level=1),
        (20_000, 5_000): saved(panorama, "JPEG"),
        (19_996, 5_001): saved(other, "JPEG", progressive=True),
    }
    for size, image in zip(files, pool.decode(list(files.values()), 32, preview=480), strict=True):
        assert isinstance(image, Decoded), image
        assert (image.width, image.height) == size and image.preview is not None
        assert np.abs(image.pixels.astype(int) - COLOUR).max() <= 2


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (png_header(10_000, 10_000), Rejected("image_too_much_memory", {})),
        (heic(size=(8000, 7000)), Rejected("image_too_many_pixels", {"found": 56, "allowed": 50})),
        (heic(size=(65535, 65535)), Rejected("image_too_many_pixels", {"found": 4295, "allowed": 50})),
        (saved(Image.new("L", (6000, 4000)), "WEBP"), Rejected("image_too_many_pixels", {"found": 24, "allowed": 20})),
    ],
    ids=["png", "heic", "huge heic", "webp"],
)
def test_what_a_decoder_could_not_hold_is_refused_at_once(pool: DecoderPool, data: bytes, answer: Rejected) -> None:
    assert pool.decode([data], 8) == [answer]


def test_two_large_images_are_never_decoded_at_once() -> None:
    large = plain("PNG", (5000, 4000))
    with DecoderPool(2) as two:
        found = two.decode([large] * 4 + [plain()], 8)
    assert all(isinstance(image, Decoded) for image in found)


def test_reading_a_file_here_is_what_the_decoder_does(pool: DecoderPool) -> None:
    files = [
        picture(1, (900, 600), "JPEG"),
        picture(2, (700, 900)),
        heic(tiles=(3, 3), size=(190, 190)),
        picture(3, (8, 8)),
    ]
    for ground in (None, "dark"):
        for data, image in zip(files, pool.decode(files, 32, reading={"ground": ground}), strict=True):
            assert isinstance(image, Decoded)
            np.testing.assert_array_equal(read_square(io.BytesIO(data), 32, ground), image.pixels)


def test_only_the_header_is_read_when_an_image_is_opened() -> None:
    assert open_image(io.BytesIO(plain("PNG", (50, 40)))).size == (50, 40)


def test_what_lacks_memory_is_tried_by_a_new_decoder_too() -> None:
    """A library that was used once keeps addresses, which must be in no later image's way."""
    others = set(psutil.Process().children())
    with DecoderPool(1) as own:
        assert isinstance(own.decode([heic()], 8)[0], Decoded)
        (before,) = set(psutil.Process().children()) - others
        large, small = own.decode([png_header(10_000, 10_000), plain()], 8)
        assert large == Rejected("image_too_much_memory", {}) and isinstance(small, Decoded)
        assert not before.is_running()
