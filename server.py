"""What ``make run`` serves: the dashboard, ``/healthz``, ``/metrics`` and the HTTP API, in one process.

The API's libraries are imported at its first call: the first page must not wait for them.
"""

import gc
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

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


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    Settings.from_environment()  # a wrong one is said now, not to the API's first caller
    launcher.adopt()
    gc.freeze()  # as warming.py explains
    threading.Thread(target=warm_up, name="warm-up", daemon=True).start()
    yield


app = st.App(
    Path(__file__).with_name("streamlit_app.py"),
    routes=[Route("/healthz", healthz), Route("/metrics", api), Mount("/api", app=api)],
    lifespan=lifespan,
)
