"""How much an image is like the training data: several scores, of which the best on validation images goes into the graph.

All of them count what an image looks like before anything is recognised in it; see :mod:`core.bundle.appearance`.
"""

from collections.abc import Mapping

import numpy as np
import torch
from sklearn.covariance import LedoitWolf
from torch import Tensor, nn

from core.bundle.appearance import Strangeness
from core.bundle.unknowns import auroc

BANK = 1000  # training images that are remembered as neighbours
REMEMBERED = 1 << 18  # numbers that the graph grows by for them, at most: a megabyte
WIDEST = 1024  # features of an embedding, beyond which their covariance would cost more than it tells
NEIGHBOUR = 10  # the one whose likeness counts; of few images, an earlier one
GAMMA = 0.1  # of the generalised entropy, as published: unlikely classes count for more than in Shannon's
STRANGE = (
    6  # deviations that a score loses where an image looks like no known one: more than most known images have to lose
)
KINDS = ("probability", "energy", "entropy", "neighbours", "both", "distance", "relative", "entropy and relative")

Said = tuple[np.ndarray, np.ndarray, np.ndarray]  # of images: logits, embeddings, appearances


class Probability(nn.Module):
    """The largest probability (Hendrycks & Gimpel, 2016, arXiv 1610.02136)."""

    def forward(self, logits: Tensor, embedding: Tensor) -> Tensor:
        return torch.softmax(logits, dim=1).amax(dim=1)


class Energy(nn.Module):
    """High where some class speaks up, low where none does (Liu et al., 2020, arXiv 2010.03759)."""

    def forward(self, logits: Tensor, embedding: Tensor) -> Tensor:
        return torch.logsumexp(logits, dim=1)


class Entropy(nn.Module):
    """High where the probabilities lie with few classes: minus the generalised entropy (Liu et al., 2023, GEN, CVPR)."""

    def forward(self, logits: Tensor, embedding: Tensor) -> Tensor:
        probabilities = torch.softmax(logits, dim=1).sort(dim=1, descending=True).values
        first, others = probabilities[:, :1], probabilities[:, 1:]
        # What is left of nearly all is told by what the others have: one less the first would be rounded to nothing.
        products = torch.cat([first * others.sum(dim=1, keepdim=True), others * (1 - others)], dim=1)
        return -products.pow(GAMMA).sum(dim=1)


class Distance(nn.Module):
    """Minus the Mahalanobis distance to the nearest class (Lee et al., 2018, arXiv 1807.03888), with a covariance that few images suffice for."""

    root: Tensor
    centres: Tensor

    def __init__(self, embedding: np.ndarray, labels: np.ndarray) -> None:
        super().__init__()
        means = np.stack([embedding[labels == label].mean(axis=0) for label in np.unique(labels)])
        spread = LedoitWolf(store_precision=False, assume_centered=True).fit(
            embedding - means[np.searchsorted(np.unique(labels), labels)]
        )
        values, vectors = np.linalg.eigh(spread.covariance_)
        root = vectors / np.sqrt(np.maximum(values, 1e-8 * max(values.max(), 1e-8)))
        self.register_buffer("root", torch.from_numpy(root.astype(np.float32)))
        self.register_buffer("centres", torch.from_numpy((means @ root).astype(np.float32)))

    def forward(self, logits: Tensor, embedding: Tensor) -> Tensor:
        return -self.squared(embedding).sqrt()

    def squared(self, embedding: Tensor) -> Tensor:
        apart = (embedding @ self.root).unsqueeze(1) - self.centres
        return apart.square().sum(dim=2).amin(dim=1)


class Relative(nn.Module):
    """How much nearer an image is to a class than to all images as one: the relative Mahalanobis distance (Ren et al., 2021, arXiv 2106.09022).

    The squared distance to the mean of all images, less that to the nearest class: what is as unusual among all images as within a class
    cancels out.
    """

    def __init__(self, classes: Distance, embedding: np.ndarray) -> None:
        super().__init__()
        self.classes, self.all = classes, Distance(embedding, np.zeros(len(embedding), np.int64))

    def forward(self, logits: Tensor, embedding: Tensor) -> Tensor:
        return self.all.squared(embedding) - self.classes.squared(embedding)


