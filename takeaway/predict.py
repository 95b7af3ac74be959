"""Verdicts on images: ``python predict.py FILE...`` prints them as JSON. Needs onnxruntime, pillow and numpy, and no network."""

import json
import sys
from pathlib import Path
from typing import IO, Any

import onnxruntime
from PIL import Image, UnidentifiedImageError

from preprocess import looks, read_square

Image.MAX_IMAGE_PIXELS = 50_000_000  # Pillow refuses images of more than twice as many
session = onnxruntime.InferenceSession(Path(__file__).with_name("model.onnx"), providers=["CPUExecutionProvider"])
about = json.loads(session.get_modelmeta().custom_metadata_map["vitrine"])
side, reading = about["side"], about.get("reading", {})


def predict(name: str, file: IO[bytes] | str) -> dict[str, Any]:
    """The verdict on an image, open or by its path, or why it cannot be read."""
    try:
        seen = looks(read_square(file, side, **reading), side, reading.get("zooms", (1.0,)))
    except Exception as error:  # Pillow throws almost anything at a damaged file
        unknown = isinstance(error, UnidentifiedImageError)
        return {"file": name, "error": "This is no image that can be read here." if unknown else str(error)}
    outputs = session.run(["probabilities", "knownness"], {"images": seen})
    probabilities, knownness = (rows.mean(axis=0) for rows in outputs)
    told = {"label": about["classes"][probabilities.argmax()], "probability": float(probabilities.max())}
    sure = "known" if told["probability"] >= about["probability_threshold"] else "unsure"
    verdict = sure if knownness >= about["knownness_threshold"] else "unknown"
    each = dict(zip(about["classes"], probabilities.tolist(), strict=True))
    return {"file": name, "verdict": verdict, **told, "knownness": float(knownness), "probabilities": each}


if __name__ == "__main__":
    if not sys.argv[1:]:
        sys.exit(__doc__)
    print(json.dumps([predict(path, path) for path in sys.argv[1:]]))
