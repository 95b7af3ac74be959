"""The HTTP API: the models that can answer, and their verdicts on images. Mounted at ``/api``.

The answers are the ones that the command line prints and the pages show: the same functions make them.
"""

from collections.abc import Callable
from typing import Annotated

from fastapi import HTTPException, Request, UploadFile
from fastapi.responses import JSONResponse
from fastapi_offline import FastAPIOffline
from pydantic import BaseModel
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.bundle.decoding import MAX_BYTES
from core.errors import VitrineError
from core.runs.library import find_run
from core.serving.models import predict_all, predictor, read_image, servable

MAX_FILES = 64
MAX_BODY = MAX_FILES * (MAX_BYTES + 4096)  # bytes, with what a form says around each file

# FastAPI's own page of documentation loads its scripts from another host.
api = FastAPIOffline(
    title="Vitrine",
    description="Predictions by the models of this gallery.",
    redoc_url=None,
    favicon_url="/app/static/vitrine.svg",
)


class BodyLimit:
    """Reads no more of a body than one call may send. FastAPI has a limit too, but does not answer in JSON."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        told = int(Headers(scope=scope).get("content-length", 0)) if scope["type"] == "http" else 0
        read = 0

        async def counted() -> Message:
            nonlocal read
            if told <= MAX_BODY:
                message = await receive()
                read += len(message.get("body", b""))
                if read <= MAX_BODY:
                    return message
            raise HTTPException(413, f"The body has more than the {MAX_BODY >> 20:,} MiB that one call may send.")

        await self.app(scope, counted, send)


api.add_middleware(BodyLimit)


class Model(BaseModel):
    id: str
    name: str
    classes: list[str]


class Models(BaseModel):
    models: list[Model]


class Prediction(BaseModel, extra="allow"):
    file: str
    error: str | None = None
    verdict: str | None = None
    label: str | None = None
    probability: float | None = None
    knownness: float | None = None
    probabilities: dict[str, float] | None = None


class Predictions(BaseModel):
    predictions: list[Prediction]


@api.exception_handler(VitrineError)
async def _say(request: Request, error: VitrineError) -> JSONResponse:
    status = 404 if error.code in ("run_unknown", "bundle_missing", "run_none_finished") else 422
    return JSONResponse({"detail": str(error)}, status_code=status)


@api.exception_handler(Exception)
async def _apologise(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": "Something went wrong here. The server's log has the details."}, status_code=500)


@api.get("/v1/models")
def list_models() -> Models:
    """The trained models that can answer: the newest first, those that come with Vitrine last."""
    return Models(models=[Model(id=run.id, name=run.name, classes=list(model.classes)) for run, model in servable()])


@api.post("/v1/models/{model_id}/predict", response_model_exclude_unset=True)
def predict(model_id: str, files: Annotated[list[UploadFile], "one or more images"]) -> Predictions:
    """A verdict for each image, in order; a file that cannot be read has `error` instead."""
    if len(files) > MAX_FILES:
        raise HTTPException(413, f"{len(files)} files are more than the {MAX_FILES} that one call may send.")
    sources = [(file.filename or f"file {number}", _reader(file)) for number, file in enumerate(files, 1)]
    answers = predict_all(predictor(find_run(model_id)), sources)
    return Predictions(predictions=[Prediction(**answer) for answer in answers])


def _reader(file: UploadFile) -> Callable[[], bytes]:
    return lambda: read_image(file.file, file.size or 0)
