"""Residual networks (He et al., 2015, arXiv 1512.03385), in their form for small images."""

from torch import nn
from torchvision.models.resnet import BasicBlock

from core.models.classifier import Classifier, conv_norm
from core.models.layers import Shape, residual_widths


def resnet(shape: Shape, dropout: float) -> Classifier:
    """`stages` of `depth` blocks; the first is `width` channels wide, each next one twice as wide and half as high."""
    stages: list[nn.Module] = [conv_norm(3, shape.width), nn.ReLU()]
    inputs = shape.width
    for stage, width in enumerate(residual_widths(shape)):
        for block in range(shape.depth):
            stride = 2 if stage > 0 and block == 0 else 1
            shortcut = conv_norm(inputs, width, kernel=1, stride=2) if stride == 2 else None
            stages.append(BasicBlock(inputs, width, stride, shortcut))
            inputs = width
    features = nn.Sequential(*stages, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return Classifier(features, nn.Linear(inputs, shape.classes), dropout)
