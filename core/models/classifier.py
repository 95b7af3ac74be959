"""What every network here is: something that sees, and one linear layer that decides."""

import torch
from torch import Tensor, nn


class Classifier(nn.Module):
    """Features, one embedding, one linear head.

    Args:
        features: images `[n, 3, side, side]` to an embedding `[n, d]`.
        head: embedding to logits `[n, classes]`.
        dropout: share of the embedding hidden at random while training.
        standardise: whether the features get colours of mean 0 and deviation 1, by the training images, instead of 0 to 1.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, features: nn.Module, head: nn.Linear, dropout: float, standardise: bool = True) -> None:
        super().__init__()
        self.features = features
        self.dropout = nn.Dropout(dropout)
        self.head = head
        self.standardise = standardise
        if standardise:
            self.register_buffer("mean", torch.full((3, 1, 1), 0.5))
            self.register_buffer("deviation", torch.full((3, 1, 1), 0.25))

    def prepare(self, images: Tensor) -> None:
        """Fit what depends on the data before training begins: `images` `[n, 3, side, side]`, 0 to 1, of the training split."""
        if self.standardise:
            self.mean.copy_(images.mean((0, 2, 3))[:, None, None])
            # One grey for all images has no deviation, and must not be divided by it.
            self.deviation.copy_(images.std((0, 2, 3)).clamp(min=0.01)[:, None, None])

    def standardised(self, images: Tensor) -> Tensor:
        return (images - self.mean) / self.deviation if self.standardise else images

    def embedding(self, images: Tensor) -> Tensor:
        """What the network sees in the images `[n, 3, side, side]`, 0 to 1, before it decides: `[n, d]`."""
        return self.features(self.standardised(images))

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.dropout(self.embedding(images)))


def conv_norm(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    """A convolution that keeps the size at stride 1, and batch normalisation (Ioffe & Szegedy, 2015), which has its bias."""
    conv = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs))


def keep_statistics(model: nn.Module) -> None:
    """Let batch normalisation go on with the means and deviations it has learnt from many images: few photos have worse ones."""
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d | nn.BatchNorm1d):
            layer.eval()
