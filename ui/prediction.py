"""The parts of the Predict page: photos in, a verdict each, and what it rests on."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from starlette.formparsers import MultiPartParser

from core.bundle.decoding import MAX_BYTES, Decoded, Rejected, shared_pool
from core.bundle.predictor import Predictor
from core.errors import VitrineError
from ui.formats import plain
from ui.i18n import _
from ui.pictures import enlarged
from ui.states import message

TYPES = ["jpg", "jpeg", "png", "webp", "avif", "heic", "heif", "gif", "bmp", "tif", "tiff"]
PREVIEW = 480  # pixels of the photo's longer side on the page
SHOWN = 5  # probabilities shown at first


@dataclass(frozen=True)
class Answer:
    """One photo, decoded and judged."""

    name: str
    decoded: Decoded
    verdict: str
    probabilities: dict[str, float]
    knownness: float

    @property
    def ranked(self) -> list[tuple[str, float]]:
        return sorted(self.probabilities.items(), key=lambda item: -item[1])


def upload() -> list[Any]:
    """The photos that the visitor gives; kept in memory for this visit only."""
    # Starlette would put a photo of more than 1 MB into a temporary file.
    MultiPartParser.spool_max_size = max(MultiPartParser.spool_max_size, MAX_BYTES + 1)
    return st.file_uploader(
        _("Photos"),
        type=TYPES,
        accept_multiple_files=True,
        max_upload_size=MAX_BYTES >> 20,
        help=_("They are looked at in memory and never written to disk."),
        key="photos",
    )


def judge(predictor: Predictor, photos: list[Any]) -> tuple[list[Answer], list[tuple[str, VitrineError]], float]:
    """The answers, the files that could not be read with the reason, and the seconds it took."""
    started = time.perf_counter()
    blobs = [photo.getvalue() for photo in photos]
    results = shared_pool().decode(blobs, predictor.side, PREVIEW, predictor.metadata.ground)
    readable = [(photo.name, image) for photo, image in zip(photos, results, strict=True) if isinstance(image, Decoded)]
    refused = [
        (photo.name, VitrineError(image.code, **image.params))
        for photo, image in zip(photos, results, strict=True)
        if isinstance(image, Rejected)
    ]
    answers = []
    if readable:
        outputs = predictor.run(np.stack([image.pixels for _name, image in readable]))
        for (name, image), probabilities, knownness in zip(
            readable, outputs.probabilities, outputs.knownness, strict=True
        ):
            answers.append(
                Answer(
                    name,
                    image,
                    predictor.verdict(probabilities, float(knownness)),
                    dict(zip(predictor.classes, probabilities.tolist(), strict=True)),
                    float(knownness),
                )
            )
    return answers, refused, time.perf_counter() - started


def show(answer: Answer) -> None:
    """The photo, the verdict and its probabilities, and the image as the model sees it."""
    photo, verdict = st.columns([2, 3], gap="large", vertical_alignment="top")
    with photo:
        assert answer.decoded.preview is not None  # it was asked for
        st.image(answer.decoded.preview, width="stretch", caption=plain(_facts(answer)), alt=answer.name)
    with verdict:
        st.header(plain(sentence(answer)), anchor=False)
        st.caption(explanation(answer))
        bars(answer.ranked[:SHOWN])
        with st.expander(_("As the model sees it"), icon=":material/visibility:"):
            seen, numbers = st.columns([1, 2])
            side = answer.decoded.pixels.shape[0]
            seen.image(
                enlarged(answer.decoded.pixels), width="stretch", alt=_("The photo as the model sees it, very small")
            )
            numbers.caption(
                _(
                    "{side} × {side} pixels: the centre of the photo, made that small. Nothing else reaches the model."
                ).format(side=side)
            )
            bars(answer.ranked)


def sentence(answer: Answer) -> str:
    """The verdict as one would say it."""
    (first, sure), (second, _share) = answer.ranked[:2]
    if answer.verdict == "known":
        return _("{label}, {sure:.0%}").format(label=first, sure=sure)
    if answer.verdict == "unsure":
        return _("{first} or {second}: not sure").format(first=first, second=second)
    return _("None of the things I know")


def explanation(answer: Answer) -> str:
    """What the verdict means."""
    return {
        "known": _("More probable than the least certain 5% of held-out training images. That is no guarantee."),
        "unsure": _("Its best guess is less probable than for 95% of held-out training images. A person should look."),
        "unknown": _(
            "It looks less like the training images than 95% of those held out. Its best guess would mislead."
        ),
    }[answer.verdict]


def bars(ranked: list[tuple[str, float]]) -> None:
    """Probabilities as bars with their numbers."""
    st.dataframe(
        pd.DataFrame(ranked, columns=["class", "probability"]),
        hide_index=True,
        column_config={
            "class": st.column_config.TextColumn(_("Class"), width="small"),
            "probability": st.column_config.ProgressColumn(
                _("Probability"), format="percent", min_value=0.0, max_value=1.0
            ),
        },
        alt=_("Probability of each class, highest first"),
    )


def overview(answers: list[Answer]) -> None:
    """Many photos as a table, one line each."""
    st.dataframe(
        pd.DataFrame(
            [(a.name, sentence(a), a.ranked[0][0], a.ranked[0][1], a.knownness) for a in answers],
            columns=["file", "verdict", "label", "probability", "knownness"],
        ),
        hide_index=True,
        column_config={
            "file": st.column_config.TextColumn(_("File")),
            "verdict": st.column_config.TextColumn(_("Verdict")),
            "label": st.column_config.TextColumn(_("Best guess")),
            "probability": st.column_config.ProgressColumn(
                _("Probability"), format="percent", min_value=0.0, max_value=1.0
            ),
            "knownness": st.column_config.NumberColumn(
                _("Knownness"), format="%.2f", help=_("Higher: more like the training images.")
            ),
        },
        alt=_("A verdict for each photo"),
    )


def refusals(refused: list[tuple[str, VitrineError]]) -> None:
    """What could not be read, and why."""
    for name, error in refused:
        text = _("**{name}**: {reason}").format(name=plain(name), reason=message(error))
        st.warning(text, icon=":material/broken_image:")


def _facts(answer: Answer) -> str:
    facts = [answer.name, f"{answer.decoded.width} × {answer.decoded.height}", answer.decoded.format]
    if answer.decoded.frames > 1:
        facts.append(_("first of {n} frames").format(n=answer.decoded.frames))
    return " · ".join(facts)
