"""Predictions by a bundle, with ONNX Runtime: the one way in which anything here predicts."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from core.bundle.decoding import Decoded, Rejected, shared_pool
from core.bundle.format import KEY, MODEL, OUTPUTS, SEALED, Metadata, check_sums
from core.errors import VitrineError

Verdict = Literal["known", "unsure", "unknown"]
CHUNK = 500 << 10  # pixels a call: enough to be fast, few enough to stay small in memory


@dataclass(frozen=True)
class Outputs:
    """What the graph says of `n` images."""

    logits: np.ndarray  # float32 [n, classes]
    embedding: np.ndarray  # float32 [n, d]
    probabilities: np.ndarray  # float32 [n, classes], calibrated
    knownness: np.ndarray  # float32 [n], higher: more like the training data


class Predictor:
    """An opened bundle. Use :meth:`open`."""

    def __init__(self, session: Any, metadata: Metadata) -> None:
        self._session = session
        self.metadata = metadata

    @classmethod
    def open(cls, folder: Path, files: Sequence[str] = SEALED) -> "Predictor":
        """Check the bundle's checksums and make it ready; `files` as in :func:`core.bundle.format.check_sums`.

        Raises:
            VitrineError: ``bundle_incomplete``, ``bundle_altered`` or ``bundle_version``.
        """
        check_sums(folder, files)
        return cls.load(folder / MODEL)

    @classmethod
    def load(cls, model: Path) -> "Predictor":
        """The graph alone, while its bundle is being made."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = min(4, os.cpu_count() or 1)
        options.add_session_config_entry(
            "session.intra_op.allow_spinning", "0"
        )  # a waiting page should not burn a core
        session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        return cls(session, Metadata.from_json(session.get_modelmeta().custom_metadata_map.get(KEY, "{}")))

    @property
    def classes(self) -> tuple[str, ...]:
        return self.metadata.classes

    @property
    def side(self) -> int:
        return self.metadata.side

    def run(
        self,
        pixels: np.ndarray,
        outputs: Sequence[str] = OUTPUTS,
        report: Callable[[float], None] = lambda share: None,
    ) -> Outputs:
        """Predict images uint8 `[n, side, side, 3]`, in chunks.

        Args:
            outputs: those not asked for are empty.
            report: told what share of the images is done, after each chunk.
        """
        chunks, done = [], 0
        for images in chunked(pixels):
            chunks.append(self._session.run(list(outputs), {"images": np.ascontiguousarray(images)}))
            report((done := done + len(images)) / len(pixels))
        found = dict(zip(outputs, (np.concatenate(parts) for parts in zip(*chunks, strict=True)), strict=True))
        return Outputs(**{name: found.get(name, np.empty(0, np.float32)) for name in OUTPUTS})

    def verdict(self, probabilities: np.ndarray, knownness: float) -> Verdict:
        """What to make of one image's probabilities `[classes]` and knownness."""
        if knownness < self.metadata.knownness_threshold:
            return "unknown"
        return "known" if probabilities.max() >= self.metadata.probability_threshold else "unsure"


def chunked(pixels: np.ndarray) -> Iterator[np.ndarray]:
    """Images `[n, side, side, 3]` in parts that are looked at together."""
    _n, height, width, _colours = pixels.shape
    size = max(1, CHUNK // (height * width))
    return (pixels[start : start + size] for start in range(0, len(pixels), size))


def predict_files(predictor: Predictor, files: Sequence[tuple[str, bytes]]) -> list[dict[str, Any]]:
    """A verdict on each (name, bytes), as command line and API give it; ``error`` instead where it cannot be read."""
    images = shared_pool().decode([data for _name, data in files], predictor.side)
    answers = iter(_answers(predictor, [image.pixels for image in images if isinstance(image, Decoded)]))
    return [
        {"file": name, "error": str(VitrineError(image.code, **image.params))}
        if isinstance(image, Rejected)
        else {"file": name, **next(answers)}
        for (name, _data), image in zip(files, images, strict=True)
    ]


def _answers(predictor: Predictor, pixels: list[np.ndarray]) -> list[dict[str, Any]]:
    if not pixels:
        return []
    outputs = predictor.run(np.stack(pixels), ("probabilities", "knownness"))
    return [
        {
            "verdict": predictor.verdict(probabilities, float(knownness)),
            "label": predictor.classes[int(probabilities.argmax())],
            "probability": float(probabilities.max()),
            "knownness": float(knownness),
            "probabilities": dict(zip(predictor.classes, probabilities.tolist(), strict=True)),
        }
        for probabilities, knownness in zip(outputs.probabilities, outputs.knownness, strict=True)
    ]
