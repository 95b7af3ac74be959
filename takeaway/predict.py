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


def predict(name: str, file: IO[bytes]) -> dict[str, Any]:
    """The verdict on one image, or why it cannot be read."""
    try:
        seen = looks(read_square(file, side, **reading), side, reading.get("zooms", (1.0,)))
    except Exception as error:  # Pillow throws almost anything at a damaged file
        return {"file": name, "error": str(error) or type(error).__name__}
    outputs = session.run(["probabilities", "knownness"], {"images": seen})
    probabilities, knownness = outputs[0].mean(axis=0), float(outputs[1].mean())
    if knownness < about["knownness_threshold"]:
        verdict = "unknown"
    else:
        verdict = "known" if probabilities.max() >= about["probability_threshold"] else "unsure"
    return {
        "file": name,
        "verdict": verdict,
        "label": about["classes"][int(probabilities.argmax())],
        "probability": float(probabilities.max()),
        "knownness": knownness,
        "probabilities": dict(zip(about["classes"], probabilities.tolist(), strict=True)),
    }


def predict_path(path: str) -> dict[str, Any]:
    """The verdict on a file of this machine."""
    try:
        with open(path, "rb") as file:
            return predict(path, file)
    except OSError as error:
        return {"file": path, "error": error.strerror or type(error).__name__}


if __name__ == "__main__":
    print(json.dumps([predict_path(path) for path in sys.argv[1:]]))