class Neighbours(nn.Module):
    """Likeness to one of the nearest training images, as the cosine of their embeddings (Sun et al., 2022, arXiv 2204.06507)."""

    bank: Tensor

    def __init__(self, embedding: np.ndarray) -> None:
        super().__init__()
        chosen = np.random.default_rng(0).permutation(len(embedding))[: min(BANK, REMEMBERED // embedding.shape[1])]
        self.register_buffer("bank", _directions(torch.from_numpy(embedding[np.sort(chosen)])).T.contiguous())
        self.nearest = min(NEIGHBOUR, max(1, len(chosen) // 10))

    def forward(self, logits: Tensor, embedding: Tensor) -> Tensor:
        likeness = _directions(embedding) @ self.bank
        return likeness.topk(self.nearest, dim=1).values[:, -1]


class Scaled(nn.Module):
    """A score in deviations from its mean over validation images."""

    def __init__(self, score: nn.Module, validation: Said) -> None:
        super().__init__()
        self.score = score
        found = score(*(torch.from_numpy(array) for array in validation[:2]))
        self.mean, deviation = float(found.mean()), float(found.std(correction=0))
        self.deviation = deviation if deviation > 1e-6 else 1.0  # of images that all score the same

    def forward(self, logits: Tensor, embedding: Tensor) -> Tensor:
        return (self.score(logits, embedding) - self.mean) / self.deviation


class Both(nn.Module):
    """Two scores on one scale, added: the one notices what the other misses."""

    def __init__(self, first: nn.Module, second: nn.Module, validation: Said) -> None:
        super().__init__()
        self.first, self.second = Scaled(first, validation), Scaled(second, validation)

    def forward(self, logits: Tensor, embedding: Tensor) -> Tensor:
        return self.first(logits, embedding) + self.second(logits, embedding)


class Knownness(nn.Module):
    """A score, and what is taken from it where an image looks like no known one."""

    def __init__(self, score: nn.Module, strangeness: Strangeness, validation: Said) -> None:
        super().__init__()
        self.score, self.strangeness = Scaled(score, validation), strangeness

    def forward(self, logits: Tensor, embedding: Tensor, appearance: Tensor) -> Tensor:
        return self.score(logits, embedding) - STRANGE * self.strangeness(appearance)


def candidates(training: Said, labels: np.ndarray, validation: Said) -> dict[str, Knownness]:
    """The scores, fitted; without the distances where embeddings are very wide.

    Args:
        training: images that the network learnt from, of those `labels`.
        validation: others, which set the scales.
    """
    _logits, embedding, looks = training
    energy, entropy, neighbours = Energy(), Entropy(), Neighbours(embedding)
    scores = {
        "probability": Probability(),
        "energy": energy,
        "entropy": entropy,
        "neighbours": neighbours,
        "both": Both(energy, neighbours, validation),
    }
    if embedding.shape[1] <= WIDEST:
        distance = Distance(embedding, labels)
        relative = Relative(distance, embedding)
        scores |= {
            "distance": distance,
            "relative": relative,
            "entropy and relative": Both(entropy, relative, validation),
        }
    strangeness = Strangeness(looks, validation[2])
    return {kind: Knownness(score, strangeness, validation) for kind, score in scores.items()}


@torch.no_grad()
def score(kind: nn.Module, said: Said) -> np.ndarray:
    """What a score makes of images: `[n]`."""
    return kind(*(torch.from_numpy(array) for array in said)).numpy()


def compare(scores: Mapping[str, nn.Module], known: Said, unknown: Mapping[str, Said]) -> dict[str, dict[str, float]]:
    """How well each score tells each set of unknown images from the known ones: AUROC by score and set."""
    return {
        kind: {name: auroc(score(one, known), score(one, said)) for name, said in unknown.items()}
        for kind, one in scores.items()
    }


def best(compared: Mapping[str, Mapping[str, float]]) -> str:
    """The score that is best where it is worst: nobody knows of which kind the next unknown image is."""
    return max(compared, key=lambda kind: min(compared[kind].values()))


def _directions(embedding: Tensor) -> Tensor:
    return embedding / embedding.norm(dim=1, keepdim=True).clamp(min=1e-6)
