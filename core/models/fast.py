"""The network that learns most in a given time (after airbench: Jordan, 2024, arXiv 2404.00498)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.models.classifier import Classifier, conv_norm
from core.models.layers import WHITENED, Shape, fast_widths

FLOOR = 5e-4  # added to the variances: directions in which images hardly differ are not blown up


class Group(nn.Module):
    """A convolution and a pool, then `depth` - 1 convolutions; from three on, what the first gives is added to the last."""

    def __init__(self, inputs: int, width: int, depth: int) -> None:
        super().__init__()
        layers = [conv_norm(inputs if number == 0 else width, width) for number in range(depth)]
        for conv, _norm in layers:  # at first, what comes in also goes out: images pass through the net unharmed
            assert isinstance(conv, nn.Conv2d)
            nn.init.dirac_(conv.weight[: conv.in_channels])
        self.layers = nn.ModuleList(layers)

    def forward(self, images: Tensor) -> Tensor:
        conv, norm = self.layers[0].children()
        first = F.gelu(norm(F.max_pool2d(conv(images), 2)))  # a quarter of the work is left to the norm
        found = first
        for layer in self.layers[1:-1]:
            found = F.gelu(layer(found))
        if len(self.layers) > 1:
            found = self.layers[-1](found)
            found = F.gelu(found + first if len(self.layers) > 2 else found)
        return found


class Whitened(Classifier):
    """Its first layer is not learnt: it makes neighbouring pixels, which are much alike, independent of each other."""

    def prepare(self, images: Tensor) -> None:
        """Set the first layer to the principal directions of all 2 × 2 patches, scaled to equal variance, with both signs."""
        super().prepare(images)
        patches = F.unfold(self.standardised(images), 2, stride=2).transpose(1, 2).flatten(0, 1).double()
        covariance = patches.T @ patches / len(patches)
        variances, directions = torch.linalg.eigh(covariance)
        filters = (directions / (variances + FLOOR).sqrt()).T.view(-1, 3, 2, 2).float()
        conv = next(self.features.children())
        assert isinstance(conv, nn.Conv2d)
        with torch.no_grad():
            conv.weight.copy_(torch.cat([filters, -filters]))


class Best(nn.Module):
    """Of each feature map `[n, d, side, side]` the largest value: `[n, d]`. AdaptiveMaxPool2d has no ONNX form in torch 2.11."""

    def forward(self, maps: Tensor) -> Tensor:
        return maps.amax((2, 3))


def fast(shape: Shape, dropout: float) -> Classifier:
    """Three groups of `depth` convolutions, `width`, 3 and 4 times `width` channels wide; the best of each feature map decides."""
    first, second, third = fast_widths(shape.width)
    whitening = nn.Conv2d(3, WHITENED, 2, bias=False)
    whitening.weight.requires_grad_(False)
    features = nn.Sequential(
        *(whitening, nn.GELU()),
        *(Group(WHITENED, first, shape.depth), Group(first, second, shape.depth), Group(second, third, shape.depth)),
        Best(),
    )
    return Whitened(features, nn.Linear(third, shape.classes), dropout)
