"""The model as an HTTP server that answers as Vitrine does: ``uvicorn serve:app --port 8000``."""

import json
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from predict import predict

MAX_FILES = 64
MAX_BODY = 256 << 20  # bytes

model = json.loads(Path(__file__).with_name("model.json").read_text(encoding="utf-8"))  # its id, name and classes


async def healthz(request: Request) -> JSONResponse:
    return JSONResponse({"status": "ok"})


async def models(request: Request) -> JSONResponse:
    return JSONResponse({"models": [model]})


async def predictions(request: Request) -> JSONResponse:
    """A verdict on each image of the form's field `files`."""
    if request.path_params["model"] not in (model["id"], model["name"], "latest"):
        raise HTTPException(404, f"There is one model here: “{model['id']}”.")
    if "content-length" not in request.headers:
        raise HTTPException(411, "Send the length of the body (Content-Length).")
    if int(request.headers["content-length"]) > MAX_BODY:
        raise HTTPException(413, f"The body has more than {MAX_BODY >> 20} MiB. Send fewer images at once.")
    async with request.form(max_files=MAX_FILES) as form:
        files = [value for value in form.getlist("files") if isinstance(value, UploadFile)]
        if not files:
            raise HTTPException(422, "Send images as the field “files” of a form (multipart/form-data).")
        named = [(file.filename or f"file {number}", file.file) for number, file in enumerate(files, 1)]
        answers = await run_in_threadpool(lambda: [predict(name, file) for name, file in named])
    return JSONResponse({"predictions": answers})


async def problem(request: Request, error: Exception) -> JSONResponse:
    """Errors are JSON too."""
    if isinstance(error, HTTPException):
        return JSONResponse({"detail": error.detail}, error.status_code, error.headers)
    return JSONResponse({"detail": "Something went wrong here. The server's log has the details."}, 500)


app = Starlette(
    routes=[
        Route("/healthz", healthz),
        Route("/api/v1/models", models),
        Route("/api/v1/models/{model}/predict", predictions, methods=["POST"]),
    ],
    exception_handlers={HTTPException: problem, Exception: problem},
)
