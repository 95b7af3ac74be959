"""The HTTP API: the models that can answer, and their verdicts on images. Mounted at ``/api``.

The answers are the ones that the command line prints and the pages show: the same functions make them. Whatever can refuse a call
does so before its body is read: first who calls, then whether there is a place, then which model.
"""

import time
from pathlib import PurePath
from typing import Annotated

from fastapi import Depends, HTTPException, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from fastapi_offline import FastAPIOffline
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from core.bundle.predictor import Predictor
from core.errors import VitrineError
from core.runs.library import find_run
from core.runs.store import Run
from core.serving.access import Access
from core.serving.admission import Admission
from core.serving.judging import Judging
from core.serving.metrics import REGISTRY, count_images
from core.serving.models import predictor, servable
from core.serving.recording import ID, Recording
from core.serving.schema import DESCRIPTION, FORM, Model, Models, Prediction, Predictions, problems
from core.serving.settings import Settings
from core.serving.uploads import images_of

UNKNOWN = {"run_unknown": "model_unknown", "run_none_finished": "model_latest_missing"}

settings = Settings.from_environment()
access = Access(settings)
admission = Admission(settings.concurrency)
with_key = [Depends(access.key)] if settings.key else []
needs_key = (401,) if settings.key else ()

# FastAPI's own page of documentation loads its scripts from another host.
api = FastAPIOffline(
    title="Vitrine",
    description=DESCRIPTION,
    redoc_url=None,
    redirect_slashes=False,  # it would send callers on who are not to be answered at all
    favicon_url="/app/static/vitrine.svg",
    dependencies=[Depends(access.host), Depends(access.origin)],
    responses=problems(403, 421, 500),
    middleware=[
        Middleware(Recording),
        Middleware(
            CORSMiddleware,
            allow_origins=settings.origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "X-API-Key", ID],
            expose_headers=[ID, "Retry-After", "Server-Timing"],
        ),
    ],
)


@api.exception_handler(VitrineError)
async def _say(request: Request, error: VitrineError) -> JSONResponse:
    status = 404 if error.code in (*UNKNOWN.values(), "bundle_missing") else 422
    # Where the server keeps its files is nobody's business.
    told = {key: PurePath(value).name if key == "path" else value for key, value in error.params.items()}
    return JSONResponse({"detail": str(VitrineError(error.code, **told))}, status_code=status)


@api.get("/v1/models", dependencies=with_key, responses=problems(*needs_key))
def list_models() -> Models:
    """The trained models that can answer."""
    return Models(models=[Model(id=run.id, name=run.name, classes=list(classes)) for run, classes in servable()])


@api.post(
    "/v1/models/{model_id}/predict",
    response_model_exclude_unset=True,
    dependencies=[*with_key, Depends(admission.place)],
    responses=problems(400, *needs_key, 404, 408, 413, 422, 429, 504),
    openapi_extra=FORM,
)
async def predict(
    model_id: Annotated[str, Path(description="The model's id, its unique name, or `latest`.", examples=["latest"])],
    request: Request,
    response: Response,
) -> Predictions:
    """A verdict for each image, in order; a file that cannot be read has `error` instead.

    The header `Server-Timing` says how many milliseconds went into receiving the images, waiting for other calls, and judging.
    """
    run, model = await run_in_threadpool(_opened, model_id)
    began = time.perf_counter()
    async with images_of(request, settings.timeout) as files:
        work = Judging(model, files, settings.timeout)
        try:
            answers = await admission.run(work, settings.timeout)
        except TimeoutError:
            if work.begun - work.asked > settings.timeout / 2:  # others had the time
                raise admission.busy(settings.timeout) from None
            raise HTTPException(
                504, f"The images were not judged within {settings.timeout:g} seconds. Send fewer, or smaller ones."
            ) from None
    count_images(run.id, answers)
    response.headers["Server-Timing"] = ", ".join(
        f"{name};dur={1000 * seconds:.1f}"
        for name, seconds in (
            ("receive", work.asked - began),
            ("wait", work.begun - work.asked),
            ("judge", work.done - work.begun),
        )
    )
    return Predictions(predictions=[Prediction(**answer) for answer in answers])


@api.get("/metrics", dependencies=with_key, include_in_schema=False)
def metrics() -> Response:
    """The figures for Prometheus. ``server.py`` answers ``/metrics`` with it."""
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)


def _opened(model_id: str) -> tuple[Run, Predictor]:
    try:
        run = find_run(model_id)
    except VitrineError as error:
        if error.code not in UNKNOWN:
            raise
        raise VitrineError(UNKNOWN[error.code], name=model_id) from None
    return run, predictor(run)
