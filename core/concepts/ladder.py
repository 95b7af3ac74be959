"""Published models by their number of parameters, each with where that number stands."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """A model whose size its makers published.

    Attributes:
        parameters: all of them.
        said: who and when, in short.
        source: a page that one can open.
        expert: whether it is a mixture of experts: each token meets some of the parameters only.
        active: how many those are, where that is published.
    """

    name: str
    parameters: int
    said: str
    source: str
    expert: bool = False
    active: int | None = None


# fmt: off
LADDER = (
    Published("LeNet-5", 60_000, "LeCun et al., 1998", "https://doi.org/10.1109/5.726791"),
    Published("ResNet-50", 25_557_032, "He et al., 2015; counted in torchvision", "https://arxiv.org/abs/1512.03385"),
    Published("BERT-large", 340_000_000, "Devlin et al., 2018", "https://arxiv.org/abs/1810.04805"),
    Published("GPT-2", 1_500_000_000, "Radford et al., 2019",
        "https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf"),
    Published("GPT-3", 175_000_000_000, "Brown et al., 2020", "https://arxiv.org/abs/2005.14165"),
    Published("Llama 3.1", 405_000_000_000, "Grattafiori et al., 2024", "https://arxiv.org/abs/2407.21783"),
    Published("PaLM", 540_000_000_000, "Chowdhery et al., 2022", "https://arxiv.org/abs/2204.02311"),
    Published("DeepSeek-V3", 671_000_000_000, "DeepSeek-AI, 2024", "https://arxiv.org/abs/2412.19437",
        expert=True, active=37_000_000_000),
    Published("Switch Transformer", 1_600_000_000_000, "Fedus et al., 2021", "https://arxiv.org/abs/2101.03961",
        expert=True),
)
# fmt: on


def published(name: str) -> Published:
    """The model of that name."""
    return next(model for model in LADDER if model.name == name)
