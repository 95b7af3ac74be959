"""The HTTP API as a program meets it: one image a call, over HTTP, by a model that comes with Vitrine."""

import io
import re
import time

import httpx
import numpy as np
from PIL import Image

from bench.figures import Bench, Figure, percentile
from tests.processes import serving

MODEL = "cifar10-article-cnn"
PHOTO_TARGETS = (60.0, 150.0)  # ms, p50 and p99 on the server
SMALL_TARGET = 8.0  # ms, p50
CALLS, FIRST = 200, 10  # the first ones start the decoders, and do not count


def measure(bench: Bench, calls: int = CALLS) -> list[Figure]:
    photo, small = _photo(), _small()
    with serving(bench.home) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        judged, answered = zip(*_times(client, photo, calls), strict=True)
        _judged, small_answered = zip(*_times(client, small, calls), strict=True)
    median, slowest, typical = percentile(judged, 0.5), percentile(judged, 0.99), percentile(small_answered, 0.5)
    return [
        Figure(
            name="a photo of 12 megapixels by the API, from bytes to verdict, p50 and p99",
            target=f"at most {PHOTO_TARGETS[0]:g} and {PHOTO_TARGETS[1]:g} ms",
            measured=f"{median:.1f} and {slowest:.1f} ms (the whole call: {percentile(answered, 0.5):.1f} ms, p50)",
            sample=f"{calls} calls, one after the other",
            conditions=f"JPEG of {len(photo) / 1e6:.1f} MB; {MODEL}; decoding and network, as the server times them",
            reached=median <= PHOTO_TARGETS[0] and slowest <= PHOTO_TARGETS[1],
        ),
        Figure(
            name="an image of 32 × 32 pixels by the API, p50",
            target=f"at most {SMALL_TARGET:g} ms",
            measured=f"{typical:.1f} ms (p99 {percentile(small_answered, 0.99):.1f} ms)",
            sample=f"{calls} calls, one after the other",
            conditions=f"PNG; {MODEL}; the whole call, as the caller on the same machine sees it",
            reached=typical <= SMALL_TARGET,
        ),
    ]


def _times(client: httpx.Client, image: bytes, calls: int) -> list[tuple[float, float]]:
    """Of each call the milliseconds of judging on the server, and of the whole for the caller."""
    times = []
    for _ in range(FIRST + calls):
        since = time.perf_counter()
        answer = client.post(f"/api/v1/models/{MODEL}/predict", files={"files": ("photo", image)})
        took = 1000 * (time.perf_counter() - since)
        assert "verdict" in answer.raise_for_status().json()["predictions"][0]
        judged = re.search(r"judge;dur=([\d.]+)", answer.headers["Server-Timing"])
        assert judged is not None
        times.append((float(judged[1]), took))
    return times[FIRST:]


def _photo() -> bytes:
    """As a phone makes it: soft forms, and the noise of its sensor."""
    random = np.random.default_rng(0)
    soft = Image.fromarray(random.integers(0, 256, (12, 16, 3), dtype=np.uint8)).resize((4032, 3024))
    noise = random.normal(0, 6, (3024, 4032, 1))
    file = io.BytesIO()
    Image.fromarray((np.asarray(soft) + noise).clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=90)
    return file.getvalue()


def _small() -> bytes:
    file = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()
