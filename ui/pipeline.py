"""The six steps of the pipeline, and where the chosen run stands in each. While the run trains, they move."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import streamlit as st

from core.data.lookup import images_for
from core.errors import VitrineError
from core.runs.library import get_run
from core.runs.store import Run
from ui.formats import duration, file_size, number, percent, plain
from ui.i18n import _
from ui.states import epochs_words, phase_words, state_words

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

TICK = 1.0  # seconds between two looks at a run at work
_PICTURE = 92  # pixels that a picture may be high: room is kept for it, so that nothing moves when it comes

Standing = Literal["done", "active", "todo", "trouble"]

_ICONS: dict[Standing, str] = {
    "done": ":material/check_circle:",
    "active": ":material/sync:",
    "todo": ":material/radio_button_unchecked:",
    "trouble": ":material/error:",
}
# Filled nodes carry their own ink, so that they read on light and dark ground alike.
_STYLES: dict[Standing, str] = {
    "done": "fill:#0072B2,stroke:#0072B2,color:#ffffff",
    "active": "fill:#E69F00,stroke:#E69F00,color:#1b1a17",
    "todo": "stroke-dasharray:5 4",
    "trouble": "fill:#A84A00,stroke:#A84A00,color:#ffffff",
}


@dataclass(frozen=True)
class Step:
    """One step: what it is called, where the run stands in it in one line, and the page where it happens.

    `figure` is the shortest way to say where the run stands: the diagram has room for it. `query` is what the page opens with.
    """

    name: str
    standing: Standing
    line: str
    page: str
    link: str
    figure: str = ""
    query: Mapping[str, str] = field(default_factory=dict)


def steps(run: Run | None) -> list[Step]:
    """The six steps, for a run, or for a visitor who has none yet."""
    done = _done(run)
    data = _data(run)
    return [
        data,
        _preprocessing(run, data),
        _training(run),
        _evaluation(run, done),
        _deployment(run, done),
        _business(run, done),
    ]


def living(run: Run | None) -> None:
    """The diagram and a card a step, with pictures; they follow a run at work, in place."""
    if run is None or not run.active:
        _exhibit(run)
        return

    def look() -> None:
        try:
            now = get_run(run.id)
        except VitrineError:
            st.rerun()  # it was deleted in another window
        if not now.active:
            st.rerun()  # the picker and the tabs speak of it too
        _exhibit(now)

    st.fragment(look, run_every=TICK)()


def _exhibit(run: Run | None) -> None:
    stations = steps(run)
    chart, tiles = st.columns([2, 7], gap="large")
    with chart:
        _diagram(stations)
    with tiles:
        rooms = _cards(stations)
    _pictures(run, rooms)


def _diagram(stations: list[Step]) -> None:
    """The steps as a flow chart, top to bottom, coloured by where the run stands."""
    lines = ["flowchart TB"]
    for index, step in enumerate(stations):
        # A figure that changes while one looks is for the card: the diagram would be drawn anew each time, and flicker.
        figure = step.figure if step.standing != "active" else ""
        label = _escaped(step.name) + (f"<br/>{_escaped(figure)}" if figure else "")
        lines.append(f'  s{index}["{label}"]')
        lines.append(f"  style s{index} {_STYLES[step.standing]}")
    lines += [f"  s{index} --> s{index + 1}" for index in range(len(stations) - 1)]
    st.mermaid_chart(
        "\n".join(lines),
        alt=_("Flow chart: {steps}").format(steps=", ".join(f"{step.name}: {step.line}" for step in stations)),
    )


def _cards(stations: list[Step]) -> list["DeltaGenerator"]:
    """A card a step: its state, room for its picture, one line, the link to its page. The rooms are filled later."""
    rooms = []
    with st.grid(2, min_column_width=260, gap="small"):
        for number_, step in enumerate(stations, 1):
            with st.container(border=True, height="stretch", gap="xsmall"):
                st.markdown(f"{_ICONS[step.standing]} **{number_} · {step.name}**")
                rooms.append(st.container(height=_PICTURE, border=False))
                st.markdown(plain(step.line))
                rooms.append(st.container())
                st.space("stretch")
                st.page_link(step.page, label=step.link, icon=":material/arrow_forward:", query_params=step.query)
    return rooms


def _pictures(run: Run | None, rooms: list["DeltaGenerator"]) -> None:
    """Pictures come after all words: reading an image takes longer than reading its name."""
    from ui.concepts import step_pictures as drawn

    done = _done(run)
    draw: list[Callable[[], drawn.Picture]] = [
        lambda: drawn.data(run),
        lambda: drawn.preprocessing(run),
        lambda: drawn.training(run),
        lambda: drawn.evaluation(run),
        lambda: drawn.deployment(run, done),
        lambda: drawn.business(run, done),
    ]
    for place, picture_of in enumerate(draw):
        picture = picture_of()
        rooms[2 * place].image(picture.svg, width=drawn.WIDTH, alt=picture.alt)
        if picture.note:
            rooms[2 * place + 1].caption(picture.note)


def _done(run: Run | None) -> bool:
    return run is not None and run.has_bundle and not run.active


def _data(run: Run | None) -> Step:
    page, name = "pages/data.py", _("Data input")
    if run is None:
        line = _("1,797 scanned digits come with Vitrine. Your own images: one ZIP, a folder per class.")
        return Step(name, "todo", line, page, _("Look at the data"))
    try:
        dataset = images_for(run)
    except VitrineError:
        if run.bundled:
            learnt_from = number(run.result["train_images"] + run.result["validation_images"])
            line = _("{data} · learnt from {n} images, which do not come with Vitrine").format(
                data=run.data, n=learnt_from
            )
            return Step(name, "done", line, page, _("See the datasets"), _("{n} images").format(n=learnt_from))
        return Step(
            name, "trouble", _("“{data}” is no longer here.").format(data=run.data), page, _("See the datasets")
        )
    line = _("{data} · {n} images in {classes} classes").format(
        data=dataset.name, n=number(dataset.images), classes=len(dataset.classes)
    )
    figure = _("{n} images").format(n=number(dataset.images))
    return Step(name, "done", line, page, _("Look at the data"), figure, {"data": dataset.name})


def _preprocessing(run: Run | None, data: Step) -> Step:
    page, name, link = "pages/data.py", _("Preprocessing"), _("See what the model sees")
    query = {"part": _("Preprocessing"), **data.query}  # of the same images
    if run is None:
        line = _("Crop, resize, scale; set aside images that only validate or test.")
        return Step(name, "todo", line, page, link, query=query)
    side, share = run.recipe["image_side"], run.recipe["validation_share"]
    line = _("{side} × {side} pixels · {share} of the training images held out for validation").format(
        side=side, share=percent(share, 0)
    )
    return Step(name, "done", line, page, link, _("{side} × {side} pixels").format(side=side), query)


def _training(run: Run | None) -> Step:
    page, name = "pages/train.py", _("Training")
    if run is None:
        return Step(name, "todo", _("Choose a recipe and watch it learn."), page, _("Train a model"))
    epochs = run.recipe["epochs"]
    if run.active:
        line = figure = phase_words(run)
        if run.state == "running" and run.progress.get("phase") == "training":
            figure = _("epoch {epoch} of {epochs}").format(epoch=min(run.epoch + 1, epochs), epochs=epochs)
            line = _("{phase}, {epoch}").format(phase=line, epoch=figure)
        return Step(name, "active", line, page, _("Watch it train"), figure)
    figure = line = epochs_words(run)
    if run.state in ("failed", "interrupted"):
        line = _("It ended early: {epochs}.").format(epochs=figure) if epochs else _("It ended early.")
        return Step(name, "trouble", line, page, _("See what happened"), state_words(run.state))
    if seconds := run.result.get("seconds"):
        line = _("{epochs} in {time}").format(epochs=figure, time=duration(seconds))
    return Step(name, "done", line, page, _("See the curves"), figure)


def _evaluation(run: Run | None, done: bool) -> Step:
    page, name = "pages/evaluate.py", _("Evaluation")
    if run is not None and run.val_accuracy is not None and (done or run.active):
        share = percent(run.val_accuracy)
        figure = _("{share} validation").format(share=share)
        if done:
            line = _("{share} right on validation images; the test set has a page of its own").format(share=share)
            return Step(name, "done", line, page, _("See where it errs"), figure)
        line = _("{share} right on validation images so far").format(share=share)
        return Step(name, "active", line, page, _("See where it errs"), figure)
    return Step(name, "todo", _("Find out what it gets wrong, on images it never saw."), page, _("Evaluate"))


def _deployment(run: Run | None, done: bool) -> Step:
    page, name = "pages/deploy.py", _("Deployment")
    if run is None or not done:
        return Step(name, "todo", _("One sealed folder that predicts anywhere."), page, _("Deploy"))
    size = file_size(sum(path.stat().st_size for path in run.bundle.iterdir()))
    return Step(name, "done", _("Sealed bundle, {size}").format(size=size), page, _("Take it away"), size)


def _business(run: Run | None, done: bool) -> Step:
    page, name = "pages/business.py", _("Business")
    if run is None or not done:
        return Step(name, "todo", _("Put a price on its mistakes, and see what it saves."), page, _("Count the money"))
    return Step(name, "done", _("Ready to be priced: what does a mistake cost you?"), page, _("Count the money"))


def _escaped(text: str) -> str:
    """Text that Mermaid takes for text: whatever is neither letter, digit nor space becomes a character code."""
    return "".join(sign if sign.isalnum() or sign == " " else f"#{ord(sign)};" for sign in text)
