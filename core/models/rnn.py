"""Recurrent networks: an image is read row by row, as a sentence is word by word."""

from torch import Tensor, nn

from core.models.classifier import Classifier
from core.models.layers import Shape


class Rows(nn.Module):
    """Images `[n, 3, side, side]` to the mean of what two readers, one from each end, remember at every row: `[n, 2 width]`."""

    def __init__(self, shape: Shape, dropout: float) -> None:
        super().__init__()
        kind = {"lstm": nn.LSTM, "gru": nn.GRU}[shape.cell]
        between = dropout if shape.depth > 1 else 0.0
        self.cells = kind(
            3 * shape.side, shape.width, shape.depth, batch_first=True, dropout=between, bidirectional=True
        )
        self.norm = nn.LayerNorm(2 * shape.width)

    def forward(self, images: Tensor) -> Tensor:
        rows = images.permute(0, 2, 3, 1).flatten(2)
        return self.norm(self.cells(rows)[0].mean(1))


def rnn(shape: Shape, dropout: float) -> Classifier:
    """`depth` layers of bidirectional LSTM (Hochreiter & Schmidhuber, 1997) or GRU (Cho et al., 2014), `width` units each way."""
    return Classifier(Rows(shape, dropout), nn.Linear(2 * shape.width, shape.classes), dropout)
