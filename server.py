"""What ``make run`` serves: the dashboard, ``/healthz``, ``/metrics`` and the HTTP API, in one process.

The API's libraries are imported at its first call: the first page must not wait for them.
"""

import gc
import os
import socket
import stat
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import VitrineError
from core.runs import launcher
from core.serving.settings import Settings
from warming import warm_up


async def healthz(request: Request) -> JSONResponse:
    return JSONResponse({"status": "ok"})


class LazyApi:
    """The API's application, whichever path it is asked at."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (await run_in_threadpool(_load_api))(scope, receive, send)


def _load_api() -> ASGIApp:
    from core.serving.api import api as application

    return application


api = LazyApi()


def answer_at_once() -> None:
    """Switch off Nagle's algorithm for the connections to come: with it the body of an answer waits 40 ms behind its head.

    asyncio does that by itself, but only for sockets that were made with a protocol number, and Streamlit's is not. What is set
    for a listening socket holds for the connections it accepts.
    """
    for name in os.listdir("/dev/fd"):
        try:
            if not stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                continue
            with socket.socket(fileno=os.dup(int(name))) as own:
                if own.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:  # the folder's own descriptor, closed by now, or no TCP
            continue


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    answer_at_once()
    launcher.adopt()
    gc.freeze()  # as warming.py explains
    threading.Thread(target=warm_up, name="warm-up", daemon=True).start()
    yield


class ApiFirst:
    """Gives the API its calls before Streamlit sees them, which refuses some addresses in plain text."""

    ROOT = "/api"

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Starlette's Mount does not match a path with a line break in it.
        if scope["type"] == "http" and scope["path"].startswith(f"{self.ROOT}/"):
            await api({**scope, "root_path": scope.get("root_path", "") + self.ROOT}, receive, send)
        else:
            await self._app(scope, receive, send)


try:
    Settings.from_environment()  # a wrong one is said now, not to the API's first caller
except VitrineError as error:
    sys.exit(str(error))

app = st.App(
    Path(__file__).with_name("streamlit_app.py"),
    routes=[Route("/healthz", healthz), Route("/metrics", api)],
    middleware=[Middleware(ApiFirst)],
    lifespan=lifespan,
)
