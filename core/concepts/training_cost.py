"""What it takes to train and to serve a network of any size: operations, memory, time, money, energy. Arithmetic only."""

import math
from dataclasses import dataclass

from core.concepts.ladder import published
from core.models import BACKBONES

BACKWARD = 2  # times the work of a forward pass: gradients of the activations, and of the weights
STATES = {"weights": 2, "gradients": 2, "copy": 4, "momentum": 4, "variance": 4}  # bytes a parameter, mixed precision
SERVED = {32: 4.0, 16: 2.0, 8: 1.0, 4: 0.5}  # bytes a parameter, by bits
PETAFLOP_DAY = 1e15 * 24 * 3600
GIB = 1 << 30
IMAGENET = 1_281_167  # training images of ILSVRC 2012


@dataclass(frozen=True)
class Workload:
    """A training.

    Attributes:
        parameters: weights and biases.
        examples: tokens that a language model reads; images times epochs otherwise.
        forward: floating-point operations of one example's forward pass; 2 a parameter where none are given, which holds for
            language models: a multiplication and an addition (Kaplan et al., 2020, arXiv 2001.08361).
    """

    parameters: int
    examples: float
    forward: float | None = None

    @property
    def operations(self) -> float:
        """Of the whole training: 6 a parameter and token, or 3 forward passes an image."""
        return (1 + BACKWARD) * self.examples * (self.forward or 2 * self.parameters)

    @property
    def training_memory(self) -> float:
        """Bytes for weights, gradients and Adam's states, 16 a parameter (Rajbhandari et al., 2019, arXiv 1910.02054); no activations.

        So many in mixed precision; in single precision it is as many, without the copy: 4 each.
        """
        return float(sum(STATES.values()) * self.parameters)

    def serving_memory(self, bits: int = 16) -> float:
        """Bytes of the weights alone, at so many bits each."""
        return SERVED[bits] * self.parameters


@dataclass(frozen=True)
class Hardware:
    """Something that computes.

    Attributes:
        peak: floating-point operations a second at best, dense, in the precision that one trains in.
        watts: the most that it takes.
        memory: bytes.
        source: where the figures stand; empty for what was measured here.
    """

    name: str
    peak: float
    watts: float
    memory: float
    source: str = ""


# fmt: off
# Dense 16-bit operations: the data sheets of H100 and H200 print twice as much, for matrices half of which are zeros.
HARDWARE = {
    # An example: 3 GHz, and 28 watts. The source has the 32 operations a cycle.
    "laptop": Hardware("2 laptop cores", 2 * 3e9 * 32, 28, 8e9, "https://en.wikipedia.org/wiki/FLOPS"),
    "V100": Hardware("V100", 125e12, 300, 32e9, "https://www.nvidia.com/en-us/data-center/v100/"),
    "A100": Hardware("A100", 312e12, 400, 80e9, "https://www.nvidia.com/en-us/data-center/a100/"),
    "H100": Hardware("H100", 989e12, 700, 80e9, "https://www.nvidia.com/en-us/data-center/h100/"),
    "H200": Hardware("H200", 989e12, 700, 141e9, "https://www.nvidia.com/en-us/data-center/h200/"),
}
# fmt: on


@dataclass(frozen=True)
class Place:
    """Where and how a training runs.

    Attributes:
        utilisation: share of the peak that training reaches.
        watts: of one device, with its share of the machine around it.
        overhead: what the building takes for each watt of the machines: power usage effectiveness, 1 at best.
        price: of one device and hour.
    """

    hardware: Hardware
    count: int
    utilisation: float
    watts: float
    overhead: float = 1.1
    price: float = 2.0


@dataclass(frozen=True)
class Bill:
    """What a training comes to.

    Attributes:
        hours: from start to end.
        device_hours: those of all devices together.
        money: in the currency of the price.
        energy: kWh, with the building's.
        to_hold: devices needed to hold the training's states at all.
    """

    hours: float
    device_hours: float
    money: float
    energy: float
    to_hold: int


def bill(work: Workload, place: Place) -> Bill:
    """What the training comes to there, if every device reaches the same share of its peak."""
    device_hours = work.operations / (place.hardware.peak * place.utilisation) / 3600
    return Bill(
        hours=device_hours / place.count,
        device_hours=device_hours,
        money=device_hours * place.price,
        energy=device_hours * place.watts * place.overhead / 1000,
        to_hold=math.ceil(work.training_memory / place.hardware.memory),
    )


@dataclass(frozen=True)
class Preset:
    """A training that was published, and where it ran; of BERT-large the place is an example, and so is every price."""

    name: str
    work: Workload
    place: Place
    epochs: int = 1


