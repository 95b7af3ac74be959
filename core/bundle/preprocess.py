"""The one way from any image to the square of pixels that a model takes."""

from PIL import Image, ImageOps


def to_rgb(image: Image.Image) -> Image.Image:
    """Upright and in RGB: EXIF rotation applied, 16 bits scaled to 8, transparency over white."""
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I;16") or image.mode == "I":
        # Pillow's own conversion cuts 16-bit greys off at 255 instead of scaling them.
        return image.convert("I").point(lambda value: value / 257).convert("L").convert("RGB")
    if image.mode == "F":
        return image.convert("L").convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def to_square(image: Image.Image, side: int) -> Image.Image:
    """The centre of an RGB image as `side` × `side` pixels; one that has this size passes untouched, bit for bit."""
    if image.size == (side, side):
        return image
    return ImageOps.fit(image, (side, side), Image.Resampling.BICUBIC)
