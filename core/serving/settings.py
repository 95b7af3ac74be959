"""What whoever runs the server may decide about its API, by environment variables. docs/api.md explains them."""

import os
from dataclasses import dataclass

from core.errors import VitrineError

TIMEOUT = 60.0  # seconds


@dataclass(frozen=True)
class Settings:
    """How the API is served.

    Attributes:
        key: what callers must show; None asks for nothing.
        concurrency: predictions at work at once.
        timeout: seconds in which a call's images must come, and then again in which they must be judged.
        hosts: names of this server, beside its addresses and the machine's own name.
        origins: web sites whose scripts may call, such as ``https://shop.example``.
    """

    key: str | None = None
    concurrency: int = 2
    timeout: float = TIMEOUT
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()

    @classmethod
    def from_environment(cls) -> "Settings":
        """What the variables say.

        Raises:
            VitrineError: ``api_key_invalid``, ``api_concurrency_invalid`` or ``api_timeout_invalid``.
        """
        return cls(
            key=_key(os.environ.get("VITRINE_API_KEY")),
            concurrency=_concurrency(os.environ.get("VITRINE_API_CONCURRENCY")),
            timeout=_timeout(os.environ.get("VITRINE_API_TIMEOUT")),
            hosts=tuple(name.lower() for name in _names("VITRINE_API_HOSTS")),
            origins=tuple(origin.lower().rstrip("/") for origin in _names("VITRINE_API_ORIGINS")),
        )


def _key(value: str | None) -> str | None:
    if value and not (value.isascii() and value.isprintable() and value == value.strip()):
        raise VitrineError("api_key_invalid")  # programs disagree on how a header spells other characters
    return value or None


def _concurrency(value: str | None) -> int:
    if not value:
        return max(2, os.cpu_count() or 1)  # one decodes while another is in the network
    try:
        number = int(value)
    except ValueError:
        number = 0
    if number < 1:
        raise VitrineError("api_concurrency_invalid", value=value)
    return number


def _timeout(value: str | None) -> float:
    if not value:
        return TIMEOUT
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise VitrineError("api_timeout_invalid", value=value)
    return seconds


def _names(variable: str) -> list[str]:
    return [name.strip() for name in os.environ.get(variable, "").split(",") if name.strip()]
