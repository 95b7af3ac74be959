"""A small vision transformer (Dosovitskiy et al., 2020, arXiv 2010.11929)."""

import math

import torch
from torch import Tensor, nn

from core.models.classifier import Classifier, conv_norm
from core.models.layers import HEAD, MLP_RATIO, Shape, patch_size


class Block(nn.Module):
    """Attention between all positions, then a dense part on each, both added to what came in: `[n, positions, width]`."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = math.gcd(width, max(1, width // HEAD))
        self.attention_norm = nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.projection = nn.Linear(width, width)
        self.dense_norm = nn.LayerNorm(width)
        self.dense = nn.Sequential(nn.Linear(width, MLP_RATIO * width), nn.GELU(), nn.Linear(MLP_RATIO * width, width))

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = tokens + self.attend(self.attention_norm(tokens))
        return tokens + self.dense(self.dense_norm(tokens))

    def attend(self, tokens: Tensor) -> Tensor:
        parts = self.query_key_value(tokens).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        query, key, value = parts.unbind(0)
        # Written out: on a processor torch's fused attention takes twenty times as long to train for so few positions.
        shares = (query @ key.transpose(2, 3) / key.shape[3] ** 0.5).softmax(3)
        return self.projection((shares @ value).transpose(1, 2).flatten(2))


class Transformer(nn.Module):
    """Images `[n, 3, side, side]` to the mean over about 8 × 8 patches of what the blocks make of them: `[n, width]`.

    Two convolutions cut the patches: with a plain cut such nets learn far more slowly (Xiao et al., 2021, arXiv 2106.14881).
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width, patch = shape.width, patch_size(shape.side)
        self.patches = nn.Sequential(
            *(conv_norm(3, width // 2, stride=2), nn.GELU()),
            nn.Conv2d(width // 2, width, 2 * patch - 1, stride=patch, padding=patch - 1),
        )
        grid = -(-((shape.side + 1) // 2) // patch)
        self.positions = nn.Parameter(0.02 * torch.randn(1, grid**2, width))
        self.blocks = nn.Sequential(*(Block(width) for _ in range(shape.depth)))
        self.norm = nn.LayerNorm(width)

    def forward(self, images: Tensor) -> Tensor:
        tokens = self.patches(images).flatten(2).transpose(1, 2) + self.positions
        return self.norm(self.blocks(tokens).mean(1))


def vit(shape: Shape, dropout: float) -> Classifier:
    """`depth` blocks on `width` features, in heads of 32 where that divides them."""
    return Classifier(Transformer(shape), nn.Linear(shape.width, shape.classes), dropout)
