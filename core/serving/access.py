"""Who may call the API: whoever has the key, if one is set, and no web site that does not belong here.

A browser sends a form to any address that a web site names, also to one that only this machine can reach. So a page of another
origin is refused, and so is a host name that is not this server's: a site may let its own name point here, and is of the
same origin then (DNS rebinding). An address cannot be borrowed like that.

All of it is asked before a byte of the body is read.
"""

import hmac
import ipaddress
import socket
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import HTTPException, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from core.serving.settings import Settings

BEARER = HTTPBearer(auto_error=False, description="The value of the server's `VITRINE_API_KEY`.")
HEADER = APIKeyHeader(name="X-API-Key", auto_error=False, description="The same, for clients that have no bearer.")


class Access:
    """The checks, as FastAPI dependencies. Each raises the HTTP error that refuses."""

    def __init__(self, settings: Settings) -> None:
        self._key = (settings.key or "").encode()
        self._hosts = {"localhost", socket.gethostname().lower(), *settings.hosts}
        self._origins = settings.origins

    async def host(self, request: Request) -> None:
        """421 where the name by which this server was called is not its own."""
        name = _host_name(request.headers.get("host", ""))
        if not (name in self._hosts or _is_address(name)):
            raise HTTPException(
                421, f"This server does not answer as “{name}”. Whoever runs it can allow that with VITRINE_API_HOSTS."
            )

    async def origin(self, request: Request) -> None:
        """403 where a browser says that a page from elsewhere calls."""
        origin = request.headers.get("origin")
        if origin is None or origin.lower() in self._origins:
            return
        if origin.partition("://")[2] != request.headers.get("host"):
            raise HTTPException(
                403, f"Pages of “{origin}” may not call. Whoever runs the server can allow it with VITRINE_API_ORIGINS."
            )

    async def key(
        self,
        bearer: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)],
        header: Annotated[str | None, Security(HEADER)],
    ) -> None:
        """401 without the key."""
        shown = bearer.credentials if bearer else header or ""
        # The comparison takes the same time however much of the key is right. Headers come as Latin-1.
        if not hmac.compare_digest(shown.encode("latin-1"), self._key):
            raise HTTPException(
                401,
                "This server asks for its key, as “Authorization: Bearer KEY” or “X-API-Key: KEY”.",
                headers={"WWW-Authenticate": "Bearer"},
            )


def _host_name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:  # half of an IPv6 address
        return host


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
