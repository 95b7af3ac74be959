"""Images as a network takes them: batches of one tensor that lies where the network is."""

import numpy as np
import torch
from torch import Tensor

from core.data.imageset import ImageSet


class Batches:
    """A set of images, handed out by their positions.

    In memory it is one tensor, on the device if there is room; images that exceed memory are read from their map.
    """

    def __init__(self, images: ImageSet, device: torch.device) -> None:
        self.device = device
        self.pixels = torch.from_numpy(images.pixels) if isinstance(images.pixels, np.ndarray) else images.pixels
        self.labels = torch.from_numpy(images.labels).to(device)
        if device.type == "cuda" and isinstance(self.pixels, Tensor):
            free, _total = torch.cuda.mem_get_info(device)
            self.pixels = self.pixels.to(device) if self.pixels.nbytes < free // 2 else self.pixels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Pixels `[b, 3, side, side]` in 0 to 1, channels last in memory, and labels `[b]`, of positions `[b]` (on the CPU)."""
        if isinstance(self.pixels, Tensor):
            chosen = self.pixels[indices.to(self.pixels.device)]
        else:
            chosen = torch.from_numpy(self.pixels[indices.numpy()])
        return to_input(chosen.to(self.device, non_blocking=True)), self.labels[indices.to(self.device)]

    def some(self, count: int) -> Tensor:
        """At most `count` images, evenly spread, as a network takes them."""
        return self[torch.linspace(0, len(self) - 1, min(count, len(self))).long()][0]


def to_input(pixels: Tensor) -> Tensor:
    """uint8 `[b, side, side, 3]` to what a network takes: float `[b, 3, side, side]`, 0 to 1. The bundle's graph begins so too."""
    return pixels.permute(0, 3, 1, 2).float() / 255
