"""The surface on which photos get labels: by keys, mouse or touch, without waiting for the server."""

import base64
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from core.data.labelling import Said, Standing, Tray, Waiting
from core.evaluation.facts import sureness
from core.serving.suggesting import Suggestion
from ui.i18n import _

WINDOW = 120  # photos that the browser knows of at a time: it labels on while the next are on their way
AT_ONCE = 1 << 20  # bytes of pictures in one answer: the first has to come soon, and the browser asks for more
LAST = 4  # labels that can be taken back after a reload
MOST = 1000  # things that are said in one batch
FOLDER_NAME = 255  # characters that a class may have: it may have been a folder
KINDS = ("label", "skip", "out", "undo")
KEYS = "1234567890abcdefghijklmnopqrtuvwyz"  # of the classes; S and X mean something else

_SURFACE = st.components.v2.component(
    "labeller",
    html="""<section tabindex="0" role="application">
<div class="sight"><div class="photo"></div><div class="strip" role="group"></div></div>
<div class="choice">
<p class="count"></p><progress class="bar"></progress><p class="note off"></p>
<button type="button" class="accept"><kbd>↵</kbd><span></span></button>
<div class="classes"></div>
<div class="actions"><button type="button" class="undo"><kbd>←</kbd><span></span></button><button type="button" class="skip"><kbd>S</kbd><span></span></button><button type="button" class="out"><kbd>X</kbd><span></span></button></div>
<p class="note last"></p><p class="note agreed"></p><p class="note on"></p>
</div><p class="live" aria-live="polite"></p></section>
""",
    css="""section { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: 1.5rem; padding: 0.75rem; border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); outline: none; position: relative; }
section:focus-within { border-color: var(--st-primary-color); }
section:focus-visible { box-shadow: 0 0 0 1px var(--st-primary-color); }
.photo { height: 22rem; display: grid; place-items: center; background: var(--st-secondary-background-color); border-radius: var(--st-base-radius); overflow: hidden; }
.photo img { width: 100%; height: 22rem; object-fit: contain; }
.photo img.small, .strip img.small { image-rendering: pixelated; }
.photo p { padding: 1rem; text-align: center; }
.strip { display: grid; grid-template-columns: repeat(6, 1fr); gap: 0.5rem; margin-top: 0.5rem; min-height: 3.5rem; }
.strip img { width: 100%; height: 3.5rem; object-fit: cover; border-radius: var(--st-base-radius); opacity: 0.85; background: var(--st-secondary-background-color); }
p { margin: 0; }
.count { font-size: 1.5rem; font-variant-numeric: tabular-nums; }
.bar { appearance: none; width: 100%; height: 0.4rem; margin: 0.25rem 0; border: 0; border-radius: 0.2rem; overflow: hidden; background: var(--st-secondary-background-color); }
.bar::-webkit-progress-bar { background: var(--st-secondary-background-color); }
.bar::-webkit-progress-value { background: var(--st-primary-color); }
.bar::-moz-progress-bar { background: var(--st-primary-color); }
button { font: inherit; color: var(--st-text-color); background: transparent; border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); padding: 0.35rem 0.75rem; min-height: 2.75rem; cursor: pointer; display: flex; gap: 0.6rem; align-items: center; text-align: left; overflow: hidden; }
button:hover:enabled { border-color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
button:disabled { opacity: 0.5; cursor: default; }
button[hidden] { display: none; }
button span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
kbd { font-family: var(--st-code-font); font-size: 0.8rem; min-width: 1.4rem; text-align: center; padding: 0.1rem 0.25rem; border: 1px solid currentColor; border-radius: 0.25rem; opacity: 0.75; }
kbd:empty { visibility: hidden; }
.accept { width: 100%; margin-bottom: 0.75rem; background: var(--st-primary-color); border-color: var(--st-primary-color); color: #fff; }
.accept:disabled { background: transparent; color: var(--st-text-color); border-color: var(--st-border-color); }
.classes { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); gap: 0.5rem; max-height: 19rem; overflow-y: auto; padding: 2px; }
.likely { border-color: var(--st-primary-color); }
.actions { display: flex; flex-wrap: wrap; gap: 0.5rem; margin: 0.75rem 0; }
.actions button { flex: 1 1 auto; padding: 0.35rem 0.5rem; gap: 0.5rem; }
.note { font-size: 0.875rem; opacity: 0.75; min-height: 1.3rem; }
.on { display: none; }
.off { margin-bottom: 0.5rem; }
section:focus-within .off { visibility: hidden; }
section:focus-within .on { display: block; }
.live { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
@media (max-width: 40rem) { .photo, .photo img { height: 16rem; } .strip, .strip img { height: 2.75rem; min-height: 0; } .on, section:focus-within .on, .off { display: none; } .bar { margin-bottom: 1rem; } }
""",
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Sent:
    """A batch from the browser.

    Attributes:
        serial: of the batch.
        said: what was said of photos, oldest first.
        have: photos whose pictures it has.
        head: photos that it will show next.
    """

    serial: str = ""
    said: tuple[Said, ...] = ()
    have: frozenset[str] = frozenset()
    head: tuple[str, ...] = ()


def labeller(
    key: str,
    tray: Tray,
    batch: Sent,
    standing: Standing,
    order: Sequence[str],
    suggestions: Mapping[str, Suggestion],
    *,
    suggesting: bool,
    shares: bool,
    agreed: str,
) -> None:
    """Draw the surface.

    Args:
        batch: what :func:`sent` gave, of which `said` was kept.
        order: photos without a label, as they are to be shown.
        suggesting: whether somebody suggests, now or later.
        shares: whether the shares of suggestions are probabilities, which are then shown.
        agreed: how often suggestions were right, in words.
    """
    photos, pending = standing.photos, set(order)
    head = [digest for digest in batch.head if digest in pending]
    queue = [*head, *(digest for digest in order[: WINDOW + len(head)] if digest not in head)][:WINDOW]
    past = [standing.last[digest] for digest in list(standing.labels)[-LAST:]]
    _SURFACE(
        key=key,
        data={
            "serial": batch.serial,
            "heard": [one.id for one in batch.said],
            "classes": [
                {"name": name, "key": KEYS[place] if place < len(KEYS) else ""}
                for place, name in enumerate(standing.target.classes)
            ],
            "queue": [_shown(photos[digest], suggestions.get(digest), shares) for digest in queue if digest in photos],
            "past": [_shown(photos[one.digest]) | {"kind": one.kind, "chosen": one.label} for one in past],
            "pictures": _pictures(tray, photos, [*queue, *(one.digest for one in past)], batch.have),
            "done": standing.done,
            "total": len(photos),
            "suggesting": suggesting,
            "agreed": agreed,
            "scheme": st.context.theme.type or "light",
            "words": _words(),
        },
        on_sent_change=lambda: None,
    )


def sent(key: str) -> Sent:
    """What the browser sent last; it is checked before it is used."""
    state: Any = st.session_state.get(key) or {}
    given = state.get("sent")
    if not isinstance(given, dict):
        return Sent()
    return Sent(
        str(given.get("serial", ""))[:64],
        tuple(one for thing in _list(given, "said")[:MOST] if (one := _said(thing))),
        frozenset(one for one in _list(given, "have") if isinstance(one, str)),
        tuple(one for one in _list(given, "head")[:WINDOW] if isinstance(one, str)),
    )


def _said(thing: Any) -> Said | None:
    fields = ("id", "digest", "kind", "label", "suggested")
    if not isinstance(thing, dict) or not all(isinstance(thing.get(field), str) for field in fields):
        return None
    one = Said(**{field: thing[field] for field in fields})
    names, ids = (one.label, one.suggested), (one.id, one.digest)
    fits = max(map(len, ids)) <= 64 and max(map(len, names)) <= FOLDER_NAME
    return one if one.kind in KINDS and fits else None


def _list(given: Mapping[str, Any], name: str) -> list[Any]:
    found = given.get(name)
    return found if isinstance(found, list) else []


def _shown(photo: Waiting, suggestion: Suggestion | None = None, shares: bool = False) -> dict[str, str]:
    shown = {"digest": photo.digest, "name": photo.name}
    if suggestion is None:
        return shown
    text = _("{label}, {share}") if shares else "{label}"
    return shown | {
        "label": suggestion.label,
        "suggestion": text.format(label=suggestion.label, share=sureness(suggestion.share)),
    }


def _pictures(
    tray: Tray, photos: Mapping[str, Waiting], wanted: Sequence[str], have: Collection[str]
) -> dict[str, str]:
    """Addresses that a browser shows without asking for anything, of those that it has not."""
    found: dict[str, str] = {}
    for digest in wanted:
        if digest in have or digest not in photos:
            continue
        if sum(map(len, found.values())) > AT_ONCE:
            break
        found[digest] = ""  # asked for once only, whatever became of its file
        with suppress(FileNotFoundError):
            photo = photos[digest]
            form = {".jpg": "jpeg", ".png": "png"}[photo.shown]
            found[digest] = f"data:image/{form};base64,{base64.b64encode(tray.shown(photo)).decode()}"
    return found


def _words() -> dict[str, str]:
    return {
        "title": _(
            "Label photos. Number and letter keys choose a class, Enter takes the suggestion, arrow left takes the last label back, S "
            "skips, X leaves a photo out."
        ),
        "picture": _("Photo {n}, {name}"),
        "none": _("No suggestion"),
        "accept": _("Take the suggestion"),
        "undo": _("Undo"),
        "skip": _("Skip"),
        "out": _("None of these"),
        "outSaid": _("left out"),
        "skipped": _("skipped"),
        "saved": _("Saved: {said}"),
        "undone": _("Taken back"),
        "last": _("Last: {said}"),
        "progress": _("{done} of {total}"),
        "speed": _("{done} of {total} · {n} a minute"),
        "bar": _("Photos that are done"),
        "next": _("The next photos"),
        "loading": _("The next photo is on its way."),
        "finished": _("All photos are labelled. Make a dataset of them below."),
        "on": _(
            "Keys are on: the class's own, Enter for the suggestion, ← to undo, S or the space bar to skip, X for none of these."
        ),
        "off": _("Click here, and label by keyboard."),
    }
