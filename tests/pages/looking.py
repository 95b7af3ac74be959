"""What the tests of pages share: they read a page, press its buttons, and put runs before it."""

import json
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from core import paths
from core.bundle.decoding import Decoded, shared_pool
from core.data.versions import Dataset
from core.runs import launcher, locks
from core.runs.store import Run, State, store
from core.training.presets import make_recipe
from core.training.recipe import Recipe
from tests import processes
from tests.processes import kill_workers
from ui.pictures import enlarged


def button(app: AppTest, label: str) -> Button:
    """The one button of that name."""
    found = [button for button in app.button if button.label == label]
    assert len(found) == 1, [button.label for button in app.button]
    return found[0]


def labels(app: AppTest) -> set[str]:
    """The names of all buttons on the page itself, those in the sidebar left out."""
    return {button.label for button in app.main.button}


def press(app: AppTest, label: str) -> None:
    button(app, label).click().run()
    assert not app.exception


def click_row(app: AppTest, row: int) -> None:
    """What the browser sends when a row of the page's first table is clicked, for which AppTest has no method."""
    clicked = {"selection": {"rows": [row], "columns": [], "cells": []}}
    states = app._tree.get_widget_states()
    states.widgets.add(id=app.dataframe[0].proto.id, string_value=json.dumps(clicked))
    app._run(states)
    assert not app.exception


def popovers(app: AppTest, label: str) -> list[Any]:
    return [popover for popover in app.get("popover") if popover.proto.popover.label == label]


def words(app: AppTest) -> str:
    """All headings, texts and captions, a line each."""
    kinds = (app.header, app.subheader, app.markdown, app.caption)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def spec(app: AppTest, kind: str) -> Any:
    """What the page's first chart of a kind was told to draw."""
    return json.loads(app.get(kind)[0].proto.spec)


def captions(app: AppTest) -> list[str]:
    return [caption for image in app.image for caption in image.captions]


def addresses(app: AppTest) -> list[str]:
    """The addresses of all pictures, which follow from what is on them."""
    return [address for image in app.image for address in image.value]


def addresses_of(dataset: Dataset, rows: Sequence[int], side: int, seen: int = 32) -> list[str]:
    """The addresses that these images of a dataset have when a page shows them `side` pixels large, to a model that sees `seen`."""

    def draw(pictures: "Sequence[np.ndarray]") -> None:
        import streamlit

        for picture in pictures:
            streamlit.image(picture, width="stretch")

    decoded = shared_pool().decode(dataset.originals(rows), seen)
    pictures = [enlarged(image.pixels, side) for image in decoded if isinstance(image, Decoded)]
    return addresses(AppTest.from_function(draw, args=(pictures,)).run(timeout=60))


@contextmanager
def no_free_slot() -> Iterator[None]:
    """All slots are taken: what is submitted meanwhile is a real process that waits, and is killed in the end."""
    with processes.no_free_slot():
        try:
            yield
        finally:
            kill_workers(paths.home())
            # One that was starting just now does not look like a worker yet.
            while launcher.waiting() or launcher.waiting(launcher.DATA):
                time.sleep(0.01)
                kill_workers(paths.home())


@contextmanager
def held(run: Run) -> Iterator[None]:
    """The run's lock is held meanwhile, as its process would hold it."""
    lock = locks.take(paths.folder("jobs") / f"{run.id}.lock")
    assert lock is not None
    try:
        yield
    finally:
        os.close(lock)


def remember(
    name: str, state: State = "finished", done: int = 0, recipe: Recipe | None = None, again: str | None = None
) -> Run:
    """A run on digits that the store knows, with so many epochs done."""
    recipe = recipe or make_recipe("case-study", epochs=3)
    spec = {"data": "digits", "data_version": 1, "recipe": recipe.model_dump(mode="json"), "again": again}
    run = store().create("train", name, spec)
    for epoch in range(1, done + 1):
        points = {"epoch": epoch, "epochs_done": epoch, "val_loss": 2 - epoch / 10, "val_accuracy": epoch / 10}
        store().log(run.id, [(key, float(value), epoch) for key, value in points.items()])
    store().set_state(run.id, state)
    return store().get(run.id)


def another(run: Run, name: str = "other", **recipe: Any) -> Run:
    """A second finished run like it, but for its name and what is said of its recipe."""
    other = store().create("train", name, {**run.spec, "recipe": run.recipe | recipe})
    shutil.copytree(run.folder, other.folder, dirs_exist_ok=True)
    store().set_result(other.id, run.result)
    store().log(other.id, [("val_accuracy", 0.5, 1), ("epoch", 1.0, 1)])
    store().set_state(other.id, "finished")
    return store().get(other.id)


def newest_run() -> Run:
    return store().runs()[0]


def picked_run(app: AppTest) -> str:
    """The name of the run that all pages speak of."""
    return str(app.sidebar.selectbox(key="run").value)
