"""Verdicts on images: ``python predict.py FILE...`` prints them as JSON. Needs onnxruntime, pillow and numpy, and no network."""

import json
import sys
from pathlib import Path
from typing import IO, Any

import onnxruntime

from preprocess import looks, read_square

session = onnxruntime.InferenceSession(Path(__file__).with_name("model.onnx"), providers=["CPUExecutionProvider"])
about = json.loads(session.get_modelmeta().custom_metadata_map["vitrine"])
side, reading = about["side"], about.get("reading", {})


def predict(name: str, file: IO[bytes] | str) -> dict[str, Any]:
    """The verdict on an image, open or by its path, or why it cannot be read."""
    try:
        seen = looks(read_square(file, side, **reading), side, reading.get("zooms", (1.0,)))
    except Exception as error:  # Pillow throws almost anything at a damaged file
        return {"file": name, "error": str(error) or type(error).__name__}
    outputs = session.run(["probabilities", "knownness"], {"images": seen})
    probabilities = dict(zip(about["classes"], outputs[0].mean(axis=0).tolist(), strict=True))
    knownness = float(outputs[1].mean())
    label, probability = max(probabilities.items(), key=lambda pair: pair[1])
    sure = "known" if probability >= about["probability_threshold"] else "unsure"
    verdict = sure if knownness >= about["knownness_threshold"] else "unknown"
    told = {"verdict": verdict, "label": label, "probability": probability, "knownness": knownness}
    return {"file": name, **told, "probabilities": probabilities}


if __name__ == "__main__":
    print(json.dumps([predict(path, path) for path in sys.argv[1:]]))
