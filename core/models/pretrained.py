"""Networks that torchvision publishes with weights trained on ImageNet: what they are called, their size and file. No torch in here.

Each entry follows torchvision's own table of weights (its default ones); a test holds one against the other.
"""

from dataclasses import dataclass

from core.models.layers import Layer, Shape

SIDE = 224  # pixels: the side of the images they were trained on
IMAGENET_CLASSES = 1000
PREFIX = "torchvision:"  # before the name of a backbone where a run's could stand too


@dataclass(frozen=True)
class Backbone:
    """A published network without its last layer.

    Attributes:
        title: the name that papers use.
        function: of ``torchvision.models``, which builds it.
        file: the name of its weights, with the beginning of their SHA-256.
        megabytes: the size of that file, of 1024 x 1024 bytes.
        features: length of its embedding.
        parameters, multiplications: of the whole network with its ImageNet head, for one image of side 224.
    """

    title: str
    function: str
    file: str
    megabytes: float
    features: int
    parameters: int
    multiplications: float

    @property
    def stem(self) -> str:
        """What the names of its weights begin with, whichever of torchvision's they are."""
        return self.file.rpartition("-")[0]

    def layers(self, shape: Shape) -> list[Layer]:
        """The network as one layer, and the head."""
        work = round(self.multiplications * (shape.side / SIDE) ** 2) - self.features * IMAGENET_CLASSES
        body = Layer(self.title, (self.features,), self.parameters - (self.features + 1) * IMAGENET_CLASSES, work)
        head = self.features * shape.classes
        return [body, Layer(f"dense {shape.classes}", (shape.classes,), head + shape.classes, head)]


# fmt: off
BACKBONES = {
    "resnet18": Backbone("ResNet-18", "resnet18", "resnet18-f37072fd.pth", 44.661, 512, 11_689_512, 1.814e9),
    "resnet50": Backbone("ResNet-50", "resnet50", "resnet50-11ad3fa6.pth", 97.79, 2048, 25_557_032, 4.089e9),
    "mobilenet-v3": Backbone(
        "MobileNetV3-Large", "mobilenet_v3_large", "mobilenet_v3_large-5c1a4163.pth", 21.107, 1280, 5_483_032, 0.217e9),
    "efficientnet-b0": Backbone(
        "EfficientNet-B0", "efficientnet_b0", "efficientnet_b0_rwightman-7f5810bc.pth", 20.451, 1280, 5_288_548, 0.386e9),
    "convnext-tiny": Backbone(
        "ConvNeXt-Tiny", "convnext_tiny", "convnext_tiny-983f1562.pth", 109.119, 768, 28_589_128, 4.456e9),
    "vit-b-16": Backbone("ViT-B/16", "vit_b_16", "vit_b_16-c867db91.pth", 330.285, 768, 86_567_656, 17.564e9),
}
# fmt: on
