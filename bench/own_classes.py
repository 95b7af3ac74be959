"""One's own classes: from the last photo that was given to a verdict by the server, with a model that comes with Vitrine as base."""

import io
import time

import httpx
import numpy as np
from PIL import Image

from bench.figures import Bench, Figure, spread
from core import tasks
from core.data.imageset import load_split
from core.data.versions import get_dataset
from core.runs import jobs
from core.training.presets import make_recipe
from tests.processes import serving

TARGET = 60.0
ROUNDS = 3
CLASSES, PHOTOS, SIDE = (1, 4, 7), 20, 400
BASE = "digits-cnn"


def measure(bench: Bench) -> list[Figure]:
    with serving(bench.home) as server:
        seconds = [_seconds(server.url, number) for number in range(ROUNDS)]
    return [
        Figure(
            name="three classes of twenty photos: last upload → a served verdict",
            target=f"at most {TARGET:g} s",
            measured=f"{spread(seconds, '{:.1f}')} s",
            sample=f"{ROUNDS} rounds; median (range)",
            conditions=f"scans of three digits as PNG files of {SIDE} × {SIDE} pixels; from {BASE}; import, new head, sealing, HTTP answer",
            reached=max(seconds) <= TARGET,
        )
    ]


def _seconds(url: str, number: int) -> float:
    photos = {f"digit {label} of {number}": _photos(label) for label in CLASSES}
    started = time.perf_counter()
    imported = jobs.wait(tasks.learn_classes(photos, make_recipe("transfer", start=BASE)).id)
    run = jobs.wait(imported.result["run_id"])
    (_name, photo), *_others = _photos(CLASSES[0])
    answer = httpx.post(f"{url}/api/v1/models/{run.id}/predict", files={"files": ("photo.png", photo)}, timeout=TARGET)
    answer.raise_for_status()
    return time.perf_counter() - started


def _photos(label: int) -> list[tuple[str, io.BytesIO]]:
    images = load_split(get_dataset("digits"), "train")
    files = []
    for row in np.flatnonzero(images.labels == label)[:PHOTOS]:
        file = io.BytesIO()
        Image.fromarray(np.asarray(images.pixels[row])).resize((SIDE, SIDE)).save(file, "PNG")
        file.seek(0)
        files.append((f"{row}.png", file))
    return files
