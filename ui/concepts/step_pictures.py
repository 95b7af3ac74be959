"""A picture of each of the six steps, drawn from what is stored of the chosen run. The test images stay out of it."""

from dataclasses import dataclass

import numpy as np
import streamlit as st
from PIL import Image

from core.bundle.decoding import Decoded, shared_pool
from core.data.lookup import dataset_of, has_rows_of, images_for
from core.data.versions import Dataset, get_dataset
from core.errors import VitrineError
from core.evaluation.studies import study
from core.runs.library import history
from core.runs.run import Run
from ui.business import USUAL, USUAL_CURRENCY
from ui.concepts.drawing import HEIGHT, WIDTH, arrow, box, dot, drawing, image, line, words
from ui.formats import file_size, money, percent
from ui.i18n import _
from ui.palette import ACCENT, GREY, ORANGE, VERMILLION, faded
from ui.pictures import address

AT_HAND = "digits"  # comes with Vitrine: shown where there is nothing else to show
THUMBNAILS = 12
SEEN = 48  # pixels of a thumbnail at most
ORIGINAL = 160  # pixels of the longer side of an image as it came
SIDE = 32
DOTS = 100
NAMED = 20  # letters that have room beside how many are right


@dataclass(frozen=True)
class Picture:
    """An SVG drawing, and what it shows in words. `note` is said below it: that something else stands in, say."""

    svg: str
    alt: str
    note: str = ""


@dataclass(frozen=True)
class Examples:
    """A few training images: their addresses as a model sees them, the first as it came, its classes and sizes."""

    seen: tuple[str, ...]
    names: tuple[str, ...]
    original: str
    size: tuple[int, int]


