"""Studies are made by a job, kept with the run, and belong to the very bundle that they measured."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from core import tasks
from core.bundle.export import restore
from core.bundle.predictor import Predictor
from core.data.imageset import ImageSet, load_split
from core.data.versions import get_dataset
from core.errors import VitrineError
from core.evaluation.corruptions import CORRUPTIONS, corrupt
from core.evaluation.stress import ADVERSARIAL, Stress, mislead, stress
from core.evaluation.studies import keep, study
from core.evaluation.views import Views, look_often
from core.runs import jobs
from core.runs.store import Run, store
from core.training.batches import to_input
from tests.conftest import RUN_NAME


@pytest.fixture
def own_run(trained_home: Path, home: Path) -> Run:
    shutil.copytree(trained_home, home)
    return store().find(RUN_NAME)


@pytest.fixture
def images(trained_run: Run) -> ImageSet:
    return load_split(get_dataset("digits"), "test").subset(np.arange(0, 360, 3))


def named_rightly(predictor: Predictor, pixels: np.ndarray, images: ImageSet) -> int:
    return int((predictor.run(pixels, ("probabilities",)).probabilities.argmax(axis=1) == images.labels).sum())


def ignore(done: int, total: int) -> None:
    pass


def test_every_harm_is_tried_at_every_severity_on_the_same_images(trained_run: Run, images: ImageSet) -> None:
    predictor, told = Predictor.open(trained_run.bundle), []
    found = stress(
        predictor,
        restore(trained_run.bundle),
        to_input,
        images,
        lambda done, total: told.append((done, total)),
        lambda: False,
    )
    assert found is not None and found.n == 120
    assert found.clean == named_rightly(predictor, np.asarray(images.pixels[:]), images)
    for name in CORRUPTIONS:
        pixels = corrupt(np.asarray(images.pixels[:]), name, 4)
        assert found.correct[name][3] == named_rightly(predictor, pixels, images), name
    assert len(found.correct) == 9 and all(len(counts) == 5 for counts in found.correct.values())
    assert found.correct["translation"][4] < found.clean
    assert told[-1] == (46, 46) and [done for done, _total in told] == list(range(1, 47))
    assert found.accuracy("noise", 0).value == found.clean / 120


def test_the_adversary_does_more_harm_than_noise_of_the_same_size(trained_run: Run, images: ImageSet) -> None:
    model, predictor = restore(trained_run.bundle), Predictor.open(trained_run.bundle)
    pixels = np.asarray(images.pixels[:])
    moved = mislead(model, to_input, pixels, images.labels, 8)
    assert np.abs(moved.astype(int) - pixels.astype(int)).max() == 8
    random = np.random.default_rng(0).choice([-8, 8], pixels.shape)
    noisy = (pixels.astype(int) + random).clip(0, 255).astype(np.uint8)

    assert named_rightly(predictor, moved, images) < named_rightly(predictor, noisy, images) <= len(pixels)


def test_several_looks_are_counted_apart_from_one(trained_run: Run, images: ImageSet) -> None:
    predictor = Predictor.open(trained_run.bundle)
    found = look_often(predictor, images, False, ignore, lambda: False)
    assert found is not None and (found.n, found.views) == (120, 3)
    assert found.plain == named_rightly(predictor, np.asarray(images.pixels[:]), images)
    assert 0 < found.correct <= 120
    mirrored = look_often(predictor, images, True, ignore, lambda: False)
    assert mirrored is not None and mirrored.views == 6


def test_a_study_that_is_stopped_leaves_nothing(trained_run: Run, images: ImageSet) -> None:
    predictor = Predictor.open(trained_run.bundle)
    assert look_often(predictor, images, False, ignore, lambda: True) is None
    assert stress(predictor, restore(trained_run.bundle), to_input, images, ignore, lambda: True) is None


def test_a_job_makes_the_study_and_keeps_it_with_the_run(own_run: Run) -> None:
    assert study(own_run, "views") is None
    job = jobs.wait(tasks.measure(own_run, "views").id)
    assert (job.state, job.kind, job.name) == ("finished", "study", own_run.name)
    found = study(own_run, "views")
    assert isinstance(found, Views) and found.n == 360
    last = tasks.last_study(own_run, "views")
    assert last is not None and last.id == job.id and not last.active
    assert [run.name for run in store().runs()] == [own_run.name]  # it is no training run


@pytest.fixture
def kept(own_run: Run) -> Stress:
    found = Stress(10, 9, {ADVERSARIAL: [5, 4, 3, 2, 1]})
    keep(own_run, "stress", found)
    return found


def test_what_was_kept_comes_back(own_run: Run, kept: Stress) -> None:
    assert study(own_run, "stress") == kept


def test_a_study_of_another_bundle_does_not_count(own_run: Run, kept: Stress) -> None:
    sums = own_run.bundle / "SHA256SUMS"
    sums.write_text(sums.read_text().replace("a", "b").replace("0", "1"))
    assert study(own_run, "stress") is None


def test_a_damaged_study_counts_as_none(own_run: Run, kept: Stress) -> None:
    (own_run.folder / "studies" / "stress.json").write_text('{"n": 10')
    assert study(own_run, "stress") is None


def test_what_is_no_study_is_refused(own_run: Run) -> None:
    with pytest.raises(VitrineError) as caught:
        tasks.measure(own_run, "horoscope")
    assert "stress" in str(caught.value)
