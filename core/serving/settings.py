"""What whoever runs the server may decide about its API, by environment variables. docs/api.md explains them."""

import os
import re
from dataclasses import dataclass

from core.errors import VitrineError

TIMEOUT = 60.0  # seconds

_HOST = re.compile(r"[\w.-]+")
_ORIGIN = re.compile(r"[a-z][a-z\d+.-]*://[^/?#\s*]+/?")


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
            VitrineError: ``api_key_invalid``, ``api_concurrency_invalid``, ``api_timeout_invalid``, ``api_host_invalid`` or
                ``api_origin_invalid``.
        """
        return cls(
            key=_key(os.environ.get("VITRINE_API_KEY")),
            concurrency=_concurrency(os.environ.get("VITRINE_API_CONCURRENCY")),
            timeout=_timeout(os.environ.get("VITRINE_API_TIMEOUT")),
            hosts=_listed("VITRINE_API_HOSTS", _HOST, "api_host_invalid"),
            origins=tuple(
                origin.rstrip("/") for origin in _listed("VITRINE_API_ORIGINS", _ORIGIN, "api_origin_invalid")
            ),
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


def _listed(variable: str, form: re.Pattern[str], code: str) -> tuple[str, ...]:
    """What stands between the commas, in small letters."""
    values = [value.strip() for value in os.environ.get(variable, "").split(",") if value.strip()]
    for value in values:
        if not form.fullmatch(value.lower()):
            raise VitrineError(code, value=value)
    return tuple(value.lower() for value in values)
