"""What Prometheus reads at ``/metrics``. No label takes a value that a stranger can make up: each would be kept for ever."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from core.messages import MESSAGES

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

REQUESTS = Counter("vitrine_api_requests", "Answered calls.", ["route", "method", "status"], registry=REGISTRY)
LATENCY = Histogram(
    "vitrine_api_request_seconds",
    "From the head of a call to the end of its answer.",
    ["route", "method"],
    buckets=SECONDS,
    registry=REGISTRY,
)
IN_FLIGHT = Gauge("vitrine_api_predictions_in_flight", "Calls for a prediction that were let in.", registry=REGISTRY)
REFUSED = Counter("vitrine_api_refused", "Calls that were refused, and why.", ["reason"], registry=REGISTRY)
IMAGES = Counter("vitrine_api_images", "Images that were judged.", ["model", "verdict"], registry=REGISTRY)
REJECTED = Counter("vitrine_api_images_rejected", "Files that could not be read, and why.", ["code"], registry=REGISTRY)

METHODS = ("GET", "HEAD", "POST", "OPTIONS")
REASONS = {401: "key", 403: "origin", 408: "slow", 413: "large", 421: "host", 429: "busy"}

# An answer has the sentence of why a file cannot be read, not its code.
_SENTENCES = {
    code: re.compile(re.sub(r"\\\{.*?\\\}", ".*", re.escape(sentence)))
    for code, sentence in MESSAGES.items()
    if code.startswith("image_") or code == "not_an_image"
}


def count_call(route: str, method: str, status: int, seconds: float) -> None:
    """An answered call, by the route's template and not by its path."""
    method = method if method in METHODS else "other"
    REQUESTS.labels(route, method, str(status)).inc()
    LATENCY.labels(route, method).observe(seconds)
    if status in REASONS:
        REFUSED.labels(REASONS[status]).inc()


def count_images(model: str, answers: Iterable[Mapping[str, Any]]) -> None:
    """The verdicts of a model that exists, by its id, and the files without one."""
    for answer in answers:
        if "error" in answer:
            REJECTED.labels(_code(answer["error"])).inc()
        else:
            IMAGES.labels(model, answer["verdict"]).inc()


def _code(sentence: str) -> str:
    return next((code for code, form in _SENTENCES.items() if form.fullmatch(sentence)), "other")
