"""The API's answers, and what its description says about calls and errors."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from core.bundle.decoding import MAX_BYTES
from core.serving.uploads import FIELD, MAX_BODY, MAX_FILES

DESCRIPTION = f"""
Verdicts on images by the models of this server: the same that its pages show and `python -m core predict --json` prints.

Every answer carries an `X-Request-ID`: the caller's own if it sent a plain one of at most 64 characters, else a new one. Errors are
JSON with a `detail` for people to read. One call may send {MAX_FILES} images of {MAX_BYTES >> 20} MiB each, {MAX_BODY >> 20} MiB together.
"""


class Model(BaseModel):
    """A model that can answer."""

    id: str = Field(description="Names the model in other calls.", examples=["digits-cnn"])
    name: str = Field(description="What people call it.", examples=["digits-cnn"])
    classes: list[str] = Field(description="All that it knows.", examples=[["cat", "dog"]])


class Models(BaseModel):
    models: list[Model] = Field(description="The newest first, those that come with Vitrine last.")


_PREDICTION = {
    "file": "photo.jpg",
    "verdict": "known",
    "label": "cat",
    "probability": 0.97,
    "knownness": -1.25,
    "probabilities": {"cat": 0.97, "dog": 0.03},
}


class Prediction(BaseModel, extra="allow", json_schema_extra={"example": _PREDICTION}):
    """The verdict on one file, or why it cannot be read."""

    file: str = Field(description="The file's name, as it was sent.")
    error: str | None = Field(None, description="Why the file cannot be read. The other fields are missing then.")
    frames: int | None = Field(None, description="Of what has several pictures, how many: the first one is judged.")
    verdict: Literal["known", "unsure", "unknown"] | None = Field(
        None,
        description="`unknown`: like nothing that the model was trained on. `unsure`: no class is probable enough.",
    )
    label: str | None = Field(None, description="The most probable class.")
    probability: float | None = Field(None, description="Of that class, calibrated.")
    knownness: float | None = Field(
        None, description="How much the image is like the training data: higher is more. Its scale is the model's own."
    )
    probabilities: dict[str, float] | None = Field(None, description="Of every class; their sum is 1.")


class Predictions(BaseModel):
    predictions: list[Prediction] = Field(description="One for each file, in the order they were sent.")


class Problem(BaseModel):
    """Why there is no answer."""

    detail: str = Field(description="A sentence for people.")


_PROBLEMS = {
    400: "The form cannot be read.",
    401: "The key is missing or wrong.",
    403: "A page of another web site calls.",
    404: "There is no such model.",
    408: "The images came too slowly.",
    413: "Too many images, or too large ones together.",
    421: "The server was called by a name that is not its own.",
    422: "The call lacks its images, or the model's files are damaged.",
    429: "Too many calls at once, or too slow ones. `Retry-After` says in how many seconds to try again.",
    500: "A fault of the server. Its log has the details.",
    504: "The images took too long to judge.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a call may be answered with beside 200."""
    return {
        status: {
            "model": Problem,
            "description": _PROBLEMS[status],
            "content": {"application/json": {"example": {"detail": _PROBLEMS[status]}}},
        }
        for status in statuses
    }


# FastAPI would read the body before it asks anything else of a call, so the form is read by core.serving.uploads and
# described here. `binary` is what makes the page of documentation offer a file.
FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [FIELD],
                    "properties": {
                        FIELD: {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "minItems": 1,
                            "maxItems": MAX_FILES,
                            "description": "One or more images: JPEG, PNG, WebP, AVIF, HEIC, GIF, BMP or TIFF.",
                        }
                    },
                }
            }
        },
    }
}
