"""How much an image is like the training data: several scores, of which the best on validation images goes into the graph."""

from collections.abc import Mapping

import numpy as np
import torch
from sklearn.covariance import LedoitWolf
from torch import Tensor, nn

from core.bundle.unknowns import auroc

BANK = 1000  # training images that are remembered as neighbours
REMEMBERED = 1 << 18  # numbers that the graph grows by for them, at most: a megabyte
WIDEST = 1024  # features of an embedding, beyond which their covariance would cost more than it tells
NEIGHBOUR = 10  # the one whose likeness counts; of few images, an earlier one
KINDS = ("probability", "energy", "neighbours", "both", "distance")


class Probability(nn.Module):
    """The largest probability (Hendrycks & Gimpel, 2016, arXiv 1610.02136)."""

    def forward(self, logits: Tensor, embedding: Tensor) -> Tensor:
        return torch.softmax(logits, dim=1).amax(dim=1)


class Energy(nn.Module):
    """High where some class speaks up, low where none does (Liu et al., 2020, arXiv 2010.03759)."""

    def forward(self, logits: Tensor, embedding: Tensor) -> Tensor:
        return torch.logsumexp(logits, dim=1)


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
        apart = (embedding @ self.root).unsqueeze(1) - self.centres
        return -apart.square().sum(dim=2).amin(dim=1).sqrt()


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


class Both(nn.Module):
    """Energy and neighbours on one scale, added: the one notices what no class claims, the other what looks like nothing seen."""

    scale: Tensor

    def __init__(self, first: nn.Module, second: nn.Module, logits: Tensor, embedding: Tensor) -> None:
        super().__init__()
        self.first, self.second = first, second
        scores = torch.stack([first(logits, embedding), second(logits, embedding)])
        self.register_buffer("scale", torch.stack([scores.mean(1), scores.std(1).clamp(min=1e-6)], 1))

    def forward(self, logits: Tensor, embedding: Tensor) -> Tensor:
        first, second = self.first(logits, embedding), self.second(logits, embedding)
        return (first - self.scale[0, 0]) / self.scale[0, 1] + (second - self.scale[1, 0]) / self.scale[1, 1]


def candidates(
    training: tuple[np.ndarray, np.ndarray, np.ndarray], validation: tuple[np.ndarray, np.ndarray]
) -> dict[str, nn.Module]:
    """The scores, fitted; without the distance where embeddings are very wide.

    Args:
        training: logits, embeddings and labels of training images.
        validation: logits and embeddings of validation images: they set the scale on which two scores are added.
    """
    _logits, embedding, labels = training
    energy, neighbours = Energy(), Neighbours(embedding)
    both = Both(energy, neighbours, *(torch.from_numpy(array) for array in validation))
    scores = {"probability": Probability(), "energy": energy, "neighbours": neighbours, "both": both}
    return scores | ({"distance": Distance(embedding, labels)} if embedding.shape[1] <= WIDEST else {})


@torch.no_grad()
def score(kind: nn.Module, said: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """What a score makes of logits and embeddings: `[n]`."""
    return kind(*(torch.from_numpy(array) for array in said)).numpy()


def compare(
    scores: Mapping[str, nn.Module],
    known: tuple[np.ndarray, np.ndarray],
    unknown: Mapping[str, tuple[np.ndarray, np.ndarray]],
) -> dict[str, dict[str, float]]:
    """How well each score tells each set of unknown images from the known ones: AUROC by score and set.

    Args:
        known, unknown: logits and embeddings.
    """
    return {
        kind: {name: auroc(score(one, known), score(one, said)) for name, said in unknown.items()}
        for kind, one in scores.items()
    }


def best(compared: Mapping[str, Mapping[str, float]]) -> str:
    """The score that is best over all sets: each stands for others of its kind, and none is known to matter more."""
    return max(compared, key=lambda kind: sum(compared[kind].values()))


def _directions(embedding: Tensor) -> Tensor:
    return embedding / embedding.norm(dim=1, keepdim=True).clamp(min=1e-6)
