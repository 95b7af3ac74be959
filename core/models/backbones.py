"""Published networks as bodies for new heads, built by torchvision; their weights come from torchvision's own files."""

from functools import partial
from pathlib import Path

import torch
import torchvision.models
from torch import Tensor, nn

from core.errors import VitrineError, lacks_memory
from core.models.classifier import Classifier
from core.models.layers import Shape
from core.models.pretrained import BACKBONES

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's colours: what the weights expect
_HEADS = ("fc", "classifier", "heads")  # where torchvision's networks keep their last layer


class Pretrained(Classifier):
    """A published network: its colours are standardised as they were when it was trained, whatever the data."""

    def __init__(self, features: nn.Module, head: nn.Linear, dropout: float) -> None:
        super().__init__(features, head, dropout)
        self.mean.copy_(torch.tensor(MEAN)[:, None, None])
        self.deviation.copy_(torch.tensor(DEVIATION)[:, None, None])

    def prepare(self, images: Tensor) -> None:
        """Nothing here depends on the data."""


def load_backbone(name: str, path: Path, shape: Shape, dropout: float) -> Classifier:
    """The backbone with the weights of a file that torchvision published, and a fresh head.

    Raises:
        VitrineError: ``weights_foreign`` when the file holds no weights, or those of another network.
    """
    model = _backbone(name, shape, dropout)
    try:
        weights = torch.load(path, map_location="cpu", weights_only=True)
        left = model.features.load_state_dict(weights, strict=False)
    except Exception as error:  # an unpickler and a loader, each with errors of its own
        if lacks_memory(error):
            raise
        raise VitrineError("weights_foreign", file=path.name, folder=str(path.parent), name=name) from error
    if left.missing_keys or any(key.split(".")[0] not in _HEADS for key in left.unexpected_keys):
        raise VitrineError("weights_foreign", file=path.name, folder=str(path.parent), name=name)
    return model


def _backbone(name: str, shape: Shape, dropout: float) -> Classifier:
    backbone = BACKBONES[name]
    # Only the transformer has to know the side, for its table of positions.
    fitted = {"image_size": shape.side} if name.startswith("vit") else {}
    network = getattr(torchvision.models, backbone.function)(weights=None, **fitted)
    last = next(layer for layer in reversed(list(network.named_modules())) if isinstance(layer[1], nn.Linear))
    network.set_submodule(last[0], nn.Identity())
    return Pretrained(network, nn.Linear(backbone.features, shape.classes), dropout)


resnet18 = partial(_backbone, "resnet18")
resnet50 = partial(_backbone, "resnet50")
mobilenet_v3 = partial(_backbone, "mobilenet-v3")
efficientnet_b0 = partial(_backbone, "efficientnet-b0")
convnext_tiny = partial(_backbone, "convnext-tiny")
vit_b_16 = partial(_backbone, "vit-b-16")
