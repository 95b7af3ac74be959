"""Many photos: judged a few at a time with progress and a stop, then a table to sort, filter and take away."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from core.bundle.decoding import Rejected
from core.bundle.predictor import Answer, Predictor
from core.errors import VitrineError
from core.runs.run import Run
from ui.formats import cell, duration, number, plain
from ui.i18n import _, ngettext
from ui.photos import Photo
from ui.pictures import address
from ui.states import message
from ui.verdicts import KINDS, as_shown, kind_name, sentence
from ui.visit import JUDGED

TOGETHER = 16  # photos in memory at once
STEP, PAUSE = 0.5, 0.05  # seconds of work at a time, and until the next
THUMBNAIL = 96  # pixels of its longer side
WARNED = 3  # photos that cannot be read, each told by a box of its own
ABSENT = "–"  # in a cell that has nothing to say
_STOPPED = "judging-stopped"


@dataclass(frozen=True)
class Judgement:
    """A photo and what came of it: an answer, or why there is none."""

    photo: Photo
    mark: str  # of the model that judged it
    sha256: str
    answer: Answer | None
    trouble: VitrineError | None
    thumbnail: str  # address of a small picture
    seconds: float  # from bytes to verdict

    @property
    def kind(self) -> str:
        return self.answer.verdict if self.answer else "error"


def judge(model: Predictor, run: Run, photos: Sequence[Photo]) -> list[Judgement]:
    """What came of each, as far as it was looked at. What was judged once in this visit is not judged again."""
    mark = f"{run.id} {model.metadata.created} {model.metadata.variant}"
    known: dict[tuple[str, str], Judgement] = st.session_state.setdefault(JUDGED, {})
    keys = {(mark, photo.key): photo for photo in photos}
    for key in known.keys() - keys.keys():
        del known[key]
    waiting = {key: photo for key, photo in keys.items() if key not in known}
    stopped = st.session_state.get(_STOPPED, False)
    if len(waiting) > TOGETHER and not stopped:
        st.fragment(_step, run_every=PAUSE)(model, mark, photos)
        return []
    if waiting and not stopped:
        _judge(model, mark, list(waiting.values()), known)
        waiting = {}
    judged = [known[key] for key in keys if key in known]
    if waiting:
        text = _("Stopped: {n} of {total} were not looked at.")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(text.format(n=number(len(waiting)), total=number(len(photos))))
            st.button(_("Go on"), icon=":material/play_arrow:", on_click=_stop, args=(False,))
        return judged
    st.session_state[_STOPPED] = False  # the next ones are another matter
    if answered := sum(one.answer is not None for one in judged):
        text = ngettext(
            "{n} photo, from bytes to verdict in {time}", "{n} photos, from bytes to verdict in {time}", answered
        )
        st.caption(text.format(n=number(answered), time=_took(sum(one.seconds for one in judged))))
    return judged


def troubles(judged: Sequence[Judgement]) -> None:
    """What could not be read, and why."""
    failed = [one for one in judged if one.trouble]
    for one in failed[:WARNED]:
        assert one.trouble
        text = _("**{name}**: {reason}").format(name=plain(one.photo.name), reason=message(one.trouble))
        st.warning(text, icon=":material/broken_image:")
    if len(failed) > WARNED:
        text = _("{n} more could not be read; the table says why.").format(n=len(failed) - WARNED)
        st.warning(text, icon=":material/broken_image:")


def table(model: Predictor, judged: Sequence[Judgement]) -> Judgement | None:
    """The photos, one line each; the one that was chosen, or the first."""
    counts = {kind: sum(one.kind == kind for one in judged) for kind in (*KINDS, "error")}
    wanted = st.pills(
        _("Verdict"),
        [kind for kind, count in counts.items() if count],
        format_func=lambda kind: f"{kind_name(kind)} · {counts[kind]}",
        selection_mode="multi",
        key="verdicts",
        wrap=True,
    )
    shown = [one for one in judged if not wanted or one.kind in wanted]
    event = st.dataframe(
        pd.DataFrame(
            [_row(one) for one in shown],
            columns=["picture", "verdict", "guess", "probability", "file", "reason", "knownness"],
        ),
        hide_index=True,
        row_height=56,
        height=min(560, 40 + 56 * max(1, len(shown))),
        column_config={
            "picture": st.column_config.ImageColumn("", width="small"),
            "verdict": st.column_config.TextColumn(_("Verdict")),
            "guess": st.column_config.TextColumn(_("Best guess")),
            "probability": st.column_config.ProgressColumn(
                _("Probability"), format="percent", min_value=0.0, max_value=1.0
            ),
            "file": st.column_config.TextColumn(_("File")),
            "reason": st.column_config.TextColumn(_("Reason")) if counts["error"] else None,
            "knownness": st.column_config.NumberColumn(
                _("Knownness"),
                format="%.2f",
                help=_("Higher: more like the training images. Below {threshold}, the verdict is “unknown”.").format(
                    threshold=f"{model.metadata.knownness_threshold:.2f}"
                ),
            ),
        },
        placeholder=ABSENT,
        on_select="rerun",
        selection_mode="single-row",
        key=f"verdict-table-{'-'.join(wanted)}",  # a choice is of a row, and rows are others after another filter
        alt=_("A verdict for each photo"),
    )
    text = _("CSV of {n} photos") if len(shown) == len(judged) else _("CSV of {n} of {total} photos")
    st.download_button(
        text.format(n=number(len(shown)), total=number(len(judged))),
        lambda: as_csv(shown),
        "verdicts.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
        help=_("The photos above, each with its SHA-256, its verdict and all probabilities."),
        key="verdicts-csv",
    )
    chosen = [row for row in event.selection.rows if row < len(shown)]
    readable = [one for one in shown if one.answer]
    return shown[chosen[0]] if chosen else readable[0] if readable else None


def as_csv(judged: Sequence[Judgement]) -> str:
    """All of it, for a spreadsheet or another program."""
    rows = []
    for one in judged:
        told: dict[str, object] = {"file": cell(one.photo.name), "sha256": one.sha256, "verdict": one.kind}
        if one.answer:
            told |= {
                "label": cell(one.answer.label),
                "probability": one.answer.probability,
                "knownness": one.answer.knownness,
            }
            told |= {
                f"p({name})": share for name, share in zip(one.answer.classes, one.answer.probabilities, strict=True)
            }
        elif one.trouble:
            told |= {"error": message(one.trouble)}
        rows.append(told)
    return pd.DataFrame(rows).to_csv(index=False)


def _step(model: Predictor, mark: str, photos: Sequence[Photo]) -> None:
    """Some of the photos that wait, with a bar and a button to stop by. Small steps, so that Streamlit's own way to stop ends no more than one."""
    known: dict[tuple[str, str], Judgement] = st.session_state[JUDGED]
    waiting = [photo for photo in photos if (mark, photo.key) not in known]
    if not waiting or st.session_state.get(_STOPPED):
        st.rerun()
    done = len(photos) - len(waiting)
    text = _("{done} of {total} photos").format(done=number(done), total=number(len(photos)))
    if spent := sum(one.seconds for one in known.values()):
        text += " · " + _("about {time} left").format(time=duration(spent * len(waiting) / len(known)))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.progress(done / len(photos), text=text, width="stretch")
        st.button(_("Stop"), icon=":material/stop_circle:", on_click=_stop, args=(True,), key="stop-judging")
    began = time.perf_counter()
    for start in range(0, len(waiting), TOGETHER):
        _judge(model, mark, waiting[start : start + TOGETHER], known)
        if time.perf_counter() - began > STEP:
            break


