"""The one way from an image file to the square of pixels that a model takes.

This file stands alone: it needs Pillow and NumPy, and pi-heif for HEIC where that is installed. It travels, word for word, with
every model that leaves here, so that pictures are read there as they are read here.
"""

import importlib
import io
from collections.abc import Iterator, Sequence
from typing import IO, cast

import numpy as np
from PIL import ExifTags, Image, ImageCms, ImageFilter, ImageOps

try:
    import pi_heif
except ImportError:  # a photo in HEIC is then no image that can be read
    pass
else:
    pi_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)

# Importing a plugin registers its format. Phones write MPO: a JPEG with more pictures behind it, which JPEG's plugin opens.
for _name in ("Jpeg", "Mpo", "Png", "WebP", "Gif", "Bmp", "Tiff", "Avif"):
    importlib.import_module(f"PIL.{_name}ImagePlugin")
# AVIF comes before HEIF: what calls itself neither, its plugin leaves to the other if it cannot read it.
FORMATS = tuple(name for name in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF") if name in Image.OPEN)
# A photo of a thing leaves room around it; the images of CIFAR-10 and its like do not. On validation images of CIFAR-10 that were
# pasted into scenes of ten kinds, the centre square alone is named rightly in 72%, three looks together in 84% (`bench crops`).
ZOOMS = (1.0, 0.75, 0.55)

BAND = 1 << 20  # pixels that are converted at once: a large image is never held twice
SAME = 2  # levels that a colour profile may be off sRGB and still be taken for it

# Of drawings. Lengths are in pixels of the coarse copy unless said otherwise.
DETAIL = 400  # pixels of a photo's shorter side that are kept to look for one …
LARGEST = 1600  # … and of its longer side, at most
COARSE = 64  # longer side of the copy in which paper, strokes and dirt are told apart
STROKE = 21  # what is wider is no stroke, but the paper's own shade
NARROW = 9  # what tells whether ink is dark or light: wider things may be the ground
CELLS = 4  # parts of the frame's width, and of its height, whose ground may be lit differently
LITTLE = 0.05  # share of blank pixels below which a cell hardly knows its ground
FAINT = 0.15  # of the paper's brightness: what differs less is no ink
INK = 0.25  # of the darkest ink: what counts when a drawing is cropped
SPECK = 0.08  # of the largest blot: what has less ink is dirt
WITHIN = 0.2  # of it: so much within the frame, and what comes in from beyond it is no part of the drawing
PURE = 24  # levels from black or white within which a ground is plain
FILLED = 0.9  # of the frame's height or width: what a drawing spans that was cropped to its ink
SHARP = 112  # pixels of the longer side of the copy in which strokes are made as thick as learnt ones

_TURNS = "FLIP_LEFT_RIGHT ROTATE_180 FLIP_TOP_BOTTOM TRANSPOSE ROTATE_270 TRANSVERSE ROTATE_90"  # EXIF's numbers 2 to 8
_UPRIGHT = {number: Image.Transpose[name] for number, name in enumerate(_TURNS.split(), 2)}
_SRGB = ImageCms.createProfile("sRGB")


def read_square(
    file: IO[bytes] | str,
    side: int,
    ground: str | None = None,
    grain: int | None = None,
    stroke: float = 0.0,
    zooms: Sequence[float] = (1.0,),
) -> np.ndarray:
    """What a model takes of an image file: uint8 `[side, side, 3]`; of a photo that it looks at closer and closer, twice that side.

    The last four say how the model takes photos. They are the ``reading`` of its metadata.

    Args:
        file: its path, or open, to be read from its beginning.
        ground: what it learnt drawings on, ``"dark"`` or ``"light"``; None if it learnt no drawings.
        grain: pixels a side of those drawings as they came, where they were smaller than the model takes them.
        stroke: how thick their lines are, as a share of their longer side: thinner ones are made so.
        zooms: how close it looks, each time: see :func:`looks`.

    Raises:
        Exception: whatever Pillow throws at what is no image, or a damaged one.
    """
    with open_image(file) as image:
        return np.asarray(read_opened(image, side, ground, grain, stroke, zooms))


def looks(square: np.ndarray, side: int, zooms: Sequence[float] = (1.0,)) -> np.ndarray:
    """What a model sees of a square: uint8 `[k, side, side, 3]`, the middle closer each time; its verdict is the mean.

    Args:
        square: of :func:`read_square`. One of `side` pixels is like what the model was trained on, and is seen once, as it is.
        zooms: shares of the square's side.
    """
    size = len(square)
    if size == side:
        return square[None]
    image = Image.fromarray(square)
    margins = [size * (1 - zoom) / 2 for zoom in zooms]
    boxes = [(margin, margin, size - margin, size - margin) for margin in margins]
    return np.stack([np.asarray(image.resize((side, side), Image.Resampling.BICUBIC, box)) for box in boxes])


def open_image(file: IO[bytes] | str) -> Image.Image:
    """The image, of which no more than the header was read."""
    return Image.open(file, formats=FORMATS)


def read_opened(
    image: Image.Image,
    side: int,
    ground: str | None = None,
    grain: int | None = None,
    stroke: float = 0.0,
    zooms: Sequence[float] = (1.0,),
) -> Image.Image:
    """The square of an image that was just opened, which is decoded no larger than that needs."""
    closer = len(zooms) > 1 and min(image.size) > side
    square = 2 * side if closer else side
    wanted = max(2 * square, DETAIL if ground else 0)
    draft(image, wanted)
    return to_square(to_rgb(image, wanted), square, ground, grain, stroke)


def draft(image: Image.Image, wanted: int) -> None:
    """Let a JPEG be decoded at a half, a quarter or an eighth of its size, while its shorter side keeps `wanted` pixels."""
    factor = _factor(image, wanted)
    if factor > 1:
        image.draft(None, (image.width // factor, image.height // factor))


def to_rgb(image: Image.Image, wanted: int | None = None) -> Image.Image:
    """Upright and in sRGB: EXIF rotation and colour profile applied, 16 and 32 bits scaled to 8, transparency over white.

    Args:
        wanted: pixels that the shorter side keeps at least; a larger image is averaged down in blocks. None: all of them.
    """
    image.load()
    small = _in_plain_colours(image, _factor(image, wanted) if wanted else 1)
    rotation = _UPRIGHT.get(orientation(image))
    if rotation is not None:
        small = small.transpose(rotation)
    return _in_srgb(small, image.info.get("icc_profile"))


def to_square(
    image: Image.Image, side: int, ground: str | None = None, grain: int | None = None, stroke: float = 0.0
) -> Image.Image:
    """The centre of an image as `side` × `side` RGB pixels; or the drawing in it, as the model learnt drawings.

    An RGB image of that size passes untouched, bit for bit; so does any no larger than the drawings that the model learnt from.
    """
    if image.mode != "RGB":
        image = to_rgb(image)
    if image.size == (side, side) and not (ground and grain and not is_drawing(np.asarray(image), ground)):
        return image
    if ground and min(image.size) > (grain or 0):
        image = _as_learnt(image, side, ground, grain, stroke)
    return ImageOps.fit(image, (side, side), Image.Resampling.BICUBIC)


def _as_learnt(image: Image.Image, side: int, ground: str, grain: int | None, stroke: float) -> Image.Image:
    """The drawing in an image: on that ground, no sharper and no thinner than those that the model learnt from."""
    if not is_drawing(np.asarray(image), ground):
        inverse = ImageOps.invert(image)
        image = inverse if is_drawing(np.asarray(inverse), ground) else _drawing(image, side, ground, stroke)
    if grain and min(image.size) > grain:
        image = ImageOps.fit(image, (grain, grain), Image.Resampling.BICUBIC)
    return image


def is_drawing(pixels: np.ndarray, ground: str) -> bool:
    """Whether an image uint8 `[h, w, 3]` is what photos of drawings are made into: grey, on a plain ground, cropped to its ink."""
    red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
    most, least = np.maximum(np.maximum(red, green), blue), np.minimum(np.minimum(red, green), blue)
    if (most - least).max() > PURE:
        return False
    ink = most if ground == "dark" else 255 - least
    edges = np.concatenate([ink[0], ink[-1], ink[:, 0], ink[:, -1]])
    left, top, right, bottom = Image.fromarray(ink > INK * 255).getbbox() or (0, 0, 0, 0)
    spans = max((right - left) / ink.shape[1], (bottom - top) / ink.shape[0])
    return bool(np.mean(edges <= PURE) > 0.5 and spans >= FILLED)


def _factor(image: Image.Image, wanted: int) -> int:
    return max(1, min(image.size) // wanted)


def _in_plain_colours(image: Image.Image, factor: int) -> Image.Image:
    """The image in L, RGB or CMYK, averaged in blocks of `factor` × `factor` pixels, band by band."""
    rows = max(1, BAND // image.width // factor) * factor
    tones = _tones(image, rows) if image.mode[0] in "IF" else None
    small: Image.Image | None = None
    for band in _bands(image, rows):
        top, plain = band[0], _plain(band[1], tones)
        if factor > 1:
            plain = plain.reduce(factor)
        if small is None:
            small = Image.new(plain.mode, (plain.width, -(-image.height // factor)))
        small.paste(plain, (0, top // factor))
    return cast("Image.Image", small)


def _bands(image: Image.Image, rows: int) -> Iterator[tuple[int, Image.Image]]:
    """The image from top to bottom, so many rows at a time, each with where it begins."""
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))


def _plain(image: Image.Image, tones: tuple[float, float] | None) -> Image.Image:
    """The image in L, RGB or CMYK, where it lies over white. `tones` are scale and offset of a deep grey."""
    if tones:
        scale, offset = tones
        wide = image if image.mode == "F" else image.convert("I").convert("F")
        # A half is added because the conversion to 8 bits cuts the fraction off.
        return wide.point(lambda value: value * scale + (offset + 0.5)).convert("L")
    if image.has_transparency_data:
        is_grey = image.mode in ("1", "L", "LA", "La")
        image = image.convert("LA" if is_grey else "RGBA")
        flat = Image.new("L" if is_grey else "RGB", image.size, "white")
        flat.paste(image, mask=image)
        return flat
    return image if image.mode in ("L", "RGB", "CMYK") else image.convert("L" if image.mode == "1" else "RGB")


def _tones(image: Image.Image, rows: int) -> tuple[float, float]:
    """Scale and offset that make a deep grey image 8 bits. Pillow's own conversion cuts values off at 255 instead.

    16 bits span 0 to 65,535. Wider integers and floats have no range of their own: what they hold is stretched, unless it
    fits 8 or 16 bits as it is.
    """
    is_float, has_16_bits = image.mode == "F", image.mode.startswith("I;16")
    wide = "F" if is_float else "I"
    extremes = [cast("tuple[float, float]", band.convert(wide).getextrema()) for _top, band in _bands(image, rows)]
    low, high = min(low for low, _high in extremes), max(high for _low, high in extremes)
    if not is_float and low >= 0 and (has_16_bits or high <= 65535):
        low, high = 0, 65535 if has_16_bits or high > 255 else 255
    scale = 255 / (high - low) if high > low else 0.0
    return scale, -low * scale


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """An image in L, RGB or CMYK as RGB, by its colour profile unless that is broken or says nothing new."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            transform = ImageCms.buildTransform(source, _SRGB, image.mode, "RGB")
            if image.mode == "CMYK" or not _is_srgb(transform, image.mode):
                return ImageCms.applyTransform(image, transform) or image
        except Exception:  # a broken profile is no reason to refuse good pixels, nor is one of another kind of image
            pass
    return image if image.mode == "RGB" else image.convert("RGB")


def _is_srgb(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Whether a transform of L or RGB leaves colours as they are; profiles of sRGB go by many names."""
    levels = np.arange(0, 256, 17).astype(np.uint8)
    colours = np.stack(np.meshgrid(*[levels] * len(mode)), axis=-1).reshape(1, -1, len(mode))
    probe = Image.fromarray(colours if mode == "RGB" else colours[..., 0])
    become = cast("Image.Image", ImageCms.applyTransform(probe, transform))
    difference = np.asarray(become).astype(int) - np.asarray(probe.convert("RGB"))
    return bool(np.abs(difference).max() <= SAME)


def orientation(image: Image.Image) -> int:
    """EXIF's number for how the camera was held; 1 is upright."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # broken metadata is no reason to refuse good pixels
        return 1


def _drawing(image: Image.Image, side: int, ground: str, stroke: float) -> Image.Image:
    """What is drawn in an RGB image, cropped to its ink, in full contrast on a pure ground, in lines of that thickness at least."""
    grey = image.convert("L")
    grey.thumbnail((LARGEST, LARGEST))
    strokes = _without_dirt(_ink(ImageOps.invert(grey) if _is_light_on_dark(grey) else grey))
    square = Image.new("L", (side, side))
    if box := Image.fromarray(strokes > INK).getbbox():
        drawn = Image.fromarray((255 * strokes).round().astype(np.uint8)).crop(box)
        drawn = _scaled(_thickened(drawn, stroke) if stroke else drawn, side)
        square.paste(drawn, ((side - drawn.width) // 2, (side - drawn.height) // 2))
    return (square if ground == "dark" else ImageOps.invert(square)).convert("RGB")


def _scaled(image: Image.Image, longer: int) -> Image.Image:
    """With so many pixels along its longer side."""
    width, height = (max(1, round(longer * length / max(image.size))) for length in image.size)
    return image.resize((width, height), Image.Resampling.BICUBIC)


def _thickened(drawn: Image.Image, stroke: float) -> Image.Image:
    """Ink on black, cropped to it, with lines as thick as that share of its longer side, if they were thinner."""
    drawn = _scaled(drawn, SHARP)
    missing = round(SHARP * (stroke - stroke_width(drawn)) / 2)
    if missing <= 0:
        return drawn
    drawn = ImageOps.expand(drawn, 2 * missing)
    drawn = drawn.filter(ImageFilter.MaxFilter(2 * missing + 1)).filter(ImageFilter.GaussianBlur(missing / 2))
    return drawn.crop(drawn.point(lambda value: 255 * (value > INK * 255)).getbbox())


def stroke_width(drawn: Image.Image) -> float:
    """How thick the lines of a drawing in grey, light on black, are as a share of its longer side: twice their area over their rim."""
    inked = np.pad(np.asarray(_scaled(drawn, SHARP)) > 127, 1)
    inside = inked[1:-1, 1:-1] & inked[:-2, 1:-1] & inked[2:, 1:-1] & inked[1:-1, :-2] & inked[1:-1, 2:]
    rim = inked.sum() - inside.sum()
    return float(2 * inked.sum() / max(1, rim) / SHARP)


def _is_light_on_dark(grey: Image.Image) -> bool:
    """Whether what is narrow is lighter than the ground around it, rather than darker.

    The gap in a nought is narrow as well, but as bright as its ground: it does not count, however large it is.
    """
    coarse = np.pad(_coarse(grey), COARSE // 2, mode="edge")  # what the frame cuts is not narrow for that
    narrow = np.maximum(_filled(coarse, NARROW) - coarse, _filled(255 - coarse, NARROW) - (255 - coarse))
    inside = np.s_[COARSE // 2 : -COARSE // 2, COARSE // 2 : -COARSE // 2]
    coarse, narrow = coarse[inside], narrow[inside]
    blank = narrow <= 0.25 * narrow.max()
    off = (coarse - _ground(coarse, blank))[~blank]
    return float((off * np.abs(off)).sum()) > 0  # slopes of light are faint


def _ground(coarse: np.ndarray, blank: np.ndarray) -> np.ndarray:
    """How bright the ground of a coarse image is, from its blank pixels: a mean in each of a few cells, and smooth between them."""

    def cells(values: np.ndarray) -> np.ndarray:
        return np.asarray(Image.fromarray(values.astype(np.float32)).resize((CELLS, CELLS), Image.Resampling.BILINEAR))

    # A cell that is all ink takes the middle of the whole.
    share, everywhere = cells(blank), float(np.median(coarse))
    means = (cells(coarse * blank) + LITTLE * everywhere) / (share + LITTLE)
    return np.asarray(Image.fromarray(means).resize(coarse.shape[::-1], Image.Resampling.BILINEAR))


def _ink(grey: Image.Image) -> np.ndarray:
    """How much darker than the paper around it each pixel of a grey image is: 0 to 1 `[h, w]`, 1 the darkest ink; all 0 without ink."""
    coarse = _coarse(grey)
    width = min(STROKE, min(coarse.shape) // 2 | 1)
    paper, rim = _filled(coarse, width), width // 2
    # Filled paper is too bright where light falls off towards the frame. There its slope goes on, unless that is ink.
    inner = paper[rim : len(paper) - rim, rim : paper.shape[1] - rim]
    least = np.minimum(paper, np.pad(inner, rim, mode="reflect", reflect_type="odd"))
    seen = np.asarray(grey.filter(ImageFilter.GaussianBlur(1)), np.float32)
    darker = _darker(seen, paper)
    blank, grain, strongest = (
        float(level) for level in np.percentile(darker, [30, 5, 99.8])
    )  # most of a page is blank
    noise, strongest = blank - grain, strongest - blank
    if min(strongest, np.percentile(_darker(seen, least), 99.8)) < max(FAINT, 5 * noise):
        return np.zeros_like(darker)
    faintest = max(0.1 * strongest, 3 * noise)
    return np.clip((darker - blank - faintest) / (strongest - faintest), 0, 1)


def _darker(seen: np.ndarray, paper: np.ndarray) -> np.ndarray:
    """By what share of the brightness of the paper, which is a coarse image, each pixel is darker than it."""
    beneath = Image.fromarray(paper).resize((seen.shape[1], len(seen)), Image.Resampling.BICUBIC)
    return 1 - seen / np.maximum(np.asarray(beneath), 1)


def _coarse(grey: Image.Image) -> np.ndarray:
    coarse = grey.copy()
    coarse.thumbnail((COARSE, COARSE), Image.Resampling.BOX)
    return np.asarray(coarse, np.float32)


def _filled(coarse: np.ndarray, width: int) -> np.ndarray:
    """An image without what is dark and narrower than `width`: a closing. The edge of a shadow stays where it is."""
    image = Image.fromarray(coarse)
    return np.asarray(image.filter(ImageFilter.MaxFilter(width)).filter(ImageFilter.MinFilter(width)))


def _without_dirt(ink: np.ndarray) -> np.ndarray:
    """The ink without faint or small blots, and without what comes in from beyond the frame while there is a drawing within."""
    step = -(-max(ink.shape) // COARSE)
    height, width = (-(-length // step) for length in ink.shape)
    padded = np.pad(ink, ((0, height * step - len(ink)), (0, width * step - ink.shape[1])))
    depth = padded.reshape(height, step, width, step).max(axis=(1, 3))
    inked = depth > INK
    blots = np.where(inked, np.arange(1, depth.size + 1, dtype=np.int32).reshape(depth.shape), 0)
    before = np.zeros_like(blots)
    while (blots != before).any():  # in each blot the highest number spreads
        before, blots = blots, _spread(blots) * inked
    amount = np.bincount(blots.ravel(), depth.ravel(), depth.size + 1)
    amount[np.bincount(blots.ravel(), (depth > 2 * INK).ravel(), depth.size + 1) == 0] = 0
    within = amount.copy()
    within[np.concatenate([[0], blots[0], blots[-1], blots[:, 0], blots[:, -1]])] = 0
    amount = within if within.max() > WITHIN * amount[1:].max() else amount
    kept = (amount[blots] > SPECK * amount[1:].max()) & inked
    around = _spread(kept.astype(np.uint8))  # strokes have soft edges
    return ink * around.repeat(step, axis=0).repeat(step, axis=1)[: len(ink), : ink.shape[1]]


def _spread(array: np.ndarray) -> np.ndarray:
    """Each value, or a higher one beside it."""
    return np.asarray(Image.fromarray(array).filter(ImageFilter.MaxFilter(3)))