def data(run: Run | None) -> Picture:
    """Training images of the run's dataset, class by class; digits stand in for a dataset that is not here."""
    found, note = _examples(run)
    if found is None:
        return Picture(drawing(box(1, 1, WIDTH - 2, HEIGHT - 2, stroke=GREY, dashed=True)), _("No images are here yet"))
    half = THUMBNAILS // 2
    step = 41
    tiles = [
        image(one, (place % half) * step, (place // half) * step, step - 3, step - 3)
        for place, one in enumerate(found.seen)
    ]
    return Picture(
        drawing(*tiles), _("Training images of {names}").format(names=", ".join(dict.fromkeys(found.names))), note
    )


def preprocessing(run: Run | None) -> Picture:
    """One image as it came, and as the model sees it."""
    found, note = _examples(run)
    side = run.recipe["image_side"] if run else SIDE
    if found is None:
        return Picture(drawing(arrow(112, HEIGHT / 2, 36)), _("No images are here yet"))
    width, height = found.size
    return Picture(
        drawing(
            image(found.original, 0, 0, 88, 68),
            words(f"{width} × {height}", 44, 84, "middle"),
            arrow(102, 34, 36),
            image(found.seen[0], 152, 0, 68, 68),
            box(152, 0, 68, 68, stroke=ACCENT),
            words(f"{side} × {side}", 186, 84, "middle"),
        ),
        _("An image of class {name}, {width} × {height} pixels, and the {side} × {side} that the model sees").format(
            name=found.names[0], width=width, height=height, side=side
        ),
        note,
    )


def training(run: Run | None) -> Picture:
    """Validation accuracy over the epochs of the recipe; while it trains, how far it is."""
    left, right, low, high = 38, WIDTH - 64, HEIGHT - 18, 8
    frame = [line([(left, y), (right, y)], faded(GREY, 0.45), 1) for y in (high, low)]
    frame += [words("100%", left - 4, high + 6, "end"), words("0", left - 4, low + 4, "end")]
    if run is None:
        shape = [
            (left + x * (right - left), low - (low - high) * 0.9 * (1 - np.exp(-4 * x))) for x in np.linspace(0, 1, 20)
        ]
        return Picture(drawing(*frame, line(shape, dashed=True)), _("A curve that is still to be trained"))
    values = history(run, "val_accuracy")["val_accuracy"]
    epochs = max(run.recipe["epochs"], len(values), 1)
    points = [
        (left + place / epochs * (right - left), low - value * (low - high))
        for place, (_step, value) in enumerate(values, 1)
    ]
    parts = [*frame, line([(left, low), *points], ACCENT, 2.5)]
    if points:
        (x, y), share = points[-1], percent(values[-1][1])
        parts += [dot(x, y, 4, ACCENT), words(share, x + 8, max(y + 4, 12), bold=True)]
        alt = _("Validation accuracy over {n} epochs, {share} at the end").format(n=len(points), share=share)
    else:
        alt = _("No epoch has ended yet")
    if run.active:
        done = min(run.progress.get("done", 0.0), 1.0)
        parts += [
            box(left, HEIGHT - 9, right - left, 6, faded(GREY, 0.3)),
            box(left, HEIGHT - 9, done * (right - left), 6, ORANGE),
        ]
    return Picture(drawing(*parts), alt)


def evaluation(run: Run | None) -> Picture:
    """A hundred dots for validation images, the wrong ones marked, and the surest mistake among those that were watched."""
    if run is None or run.val_accuracy is None:
        grid = _dots(0, 0)
        return Picture(drawing(*grid), _("A hundred images that no model has judged yet"))
    right = round(run.val_accuracy * DOTS)
    if right == DOTS and run.val_accuracy < 1:
        right -= 1  # it is never without mistakes where there were some
    parts = [
        *_dots(right, DOTS - right),
        words(_("{n} of 100 right").format(n=right), 0, 84),
    ]
    alt = _("Of 100 validation images about {right} are named rightly and {wrong} wrongly").format(
        right=right, wrong=DOTS - right
    )
    if mistake := _mistake(run):
        shown, said, true = mistake
        parts += [image(shown, WIDTH - 70, 1, 68, 68), box(WIDTH - 70, 1, 68, 68, stroke=VERMILLION)]
        named = _("{said}, not {true}").format(said=said, true=true)
        parts += [words(named if len(named) <= NAMED else named[: NAMED - 1] + "…", WIDTH - 2, 84, "end")]
        alt += _("; a validation image of {true} that it took for {said}").format(true=true, said=said)
    return Picture(drawing(*parts), alt)


def deployment(run: Run | None, done: bool) -> Picture:
    """What is in the sealed folder, by size, and how long one image takes where that was measured."""
    if run is None or not done:
        outline = [
            box(0, 6 + 28 * place, length, 18, stroke=GREY, dashed=True) for place, length in enumerate((220, 150, 60))
        ]
        return Picture(drawing(*outline), _("A folder that is still to be sealed"))
    sizes = sorted(((path.stat().st_size, path.name) for path in run.bundle.iterdir()), reverse=True)
    shown = [*sizes[:2], (sum(size for size, _name in sizes[2:]), _("recipe, card, checksums"))]
    parts: list[str] = []
    for place, (size, name) in enumerate(shown):
        parts += [
            words(f"{name} · {file_size(size)}", 0, 11 + 30 * place),
            box(0, 16 + 30 * place, max(3, size / shown[0][0] * (WIDTH - 6)), 7, ACCENT),
        ]
    alt = _("In the folder: {files}").format(files=", ".join(f"{name} {file_size(size)}" for size, name in shown))
    measured = study(run, "variants")
    note = (
        _("{time} ms an image, measured here").format(time=f"{1000 * measured.original.seconds:.2g}")
        if measured
        else ""
    )
    return Picture(drawing(*parts), alt, note)


def business(run: Run | None, done: bool) -> Picture:
    """What a month costs by hand and by the model alone, at the prices that the Business page begins with."""
    if run is None or not done or run.val_accuracy is None:
        outline = [
            box(0, 20 + 38 * place, length, 14, stroke=GREY, dashed=True) for place, length in enumerate((240, 120))
        ]
        return Picture(drawing(*outline), _("Two ways to decide that are still to be priced"))
    by_hand = USUAL.decisions * USUAL.review
    alone = USUAL.decisions * USUAL.mistake * (1 - run.val_accuracy)
    rows = [(_("all by hand"), by_hand, GREY), (_("all by the model, its mistakes"), alone, ACCENT)]
    parts: list[str] = []
    for place, (name, amount, colour) in enumerate(rows):
        price = money(round(amount), USUAL_CURRENCY)
        parts += [
            words(f"{name} · {price}", 0, 14 + 44 * place),
            box(0, 20 + 44 * place, max(3, amount / max(by_hand, alone) * (WIDTH - 6)), 14, colour),
        ]
    terms = _("a month, at {mistake} a mistake and {review} a review").format(
        mistake=money(USUAL.mistake, USUAL_CURRENCY), review=money(USUAL.review, USUAL_CURRENCY)
    )
    said = ", ".join(f"{name} {money(round(amount), USUAL_CURRENCY)}" for name, amount, _colour in rows)
    return Picture(drawing(*parts), f"{said}, {terms}", terms)


def _dots(right: int, wrong: int) -> list[str]:
    """A hundred dots, five rows of twenty."""
    colours = [ACCENT] * right + [VERMILLION] * wrong + [faded(GREY, 0.4)] * (DOTS - right - wrong)
    return [dot(5 + 8.4 * (place % 20), 7 + 13 * (place // 20), 3.4, colour) for place, colour in enumerate(colours)]


def _examples(run: Run | None) -> tuple[Examples | None, str]:
    """Images of the run's dataset; digits with a note where that is not here; nothing where not even those can be read."""
    side = run.recipe["image_side"] if run else SIDE
    if run is not None:
        try:
            dataset = images_for(run)
            return _read(dataset.fingerprint, side, dataset), ""
        except VitrineError:
            pass
    try:
        dataset = get_dataset(AT_HAND)
        note = _("Pictured: {data}").format(data=AT_HAND) if run else ""
        return _read(dataset.fingerprint, side, dataset), note
    except VitrineError:
        return None, ""


@st.cache_data(max_entries=16, show_spinner=False)
def _read(fingerprint: str, side: int, _dataset: Dataset) -> Examples:
    """One training image of each class after the other. The fingerprint stands for the dataset in the cache."""
    table = _dataset.manifest("split", "label", "width", "height")
    labels = np.where(table["split"].to_numpy() == "train", table["label"].to_numpy(), -1)
    places = [np.flatnonzero(labels == label) for label in range(len(_dataset.classes))]
    rows = [int(members[turn]) for turn in range(THUMBNAILS) for members in places if turn < len(members)][:THUMBNAILS]
    decoded = shared_pool().decode(_dataset.originals(rows), side, ORIGINAL)
    whole = [(row, one) for row, one in zip(rows, decoded, strict=True) if isinstance(one, Decoded)]
    if not whole or whole[0][1].preview is None:
        raise VitrineError("data_damaged", name=_dataset.name, version=_dataset.version)
    first = whole[0][0]
    return Examples(
        tuple(_small(one.pixels) for _row, one in whole),
        tuple(_dataset.classes[labels[row]] for row, _one in whole),
        address(whole[0][1].preview),
        (int(table["width"][first].as_py()), int(table["height"][first].as_py())),
    )


def _mistake(run: Run) -> tuple[str, str, str] | None:
    """The watched validation image that the run is surest of and wrong about: its address, what was said, what it is."""
    samples = run.samples
    if not samples:
        return None
    latest = samples[max(samples)]
    try:
        dataset = dataset_of(run)
        if not has_rows_of(dataset, run):
            return None
        return _surest_mistake(
            dataset.fingerprint, run.recipe["image_side"], latest.rows, latest.probabilities, dataset
        )
    except (VitrineError, ValueError):
        return None


@st.cache_data(max_entries=16, show_spinner=False)
def _surest_mistake(
    fingerprint: str, side: int, rows: list[int], probabilities: list[list[float]], _dataset: Dataset
) -> tuple[str, str, str] | None:
    shares = np.asarray(probabilities)
    truths = _dataset.manifest("label")["label"].to_numpy()[rows]
    sure = np.where(shares.argmax(axis=1) == truths, 0.0, shares.max(axis=1))
    place = int(sure.argmax())
    if sure[place] == 0:
        return None
    (one,) = shared_pool().decode(_dataset.originals([rows[place]]), side)
    if not isinstance(one, Decoded):
        return None
    return _small(one.pixels), _dataset.classes[int(shares[place].argmax())], _dataset.classes[int(truths[place])]


def _small(pixels: np.ndarray) -> str:
    """The address of a thumbnail: whole pixels where they are few, else averaged."""
    if pixels.shape[0] > SEEN:
        pixels = np.asarray(Image.fromarray(pixels).resize((SEEN, SEEN), Image.Resampling.BOX))
    return address(pixels)
