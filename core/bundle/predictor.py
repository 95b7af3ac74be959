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
THREADS = min(4, os.cpu_count() or 1)
CHUNK = 64 << 10  # pixels a call: as fast as more, in a quarter of the memory


@dataclass(frozen=True)
class Outputs:
    """What the graph says of `n` images."""

    logits: np.ndarray  # float32 [n, classes]
    embedding: np.ndarray  # float32 [n, d]
    probabilities: np.ndarray  # float32 [n, classes], calibrated
    knownness: np.ndarray  # float32 [n], higher: more like the training data


@dataclass(frozen=True)
class Answer:
    """What the model says of one photo.

    Attributes:
        probabilities: `[classes]`, calibrated; the mean over the photo's views.
        knownness: higher: more like the training data; the mean as well.
    """

    verdict: Verdict
    classes: tuple[str, ...]
    probabilities: np.ndarray
    knownness: float

    @property
    def label(self) -> str:
        return self.classes[int(self.probabilities.argmax())]

    @property
    def probability(self) -> float:
        return float(self.probabilities.max())

    @property
    def ranked(self) -> list[tuple[str, float]]:
        """Classes and their probabilities, the most probable first."""
        order = np.argsort(-self.probabilities, kind="stable")
        return [(self.classes[place], float(self.probabilities[place])) for place in order]


def open_session(graph: str | bytes) -> Any:
    """ONNX Runtime's session over a graph, by the path of its file or by its bytes."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = THREADS
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # a waiting page should not burn a core
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


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
        session = open_session(str(model))
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

    def read(self, files: Sequence[bytes], preview: int | None = None) -> list[Decoded | Rejected]:
        """Each file as this model takes it, or why not, in order.

        Args:
            preview: longest side of a preview of the whole photo; None for none.
        """
        return shared_pool().decode(files, self.side, preview, self.metadata.reading)

    def look(self, photos: Sequence[np.ndarray]) -> list[Answer]:
        """What to make of photos, each uint8 `[s, s, 3]` as :func:`core.bundle.preprocess.read_square` gives them for this model.

        A model of small, tight crops looks at a photo more than once, each time closer; see :data:`core.bundle.preprocess.ZOOMS`.
        """
        if not photos:
            return []
        seen = [self.looks(photo) for photo in photos]
        outputs = self.run(np.concatenate(seen), ("probabilities", "knownness"))
        ends = np.cumsum([len(one) for one in seen])[:-1]
        parts = zip(np.split(outputs.probabilities, ends), np.split(outputs.knownness, ends), strict=True)
        means = [(probabilities.mean(axis=0), float(knownness.mean())) for probabilities, knownness in parts]
        verdicts = self.metadata.verdicts(*(np.array(part) for part in zip(*means, strict=True)))
        return [Answer(verdict, self.classes, *mean) for verdict, mean in zip(verdicts.tolist(), means, strict=True)]

    def judge(self, files: Sequence[bytes], preview: int | None = None) -> list[tuple[Decoded, Answer] | Rejected]:
        """Each file as pixels and what to make of it, or why it cannot be read, in order; `preview` as in :meth:`read`."""
        images = self.read(files, preview)
        answers = iter(self.look([image.pixels for image in images if isinstance(image, Decoded)]))
        return [(image, next(answers)) if isinstance(image, Decoded) else image for image in images]

    def looks(self, photo: np.ndarray) -> np.ndarray:
        """What this model sees of a photo: `[k, side, side, 3]`."""
        from core.bundle.preprocess import looks  # which loads all that reads images: not before it is needed

        return looks(photo, self.side, self.metadata.zooms)


def chunked(pixels: np.ndarray) -> Iterator[np.ndarray]:
    """Images `[n, side, side, 3]` in parts that are looked at together."""
    _n, height, width, _colours = pixels.shape
    size = max(1, CHUNK // (height * width))
    return (pixels[start : start + size] for start in range(0, len(pixels), size))


def predict_files(predictor: Predictor, files: Sequence[tuple[str, bytes]]) -> list[dict[str, Any]]:
    """A verdict on each (name, bytes), as command line and API give it; ``error`` instead where it cannot be read.

    Of what has several pictures, the first is judged; ``frames`` says then how many there are.
    """
    judged = predictor.judge([data for _name, data in files])
    return [
        {"file": name, "error": str(VitrineError(one.code, **one.params))}
        if isinstance(one, Rejected)
        else {"file": name, **({"frames": one[0].frames} if one[0].frames > 1 else {}), **_told(one[1])}
        for (name, _data), one in zip(files, judged, strict=True)
    ]


def _told(answer: Answer) -> dict[str, Any]:
    return {
        "verdict": answer.verdict,
        "label": answer.label,
        "probability": answer.probability,
        "knownness": answer.knownness,
        "probabilities": dict(zip(answer.classes, answer.probabilities.tolist(), strict=True)),
    }
