"""The training images that a photo resembles most in the model's own eyes: where its embedding lies among theirs."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.bundle.predictor import Predictor, chunked
from core.data.imageset import ImageSet, hold_out

IMAGES = 5000  # that a photo is compared with, at most
WIDTH = 512  # of what is kept of an embedding


@dataclass(frozen=True)
class Neighbours:
    """Embeddings of some training images.

    Attributes:
        rows: of the dataset's manifest.
        labels: of those images.
        directions: embeddings of length 1, float16 `[n, d]`, `d` at most :data:`WIDTH`, as base64: small enough to lie in a JSON file.
    """

    rows: list[int]
    labels: list[int]
    directions: str

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "Neighbours":
        return cls(**fields)

    def nearest(self, embedding: np.ndarray, count: int) -> list[tuple[int, int, float]]:
        """Row, label and cosine similarity of those nearest to an embedding `[d]`, the nearest first."""
        directions = np.frombuffer(base64.b64decode(self.directions), np.float16).reshape(len(self.rows), -1)
        likeness = directions.astype(np.float32) @ unit_directions(embedding[None])[0]
        return [
            (self.rows[place], self.labels[place], float(likeness[place])) for place in np.argsort(-likeness)[:count]
        ]


def embed(
    predictor: Predictor, images: ImageSet, report: Callable[[float, float], None], stopped: Callable[[], bool]
) -> Neighbours | None:
    """Embed training images, the same share of each class; None when it was stopped.

    Args:
        report: told of images done and in all.
    """
    chosen = hold_out(images.labels, 0.0, 0, IMAGES)[0] if IMAGES < len(images) else np.arange(len(images))
    found: list[np.ndarray] = []
    for part in chunked(np.asarray(images.pixels[chosen])):
        if stopped():
            return None
        found.append(unit_directions(predictor.run(part, ("embedding",)).embedding))
        report(sum(map(len, found)), len(chosen))
    directions = np.concatenate(found).astype(np.float16)
    return Neighbours(
        images.rows[chosen].tolist(),
        images.labels[chosen].tolist(),
        base64.b64encode(directions.tobytes()).decode(),
    )


def unit_directions(embedding: np.ndarray) -> np.ndarray:
    """Embeddings `[n, d]` at length 1. Wide ones are projected at random, which nearly keeps their angles (Johnson & Lindenstrauss, 1984)."""
    if embedding.shape[1] > WIDTH:
        embedding = embedding @ np.random.default_rng(0).standard_normal((embedding.shape[1], WIDTH), np.float32)
    return embedding / np.maximum(np.linalg.norm(embedding, axis=1, keepdims=True), 1e-6)
