"""What every network here is: something that sees, and one linear layer that decides."""

from torch import Tensor, nn


class Classifier(nn.Module):
    """Features, one embedding, one linear head.

    Args:
        features: images `[n, 3, side, side]`, 0 to 1, to an embedding `[n, d]`.
        head: embedding to logits `[n, classes]`.
        dropout: share of the embedding hidden at random while training.
    """

    def __init__(self, features: nn.Module, head: nn.Linear, dropout: float) -> None:
        super().__init__()
        self.features = features
        self.dropout = nn.Dropout(dropout)
        self.head = head

    def embedding(self, images: Tensor) -> Tensor:
        """What the network sees in the images, `[n, d]`, before it decides."""
        return self.features(images)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.dropout(self.embedding(images)))
