"""Digits drawn as a finger draws them, with the pen of Predict: what ``digits-cnn``, which learnt from scans, makes of them."""

import io
from collections import Counter

import numpy as np
from PIL import Image

from bench.figures import Bench, Figure
from core import paths
from core.bundle.predictor import Predictor
from ui.pad import as_mask
from ui.photos import DRAWING, PEN

MODEL = "digits-cnn"
EACH, ENOUGH = 40, 0.8
Line = list[tuple[float, float]]


def arc(x: float, y: float, width: float, height: float, start: float, end: float) -> Line:
    """A part of an ellipse about (x, y), between two angles in degrees."""
    angles = np.radians(np.linspace(start, end, 24))
    return list(zip(x + width * np.cos(angles), y + height * np.sin(angles), strict=True))


# Each way to draw a digit is a few lines, in a square of one, from its upper left.
WAYS: dict[str, list[list[Line]]] = {
    "0": [[arc(0.5, 0.5, 0.28, 0.4, -90, 270)]],
    "1": [
        [[(0.5, 0.1), (0.5, 0.9)]],
        [[(0.35, 0.28), (0.52, 0.1), (0.52, 0.9)]],
        [[(0.35, 0.28), (0.52, 0.1), (0.52, 0.9)], [(0.33, 0.9), (0.7, 0.9)]],
    ],
    "2": [[[*arc(0.5, 0.33, 0.25, 0.23, -180, 40), (0.25, 0.9), (0.78, 0.9)]]],
    "3": [[arc(0.47, 0.3, 0.25, 0.2, -150, 90) + arc(0.47, 0.7, 0.28, 0.2, -90, 150)]],
    "4": [
        [[(0.6, 0.9), (0.6, 0.1), (0.2, 0.62), (0.8, 0.62)]],
        [[(0.3, 0.1), (0.25, 0.5), (0.75, 0.5)], [(0.7, 0.1), (0.68, 0.9)]],
    ],
    "5": [[[(0.72, 0.1), (0.35, 0.1), (0.3, 0.45), *arc(0.48, 0.65, 0.25, 0.24, -120, 140)]]],
    "6": [[arc(0.75, 0.5, 0.45, 0.42, -100, -180) + arc(0.52, 0.68, 0.23, 0.22, 180, 540)]],
    "7": [[[(0.25, 0.12), (0.75, 0.12), (0.42, 0.9)]]],
    "7 with a bar": [[[(0.25, 0.12), (0.75, 0.12), (0.42, 0.9)], [(0.35, 0.5), (0.72, 0.5)]]],
    "8": [[arc(0.5, 0.3, 0.2, 0.19, 90, 450) + arc(0.5, 0.7, 0.25, 0.21, -90, 270)]],
    "9": [[[*arc(0.5, 0.32, 0.22, 0.22, 0, -360), (0.72, 0.32), (0.68, 0.9)]]],
}


def measure(bench: Bench) -> list[Figure]:
    model = Predictor.open(paths.bundled() / MODEL / "bundle")
    said = {name: _verdicts(model, name) for name in WAYS}
    total = sum(said.values(), Counter())
    each = ", ".join(f"{count['right']} of “{name}”" for name, count in said.items())
    return [
        Figure(
            name="drawn digits",
            target=f"at least {ENOUGH:.0%} named rightly, none wrongly",
            measured=f"{total['right']} named rightly ({each}), {total['wrong']} wrongly; {total['unsure']} not sure; {total['unknown']} unknown",
            sample=f"{total.total()} drawings, {EACH} of each kind",
            conditions=f"{MODEL}; drawn by a program, with slants, sizes and a wobble",
            reached=not total["wrong"] and total["right"] >= ENOUGH * total.total(),
        )
    ]


def _verdicts(model: Predictor, name: str) -> Counter[str]:
    random = np.random.default_rng(1)
    found: Counter[str] = Counter()
    for one in model.judge([drawing(name, random) for _number in range(EACH)]):
        assert isinstance(one, tuple)  # it can be read
        verdict, right = one[1].verdict, one[1].label == name[0]
        found[("right" if right else "wrong") if verdict == "known" else verdict] += 1
    return found


def drawing(name: str, random: np.random.Generator) -> bytes:
    """One of the ways to draw it, white on black, as a PNG file."""
    ways = WAYS[name]
    slant = np.eye(2) * random.uniform(0.6, 0.85) + random.normal(0, 0.06, (2, 2))
    middle = 0.5 + random.uniform(-0.05, 0.05, 2)
    strokes = [
        (np.array(line) - 0.5) @ slant.T + middle + random.normal(0, 0.003, (len(line), 2)).cumsum(axis=0)
        for line in ways[random.integers(len(ways))]
    ]
    ink = as_mask([stroke.tolist() for stroke in strokes], (DRAWING, DRAWING), PEN)
    file = io.BytesIO()
    Image.fromarray(np.round(255 * ink).astype(np.uint8)).save(file, "PNG")
    return file.getvalue()
