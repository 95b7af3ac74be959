"""What an image is like before anything in it is recognised: its light, its colours and its edges, as a few numbers.

A network tells apart what it was taught to, and may be very sure of noise or of a plain colour, which no photo looks like. That
needs no network to be seen.
"""

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.covariance import LedoitWolf
from torch import Tensor, nn

from core.bundle.predictor import chunked

LEAST = 0.01  # of the way from black to white: differences far below it are as good as none
BLUR = 0.05  # deviation that is added to all numbers, so that none of them, and no mixture of them, counts for too much
ALIKE = 0.3  # deviation of a logarithm, at least: of grey images, none differs in its tints, and a camera's grain is not to matter
REACH = 0.998  # share of the known images whose looks are beyond doubt
FEW = 12  # known images that hardly tell: as many as there are numbers
MOST = 1.0  # strangeness, at most
COLOURS = [[1 / 3, 1 / 3, 1 / 3], [1, -1, 0], [0, -1, 1]]  # of red, green and blue: the light and two tints
EDGES = [[[-1, 1], [0, 0]], [[-1, 0], [1, 0]], [[1, -1], [-1, 1]]]  # of four neighbours: across, down, aslant
PARTS = 4  # of height and width, for what is light and dark at large


def appearance(images: Tensor) -> Tensor:
    """`[n, 12]` of images `[n, 3, side, side]`, 0 to 1: mean light and tints, and the logarithms of how much tints, edges and light vary.

    Convolutions and norms, which a graph computes in few passes: this is to cost little beside the smallest network.
    """
    colours = F.conv2d(images, images.new_tensor(COLOURS)[:, :, None, None])
    light = colours[:, :1]
    edges = F.conv2d(light, images.new_tensor(EDGES)[:, None])
    varied = [
        _deviations(colours)[:, 1:],
        edges.norm(1, dim=(2, 3)) / edges[0, 0].numel(),
        edges.norm(2, dim=(2, 3)) / edges[0, 0].numel() ** 0.5,
        _deviations(F.avg_pool2d(light, images.shape[-1] // PARTS)),
    ]
    return torch.cat([colours.mean(dim=(2, 3)), (torch.cat(varied, dim=1) + LEAST).log()], dim=1)


@torch.no_grad()
def appearances(to_input: Callable[[Tensor], Tensor], pixels: np.ndarray) -> np.ndarray:
    """Of images uint8 `[n, side, side, 3]`, which `to_input` makes what :func:`appearance` takes: float32 `[n, 12]`."""
    return torch.cat([appearance(to_input(torch.from_numpy(np.array(images)))) for images in chunked(pixels)]).numpy()


class Strangeness(nn.Module):
    """How far an appearance lies from those of the training images (Mahalanobis distance), beyond what known images reach: 0 to 1.

    It has an end, since a photo is looked at several times, and one look at nothing but sky is not to outweigh all others.

    Args:
        training, validation: appearances `[n, 12]` of images that are known: the first say what is usual, both how far that reaches.
    """

    centre: Tensor
    root: Tensor

    def __init__(self, training: np.ndarray, validation: np.ndarray) -> None:
        super().__init__()
        centre = training.mean(axis=0)
        spread = LedoitWolf(store_precision=False, assume_centered=True).fit(training - centre).covariance_
        alike = np.where(
            np.arange(len(spread)) < 3, 0, ALIKE**2 - spread.diagonal()
        )  # the first three are no logarithms
        values, vectors = np.linalg.eigh(spread + np.diag(np.maximum(alike, BLUR**2)))
        self.register_buffer("centre", torch.from_numpy(centre.astype(np.float32)))
        self.register_buffer("root", torch.from_numpy((vectors / np.sqrt(values)).astype(np.float32)))
        known = torch.from_numpy(np.concatenate([training, validation]))
        self.reach = float(np.quantile(self._distance(known).numpy(), REACH)) * (1 + FEW / len(known))

    def forward(self, seen: Tensor) -> Tensor:
        return (self._distance(seen) - self.reach).clamp(0.0, MOST)

    def _distance(self, seen: Tensor) -> Tensor:
        return ((seen - self.centre) @ self.root).norm(dim=1)


def _deviations(maps: Tensor) -> Tensor:
    """`[n, k]` of maps `[n, k, h, w]`."""
    squares = maps.norm(2, dim=(2, 3)).square() / maps[0, 0].numel()
    return (squares - maps.mean(dim=(2, 3)).square()).clamp(min=0).sqrt()
