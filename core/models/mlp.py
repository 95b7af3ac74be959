"""The multi-layer perceptron: dense layers on the pixels, which know nothing of neighbourhood."""

from torch import nn

from core.models.classifier import Classifier
from core.models.layers import Shape


def mlp(shape: Shape, dropout: float) -> Classifier:
    """`depth` dense layers of `width` neurons, each with batch normalisation (Ioffe & Szegedy, 2015) and dropout."""
    layers: list[nn.Module] = [nn.Flatten()]
    inputs = 3 * shape.side**2
    for number in range(shape.depth):
        hidden = [nn.Dropout(dropout)] if number else []  # the embedding is hidden by the classifier
        layers += [*hidden, nn.Linear(inputs, shape.width, bias=False), nn.BatchNorm1d(shape.width), nn.ReLU()]
        inputs = shape.width
    return Classifier(nn.Sequential(*layers), nn.Linear(inputs, shape.classes), dropout)