def _judge(model: Predictor, mark: str, photos: Sequence[Photo], known: dict[tuple[str, str], Judgement]) -> None:
    """Look at a few photos, and remember what came of it."""
    began = time.perf_counter()
    files = [photo.read() for photo in photos]
    blobs = [file for file in files if isinstance(file, bytes)]
    answered = iter(model.judge(blobs, THUMBNAIL))
    found = [next(answered) if isinstance(file, bytes) else file for file in files]
    seconds = (time.perf_counter() - began) / len(photos)
    for photo, file, one in zip(photos, files, found, strict=True):
        digest = hashlib.sha256(file).hexdigest() if isinstance(file, bytes) else ""
        if isinstance(one, Rejected):
            judged = Judgement(photo, mark, digest, None, VitrineError(one.code, **one.params), "", seconds)
        else:
            image, answer = one
            assert image.preview is not None  # it was asked for
            judged = Judgement(photo, mark, digest, answer, None, address(image.preview, "JPEG"), seconds)
        known[mark, photo.key] = judged


def _row(one: Judgement) -> tuple[object, ...]:
    if one.answer is None:
        assert one.trouble
        return (one.thumbnail, kind_name("error"), None, None, one.photo.name, message(one.trouble), None)
    return (
        one.thumbnail,
        sentence(one.answer),
        one.answer.label,
        as_shown(one.answer.probability),
        one.photo.name,
        None,
        one.answer.knownness,
    )


def _stop(value: bool) -> None:
    st.session_state[_STOPPED] = value


def _took(seconds: float) -> str:
    return _("{n} ms").format(n=round(1000 * seconds)) if seconds < 1 else duration(seconds)
