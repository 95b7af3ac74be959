"""What a bundle is made of: a folder of files, their checksums, and the metadata inside the graph.

model.onnx            the graph: uint8 images in; logits, embedding, probabilities, knownness out
weights.safetensors   the weights alone, for PyTorch
recipe.json           how it was trained
card.md               what it is for, what it was measured on, where it fails
SHA256SUMS            checksums of the four, in the format of `sha256sum`
"""

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import VitrineError

FORMAT = 1
KEY = "vitrine"  # of the graph's metadata
MODEL, WEIGHTS, RECIPE, CARD, SUMS = "model.onnx", "weights.safetensors", "recipe.json", "card.md", "SHA256SUMS"
OUTPUTS = ("logits", "embedding", "probabilities", "knownness")
SEALED = (MODEL, WEIGHTS, RECIPE, CARD)
CONVERTED = (
    MODEL,
    RECIPE,
    CARD,
)  # what a bundle has whose graph was made of another one's: PyTorch's weights are that one's
FP16, INT8, PRUNED = VARIANTS = ("fp16", "int8", "pruned")  # into what a sealed graph can be made


@dataclass(frozen=True)
class Metadata:
    """What a consumer of the graph has to know, stored in the graph.

    Attributes:
        side: height and width of its images in pixels.
        temperature: what the logits are divided by before the softmax, fitted on the validation images.
        knownness: which score of likeness it is (``kind``), and how well each told made-up unknown images from validation images
            (``compared``: AUROC by score and kind of image); empty in bundles before there was a choice, which have the energy.
            ``reach`` is how strange an image may look before any score is lowered; bundles without it do not look at that.
        knownness_threshold: below it, an image is like none of the training data.
        probability_threshold: below it, the winning class is not sure enough.
        reading: how photos are made into what it takes: ``ground``, ``grain`` and ``zooms`` of
            :func:`core.bundle.preprocess.read_square`; empty where they are read plainly.
        dataset: ``name``, ``version`` and ``fingerprint`` of what it was trained on.
        validation: ``accuracy`` and number of images ``n`` on the held-out validation images.
        variant: of a graph that was made of a sealed one: its ``kind``, the checksum ``of`` that one, and ``how`` it was made; else empty.
    """

    classes: tuple[str, ...]
    side: int
    dataset: dict[str, Any]
    recipe: dict[str, Any]
    validation: dict[str, Any] = field(default_factory=dict)
    temperature: float = 1.0
    knownness: dict[str, Any] = field(default_factory=dict)
    knownness_threshold: float = float("-inf")
    probability_threshold: float = 0.0
    reading: dict[str, Any] = field(default_factory=dict)
    variant: dict[str, Any] = field(default_factory=dict)
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    format: int = FORMAT

    @property
    def ground(self) -> str | None:
        """What it learnt drawings on; None if it learnt none."""
        return self.reading.get("ground")

    @property
    def zooms(self) -> Sequence[float]:
        """How close it looks at a photo, each time."""
        return self.reading.get("zooms", (1.0,))

    def verdicts(self, probabilities: np.ndarray, knownness: np.ndarray) -> np.ndarray:
        """What to make of images by their probabilities `[n, classes]` and knownness `[n]`: each ``known``, ``unsure`` or ``unknown``."""
        sure = np.where(probabilities.max(axis=1) >= self.probability_threshold, "known", "unsure")
        return np.where(knownness >= self.knownness_threshold, sure, "unknown")

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Metadata":
        """The metadata of a graph.

        Raises:
            VitrineError: ``bundle_version`` when another Vitrine wrote it, in a format that is not known here.
        """
        fields = json.loads(text)
        if fields.get("format") != FORMAT:
            raise VitrineError("bundle_version", found=str(fields.get("format")), known=FORMAT)
        return cls(**{**fields, "classes": tuple(fields["classes"])})


def write_sums(folder: Path) -> None:
    """Seal the folder: checksums of all its files."""
    files = sorted(path for path in folder.iterdir() if path.name != SUMS)
    (folder / SUMS).write_text("".join(f"{_sha256(path)}  {path.name}\n" for path in files))


def replace_card(folder: Path, text: str) -> None:
    """Put another card into a sealed bundle and seal it again; whoever opens the bundle finds the old one or the new one, whole."""
    aside, old = (folder.with_name(f"{folder.name}.{name}") for name in ("part", "old"))
    for left in (aside, old):
        shutil.rmtree(left, ignore_errors=True)
    shutil.copytree(folder, aside, copy_function=_link)
    (aside / CARD).unlink()
    (aside / CARD).write_text(text, encoding="utf-8")
    (aside / SUMS).unlink()
    write_sums(aside)
    folder.rename(old)
    aside.rename(folder)
    shutil.rmtree(old)


def _link(source: str, target: str) -> None:
    """The same file under another name where the disk can do that: a model may be large."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def check_sums(folder: Path, files: Sequence[str] = SEALED) -> None:
    """Hold the folder's files against what was sealed.

    Args:
        files: that have to be there: :data:`SEALED` or :data:`CONVERTED`.

    Raises:
        VitrineError: ``bundle_incomplete`` naming the first file that is missing or was never sealed, ``bundle_altered``
            naming the first that is not as it was sealed.
    """
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise VitrineError("bundle_incomplete", path=str(folder), file=SUMS) from None
    except UnicodeDecodeError:
        raise VitrineError("bundle_altered", file=SUMS) from None
    sealed = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    for name in files:
        if name not in sealed or not (folder / name).is_file():
            raise VitrineError("bundle_incomplete", path=str(folder), file=name)
        if _sha256(folder / name) != sealed[name]:
            raise VitrineError("bundle_altered", file=name)


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