_RESNET = BACKBONES["resnet50"]
# fmt: off
PRESETS = {
    # Tokens: Brown et al., table D.1. Place: Patterson et al., 2021, table 4: 24.6e12 operations a second, 330 watts.
    "GPT-3": Preset("GPT-3", Workload(published("GPT-3").parameters, 300e9),
        Place(HARDWARE["V100"], 10_000, 24.6e12 / 125e12, 330)),
    # 256 sequences of 512 tokens, a million steps: Devlin et al., appendix A.2. What it ran on has no share of a peak published.
    "BERT-large": Preset("BERT-large", Workload(published("BERT-large").parameters, 256 * 512 * 1e6),
        Place(HARDWARE["A100"], 8, 0.4, 400)),
    # 8% of an A100: what 3.83 hours on eight of them come to, which MosaicML's Composer gives in its model card.
    "ResNet-50": Preset("ResNet-50", Workload(_RESNET.parameters, 90 * IMAGENET, 2 * _RESNET.multiplications),
        Place(HARDWARE["A100"], 8, 0.08, 400), epochs=90),
    # 15.6e12 tokens, 16,384 cards, 38 to 43% of their peak: Grattafiori et al., 2024, section 3.
    "Llama 3.1": Preset("Llama 3.1 405B", Workload(published("Llama 3.1").parameters, 15.6e12),
        Place(HARDWARE["H100"], 16_384, 0.40, 700)),
}
# fmt: on


@dataclass(frozen=True)
class Check:
    """A figure that was published, beside what the formulas here make of the same training.

    Attributes:
        preset: a key of :data:`PRESETS`, or the name of a model that is none.
        quantity: ``operations``, ``petaflop-days``, ``days``, ``device-hours``, ``energy`` (MWh), ``training`` or ``serving`` (GB or
            GiB of memory), ``forward`` (multiply-adds).
    """

    preset: str
    quantity: str
    published: float
    computed: float
    said: str
    source: str

    @property
    def ratio(self) -> float:
        return self.computed / self.published


def checks() -> list[Check]:
    """Every published figure that this calculator can be held against."""
    gpt3, bert, resnet, llama = (PRESETS[name] for name in ("GPT-3", "BERT-large", "ResNet-50", "Llama 3.1"))
    spent, spent_on_llama = bill(gpt3.work, gpt3.place), bill(llama.work, llama.place)
    gpt2 = Workload(published("GPT-2").parameters, 0)
    brown, patterson = "https://arxiv.org/abs/2005.14165", "https://arxiv.org/abs/2104.10350"
    card = "https://github.com/meta-llama/llama-models/blob/main/models/llama3_1/MODEL_CARD.md"
    wall = "https://github.com/amirgholami/ai_and_memory_wall"
    # fmt: off
    return [
        Check("GPT-3", "operations", 3.14e23, gpt3.work.operations, "Brown et al., 2020, table D.1", brown),
        Check("GPT-3", "petaflop-days", 3640, gpt3.work.operations / PETAFLOP_DAY, "Brown et al., 2020, table D.1", brown),
        Check("GPT-3", "days", 14.8, spent.hours / 24, "Patterson et al., 2021, table 4", patterson),
        Check("GPT-3", "energy", 1287, spent.energy / 1000, "Patterson et al., 2021, table 4", patterson),
        Check("GPT-3", "serving", 326, gpt3.work.serving_memory(16) / GIB, "Frantar et al., 2022",
            "https://arxiv.org/abs/2210.17323"),
        Check("GPT-2", "training", 24, gpt2.training_memory / 1e9, "Rajbhandari et al., 2019, section 3.1",
            "https://arxiv.org/abs/1910.02054"),
        Check("BERT-large", "operations", 250_000e15, bert.work.operations, "Gholami et al., 2021", wall),
        Check("ResNet-50", "forward", 3.8e9, _RESNET.multiplications, "He et al., 2015, table 1",
            "https://arxiv.org/abs/1512.03385"),
        Check("ResNet-50", "forward-total", 1e18, resnet.work.operations / (1 + BACKWARD), "You et al., 2017",
            "https://arxiv.org/abs/1709.05011"),
        Check("Llama 3.1", "operations", 3.8e25, llama.work.operations, "Grattafiori et al., 2024, section 3",
            "https://arxiv.org/abs/2407.21783"),
        Check("Llama 3.1", "device-hours", 30.84e6, spent_on_llama.device_hours, "Meta, model card, 2024", card),
    ]
    # fmt: on
