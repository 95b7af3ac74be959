"""Around each call: an id that caller and log share, its figures for Prometheus, and an answer in JSON whatever happens."""

import logging
import re
import time
import uuid

from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.serving.metrics import count_call

ID = "X-Request-ID"
GONE = 499  # nginx' number for a caller that did not wait for the answer
_SANE = re.compile(r"[A-Za-z0-9._:/+=-]{1,64}")  # fits a line of a log, and cannot forge one

_log = logging.getLogger(__name__)


class Recording:
    """The outermost layer of the API."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name = _request_id(scope)
        status = 0
        started = time.perf_counter()

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[ID] = name
            await send(message)

        try:
            await self._app(scope, receive, answer)
        except ClientDisconnect:
            status = GONE
        except Exception:
            _log.exception("%s %s failed. Request %s", scope["method"], scope["path"], name)
            if status:  # too late for another answer: the connection ends within this one
                raise
            apology = {"detail": f"Something went wrong here. The server's log has the details of request {name}."}
            await JSONResponse(apology, 500)(scope, receive, answer)
        else:
            if status >= 500:
                _log.error("%s %s was answered with %s. Request %s", scope["method"], scope["path"], status, name)
        finally:
            count_call(_route(scope), scope["method"], status, time.perf_counter() - started)


def _request_id(scope: Scope) -> str:
    """The caller's own if it is a plain word, else a new one."""
    told = Headers(scope=scope).get(ID, "")
    return told if _SANE.fullmatch(told) else uuid.uuid4().hex


def _route(scope: Scope) -> str:
    """The template of the path; everything that is no call of the API counts as one."""
    route = scope.get("route")
    return route.path if isinstance(route, APIRoute) else "other"
