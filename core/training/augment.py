"""Augmentation by batch: every epoch sees each image a little different, so that it cannot be learnt by heart.

Random numbers are drawn on the CPU from torch's random state, so that a run is the same on every device but for noise. The Train page's preview
is made by this very code.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from core.training.recipe import Recipe

LUMA = (0.299, 0.587, 0.114)  # weights of red, green and blue in a grey (ITU-R BT.601)
ASPECT = math.log(4 / 3)  # a crop is at most so much wider than high, or higher than wide


def augment(images: Tensor, recipe: Recipe, mirrored: Tensor, side: int | None = None) -> Tensor:
    """Images `[n, 3, side, side]`, 0 to 1, changed as the recipe says; those that it leaves alone come back as they are.

    Args:
        mirrored: bool `[n]`: whose left becomes right; see :func:`whom_to_mirror`.
        side: of the images that come back; that of those which come in unless given.
    """
    side = side or images.shape[-1]
    if recipe.flip or recipe.translate or recipe.rotate or recipe.crop < 1 or side != images.shape[-1]:
        images = _moved(images, recipe, mirrored, side)
    if recipe.colour:
        images = _recoloured(images, recipe.colour)
    if recipe.noise:
        images = _made_grainy(images, recipe.noise)
    if recipe.cutout:
        images = _cut_out(images, recipe.cutout)
    return images


def whom_to_mirror(indices: Tensor, epoch: int, recipe: Recipe) -> Tensor:
    """Bool `[n]`: a random half in the first epoch, the others in the second, and so on in turn.

    Both views of an image come in any two epochs, which a coin does not promise (Jordan, 2024, arXiv 2404.00498).
    """
    if not recipe.flip:
        return torch.zeros(len(indices), dtype=torch.bool)
    scrambled = (indices + 1) * 2654435761 + recipe.seed * 40503  # Knuth's multiplicative hash
    return ((scrambled >> 15) + epoch) % 2 == 0


def mix(images: Tensor, alpha: float) -> tuple[Tensor, Tensor, float]:
    """Each image blended with another (mixup: Zhang et al., 2017, arXiv 1710.09412).

    Returns:
        The blends, the partner of each `[n]`, and the share of the first: drawn from Beta(alpha, alpha), the larger part.
    """
    share = float(torch.distributions.Beta(alpha, alpha).sample())
    share = max(share, 1 - share)
    partners = torch.randperm(len(images)).to(images.device)
    return torch.lerp(images[partners], images, share), partners, share


def _moved(images: Tensor, recipe: Recipe, mirrored: Tensor, out: int) -> Tensor:
    """Mirrored, turned, shifted and cropped in one resampling. What comes in from outside is the image's own reflection."""
    n, side = len(images), images.shape[-1]
    # A crop of the share `crop` to 1 of the area, of varying form, anywhere inside (Szegedy et al., 2014, arXiv 1409.4842).
    area, form = torch.empty(n).uniform_(recipe.crop, 1), torch.empty(n).uniform_(-ASPECT, ASPECT)
    if recipe.crop == 1:
        form.zero_()
    scale = (torch.stack([form / 2, -form / 2], 1).exp() * area.sqrt()[:, None]).clamp(max=1)
    offset = (2 * torch.rand(n, 2) - 1) * (1 - scale)
    pixels = round(recipe.translate * side)
    offset += 2 / side * torch.randint(-pixels, pixels + 1, (n, 2))
    theta = torch.cat([torch.diag_embed(scale), offset[:, :, None]], 2)
    if recipe.rotate:
        angle = torch.empty(n).uniform_(-recipe.rotate, recipe.rotate).deg2rad()
        cosine, sine = angle.cos(), angle.sin()
        turn = torch.stack([cosine, -sine, sine, cosine], 1).view(n, 2, 2)
        theta[:, :, :2] = turn @ theta[:, :, :2]
    theta[mirrored, 0] *= -1
    grid = F.affine_grid(theta.to(images.device), [n, 3, out, out], align_corners=False)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="reflection", align_corners=False)


def _recoloured(images: Tensor, strength: float) -> Tensor:
    """Brightness, contrast and saturation each multiplied by 1 - strength to 1 + strength."""
    brightness, contrast, saturation = (
        torch.empty(len(images), 1, 1, 1).uniform_(1 - strength, 1 + strength).to(images.device) for _ in range(3)
    )
    grey = (images * images.new_tensor(LUMA)[:, None, None]).sum(1, keepdim=True)
    images = torch.lerp(grey, images, saturation)
    mean = grey.mean((2, 3), keepdim=True)
    return (torch.lerp(mean, images, contrast) * brightness).clamp(0, 1)


def _made_grainy(images: Tensor, most: float) -> Tensor:
    """Gaussian noise on every pixel and colour, of a deviation from 0 to `most` that each image draws for itself."""
    deviation = torch.empty(len(images), 1, 1, 1).uniform_(0, most).to(images.device)
    # Drawn where the images are, as it is a number for each number of the batch; what is drawn next is the same on every device.
    source = torch.Generator(images.device).manual_seed(int(torch.randint(1 << 62, ())))
    noise = torch.empty_like(images).normal_(generator=source)
    return (images + deviation * noise).clamp(0, 1)


def _cut_out(images: Tensor, share: float) -> Tensor:
    """A grey square of that share of the side hidden at a random place (cutout: DeVries & Taylor, 2017, arXiv 1708.04552)."""
    n, side = len(images), images.shape[-1]
    size = round(share * side)
    start = torch.randint(0, side - size + 1, (n, 2, 1)).to(images.device)
    places = torch.arange(side, device=images.device)
    inside = (places >= start) & (places < start + size)
    hidden = inside[:, 0, :, None] & inside[:, 1, None, :]
    return images.masked_fill(hidden[:, None], 0.5)
