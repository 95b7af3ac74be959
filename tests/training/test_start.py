"""Where a run may start from is settled when it is submitted, and what cannot be is said there."""

import shutil
from dataclasses import fields, replace
from pathlib import Path

import pytest

from core.bundle.format import RECIPE
from core.data.exporting import export_zip
from core.data.importing import import_zip
from core.data.renaming import rename
from core.data.versions import get_dataset
from core.errors import VitrineError
from core.models.layers import Shape
from core.runs import jobs
from core.runs.store import Run, store
from core.training.presets import make_recipe
from core.training.start import BODY, check_unseen, settled, start_run
from tests.data.making import pack, two_classes
from tests.pages.looking import remember

DIGITS = get_dataset("digits")


@pytest.fixture
def own_run(trained_home: Path, home: Path) -> Run:
    """The finished run in a home of the test's own."""
    shutil.copytree(trained_home, home)
    return store().find("a-run")


def test_a_recipe_that_starts_from_nothing_stays_as_it_is(home: Path) -> None:
    assert settled(make_recipe("mlp"), DIGITS) == make_recipe("mlp")


@pytest.mark.parametrize("reference", ["latest", "a-run"])
def test_a_run_gives_its_body_and_is_remembered_by_its_id(trained_run: Run, reference: str) -> None:
    recipe = settled(make_recipe("transfer", start=reference, width=512), DIGITS)
    assert recipe.start == trained_run.id
    assert (recipe.family, recipe.image_side, recipe.width) == ("case-study", 32, trained_run.recipe["width"])
    assert settled(recipe, DIGITS) == recipe


def test_a_published_network_is_taken_at_its_own_side(home: Path) -> None:
    recipe = settled(make_recipe("transfer", start="torchvision:vit-b-16"), DIGITS)
    assert (recipe.family, recipe.image_side, recipe.start) == ("vit-b-16", 224, "torchvision:vit-b-16")


def test_a_recipe_that_needs_a_start_says_so(home: Path) -> None:
    with pytest.raises(VitrineError, match="start=RUN, or one of: torchvision:resnet18, torchvision:resnet50"):
        settled(make_recipe("transfer"), DIGITS)


def test_an_unknown_start_is_named(trained_run: Run) -> None:
    with pytest.raises(VitrineError, match="There is no run “nobody”"):
        settled(make_recipe("transfer", start="nobody"), DIGITS)
    with pytest.raises(VitrineError, match="no pre-trained network “resnet19” here. Choose one of: resnet18, "):
        settled(make_recipe("transfer", start="torchvision:resnet19"), DIGITS)


def test_a_run_without_a_model_is_refused(home: Path) -> None:
    remember("unborn", "failed")
    with pytest.raises(VitrineError, match="“unborn” is failed and has no model yet"):
        settled(make_recipe("transfer", start="unborn"), DIGITS)


def test_a_damaged_source_is_refused(own_run: Run) -> None:
    (own_run.bundle / RECIPE).write_text("{")
    with pytest.raises(VitrineError, match="“recipe.json” of this bundle was altered"):
        settled(make_recipe("transfer", start="a-run"), DIGITS)
    (own_run.bundle / RECIPE).unlink()
    with pytest.raises(VitrineError, match="“recipe.json” is missing"):
        settled(make_recipe("transfer", start="a-run"), DIGITS)


def test_too_few_images_are_counted(home: Path) -> None:
    few = replace(DIGITS, counts=DIGITS.counts | {"train": {"cat": 9, "dog": 2}})
    with pytest.raises(VitrineError, match="The class “dog” has 2 training images; 3 are needed"):
        settled(make_recipe("transfer", start="torchvision:resnet18"), few)


def test_a_source_that_was_deleted_while_the_run_waited_is_still_found(own_run: Run) -> None:
    jobs.delete(own_run.id)
    assert start_run(own_run.id).bundle.is_dir()
    with pytest.raises(VitrineError, match="There is no run “nobody”"):
        start_run("nobody")


def test_all_that_a_network_is_rebuilt_from_is_taken_over() -> None:
    assert {field.name for field in fields(Shape)} - {"classes", "side"} <= {*BODY}


def test_a_network_has_seen_images_that_it_learnt_from_whatever_they_are_called(own_run: Run, tmp_path: Path) -> None:
    recipe = make_recipe("transfer", start="a-run")
    export_zip(DIGITS, tmp_path / "scans.zip", lambda done, total: None)
    pack(tmp_path / "pets.zip", two_classes())
    scans, pets = (
        import_zip(name, tmp_path / f"{name}.zip", None, lambda done, total: None, lambda: False)
        for name in ("scans", "pets")
    )
    for dataset in (DIGITS, rename("scans", "figures"), scans):
        with pytest.raises(VitrineError, match="learnt from") as error:
            check_unseen(recipe, dataset)
        assert error.value.code == "start_has_seen"
    check_unseen(recipe, pets)


def test_where_the_images_are_gone_the_name_says_whether_a_network_has_seen_them(
    own_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = make_recipe("transfer", start="a-run")
    gone = replace(own_run, spec=own_run.spec | {"data_version": 9})
    monkeypatch.setattr("core.training.start.start_run", lambda reference: gone)
    with pytest.raises(VitrineError, match="learnt from"):
        check_unseen(recipe, replace(DIGITS, name="digits-corrected", counts={}))
    check_unseen(recipe, replace(DIGITS, name="pets"))
