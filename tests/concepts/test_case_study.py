"""Which images the case study can be trained on, which run shows it, and what is shown of it."""

from pathlib import Path

import pytest

from core.concepts.case_study import CLASSES, IMAGES, NAME, held_out, latest, suitable
from core.data.imageset import hold_out, load_split
from core.data.lookup import dataset_of
from core.errors import VitrineError
from core.runs.store import Run
from core.training.presets import PRESETS, make_recipe
from tests.pages.looking import remember


def test_the_preset_is_what_the_case_says() -> None:
    recipe = PRESETS[NAME]
    assert (recipe.family, recipe.image_side, recipe.train_images) == (NAME, 32, IMAGES)
    assert CLASSES == 10


def test_an_empty_store_has_images_for_it(home: Path) -> None:
    assert [dataset.name for dataset in suitable()] == ["digits"]


def test_the_newest_run_shows_it_but_the_chosen_one_rather(own_run: Run) -> None:
    other = remember("something-else", recipe=make_recipe("article-cnn"))
    working = remember("at-work", "queued")
    runs = [working, other, own_run]
    assert latest([]) is None and latest([other]) is None
    assert latest(runs[1:]) == own_run
    assert latest(runs, own_run) == own_run and latest(runs[1:], other) == own_run


def test_a_run_that_left_no_model_does_not_show_it(home: Path) -> None:
    assert latest([remember("broken", "failed")]) is None


def test_its_steps_are_shown_on_images_that_it_never_learnt_from(trained_run: Run) -> None:
    pixels, labels, classes = held_out(trained_run)
    images = load_split(dataset_of(trained_run), "train", 32)
    recipe = trained_run.recipe
    _train, validation = hold_out(images.labels, recipe["validation_share"], recipe["seed"], recipe["train_images"])
    own = {images.pixels[place].tobytes(): images.labels[place] for place in validation}
    assert len(pixels) == 12 and classes == images.classes
    assert [own[image.tobytes()] for image in pixels] == labels.tolist()


def test_without_its_images_it_says_so(own_run: Run) -> None:
    (own_run.folder / "samples.jsonl").unlink()
    with pytest.raises(VitrineError, match="not here"):
        held_out(own_run)
