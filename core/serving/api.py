"""The HTTP API: the models that can answer, and their verdicts on images. Mounted at ``/api``.

The answers are the ones that the command line prints and the pages show: the same functions make them.
"""

from typing import Annotated

from fastapi import FastAPI, HTTPException, Request, UploadFile
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from core.bundle.decoding import MAX_BYTES
from core.bundle.predictor import predict_files
from core.errors import VitrineError
from core.runs.store import Run, exists, store
from core.serving.models import predictor, servable

MAX_FILES = 64

api = FastAPI(title="Vitrine", description="Predictions by the models of this gallery.", docs_url="/docs")


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


@api.get("/v1/models")
def list_models() -> Models:
    """The trained models, newest first."""
    return Models(
        models=[Model(id=run.id, name=run.name, classes=list(predictor(run).classes)) for run in servable()],
    )


@api.post("/v1/models/{model_id}/predict", response_model_exclude_unset=True)
async def predict(model_id: str, files: Annotated[list[UploadFile], "one or more images"]) -> Predictions:
    """A verdict for each image, in order; a file that cannot be read has `error` instead."""
    if len(files) > MAX_FILES:
        raise HTTPException(413, f"{len(files)} files are more than the {MAX_FILES} that one call may send.")
    for file in files:
        if (file.size or 0) > MAX_BYTES:
            raise HTTPException(413, f"“{file.filename}” is larger than the {MAX_BYTES >> 20} MiB that are allowed.")
    images = [(file.filename or f"file {number}", await file.read()) for number, file in enumerate(files, 1)]
    answers = await run_in_threadpool(lambda: predict_files(predictor(_run(model_id)), images))
    return Predictions(predictions=[Prediction(**answer) for answer in answers])


def _run(model_id: str) -> Run:
    if not exists():
        raise VitrineError("run_unknown", run=model_id)
    return store().find(model_id)
