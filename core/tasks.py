"""What one can ask Vitrine to do: the functions behind the buttons and the commands.

They check everything that can be checked before a process is started, so that a mistake is answered where it was made.
"""

import hashlib
import re
import shutil
import unicodedata
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO

import psutil

from core import paths
from core.data.labelled import check_labels
from core.data.labelling import Tray
from core.data.lookup import images_for
from core.data.packing import Photos, by_class, check_enough, packed
from core.data.sources import SOURCES
from core.data.versions import Dataset, check_name, get_dataset
from core.errors import VitrineError
from core.evaluation import fractions, studies
from core.evaluation.labels import check_training_issues
from core.evaluation.unknowns import check_left_out
from core.files import disk_full_told
from core.runs import jobs
from core.runs.store import Run, exists, store
from core.training.cautions import cautions, label_cautions
from core.training.estimate import Estimate
from core.training.presets import PRESETS
from core.training.recipe import Recipe
from core.training.recipes import complete
from core.training.speeds import expect, promise, try_out
from core.training.start import check_unseen, settled, with_body

PHOTOS_NEEDED = 5  # of each class: one is held out to test by, one to validate by


def train(data: str, recipe: Recipe, name: str | None = None, device: str = "auto", again: str | None = None) -> Run:
    """Submit a training run on the newest version of a dataset.

    Args:
        device: ``auto``, ``cpu`` or ``cuda``.
        again: the id of the run whose recipe this one changes, and is to be compared with.

    Raises:
        VitrineError: when there is no such dataset, or the recipe cannot start from what it names.
    """
    dataset = get_dataset(data)
    recipe = settled(recipe, dataset)
    recipe_fields = recipe.model_dump(mode="json")
    spec = {"data": dataset.name, "data_version": dataset.version, "recipe": recipe_fields, "device": device}
    spec |= {"again": again} if again else {}
    spec |= promise(recipe, dataset, store().runs(), device)
    return jobs.submit("train", name or _free_name(f"{_called(recipe)}-{dataset.name}"), spec)


def estimate(data: str, recipe: Recipe, device: str = "auto") -> tuple[Estimate, list[VitrineError]]:
    """What a training run would cost, and what to be warned of. What nobody knows yet is tried out, for some seconds.

    While a run is at work nothing is tried, as both would be slowed down: the answer is a guess then. So it is where the trial
    fails, which is one of the warnings.

    Raises:
        VitrineError: when there is no such dataset, or the recipe cannot start from what it names.
    """
    dataset, runs = get_dataset(data), store().runs() if exists() else []
    recipe = with_body(recipe)
    expected, failures = expect(recipe, dataset, runs, device), []
    if expected.source == "guess" and not any(run.active for run in runs):
        try:
            try_out(recipe, dataset, device)
        except VitrineError as error:
            failures.append(error)
        expected = expect(recipe, dataset, runs, device)
    warnings = failures + cautions(recipe, expected, runs, psutil.virtual_memory().available)
    return expected, warnings + label_cautions(recipe, dataset.classes)


def import_data(name: str, train_zip: Path, test_zip: Path | None = None, *, add: bool = False) -> Run:
    """Submit the import of a ZIP with a folder per class.

    Args:
        add: whether its images are to be added to the newest version, instead of standing alone.

    Raises:
        VitrineError: when the name cannot be one, there is nothing of it to add to, or a file is not there.
    """
    _check_target(name, add)
    files = _there(path for path in (train_zip, test_zip) if path is not None)
    return _submit_import(name, files, uploaded=False, add=add)


def import_uploads(
    name: str, uploads: Sequence[tuple[str, IO[bytes]]], recipe: Recipe | None = None, *, add: bool = False
) -> Run:
    """Submit the import of uploaded ZIPs. They are copied to where the job can read them, and it removes the copies.

    Args:
        uploads: file name and content of the training images, and of the test images if they are apart.
        recipe: of a training run that the job is to submit when the dataset is there.
        add: whether the images are to be added to the newest version, instead of standing alone.

    Raises:
        VitrineError: when the name cannot be one, or the disk is full.
    """
    _check_target(name, add)
    files: list[Path] = []
    with disk_full_told(paths.folder("uploads")):
        try:
            for file_name, stream in uploads:
                folder = paths.folder("uploads") / uuid.uuid4().hex
                folder.mkdir()
                files.append(folder / Path(file_name).name[-100:])
                with open(files[-1], "wb") as copy:
                    shutil.copyfileobj(stream, copy, 1 << 20)
            return _submit_import(name, files, uploaded=True, add=add, recipe=recipe)
        except BaseException:
            for path in files:
                shutil.rmtree(path.parent)
            raise


def learn_classes(photos: Photos, recipe: Recipe) -> Run:
    """Submit the import of photos by class, which submits the training by `recipe` in turn: its result has the run's ``run_id``.

    The photos become the newest version of a dataset that is named after the classes.

    Args:
        photos: file name and content of each photo, by the name of its class.

    Raises:
        VitrineError: when classes or photos are too few, a photo stands under two classes, a name cannot be one, the recipe cannot start
            from what it names, or the disk is full.
    """
    if len(photos) < 2:
        raise VitrineError("classes_few")
    members = by_class(photos)
    check_enough(photos, PHOTOS_NEEDED)
    recipe = with_body(recipe)
    _check_alike(photos)
    with packed(members) as file:
        return import_uploads(_name_of(photos), [("photos.zip", file)], recipe)


def make_labelled() -> Run:
    """Submit the making of a dataset, or of a version of one, of what is labelled in the tray by now.

    Raises:
        VitrineError: as :func:`core.data.labelled.check_labels`.
    """
    tray = Tray()
    check_labels(tray)
    return jobs.submit("label", tray.target.data, {"data": tray.target.data})


def label_files(name: str, photos_zip: Path, labels_csv: Path) -> Run:
    """Submit the making of dataset `name`, or of a version of it, of the photos in a ZIP that a table gives labels.

    Raises:
        VitrineError: ``file_missing``.
    """
    files = _there((photos_zip, labels_csv))
    return jobs.submit("label", name, {"data": name, "files": [str(path) for path in files]})


def _check_alike(photos: Photos) -> None:
    class_of: dict[str, str] = {}
    for name, files in photos.items():
        for file, content in files:
            content.seek(0)
            first = class_of.setdefault(hashlib.sha256(content.read()).hexdigest(), name)
            if first != name:
                raise VitrineError("photo_in_two", file=file, first=first, second=name)


def _name_of(classes: Iterable[str]) -> str:
    """A dataset's name from those of its classes; never one that is taken by anything but the user's own classes."""
    plain = unicodedata.normalize("NFKD", "-".join(classes)).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return f"my-{slug or 'classes'}"[:64]


def _there(files: Iterable[Path]) -> list[Path]:
    """The files by names that hold in another folder too."""
    found = [path.absolute() for path in files]
    for path in found:
        if not path.is_file():
            raise VitrineError("file_missing", path=str(path))
    return found


def _check_target(name: str, add: bool) -> None:
    if add:
        get_dataset(name)
    else:
        check_name(name)


def _submit_import(
    name: str, files: list[Path], *, uploaded: bool, add: bool = False, recipe: Recipe | None = None
) -> Run:
    spec = {"data": name, "files": [str(path) for path in files], "uploaded": uploaded, "add": add}
    return jobs.submit("import", name, spec | ({"then": recipe.model_dump(mode="json")} if recipe else {}))


def measure(run: Run, kind: str) -> Run:
    """Submit a study of a finished run: one of :data:`core.evaluation.studies.KINDS`. One that is under way already is not begun twice.

    Raises:
        VitrineError: ``study_unknown``, ``bundle_missing`` while it has no model, that its images are not here, or why they or the
            recipe do not allow of it.
    """
    if kind not in studies.KINDS:
        raise VitrineError("study_unknown", name=kind, known=", ".join(studies.KINDS))
    if run.active or not run.has_bundle:
        raise VitrineError("bundle_missing", run=run.name, state=run.state)
    check_study(run, kind, images_for(run))
    last = last_study(run, kind)
    return (
        last
        if last and last.active
        else jobs.submit("study", run.name, {"run": run.id, "study": kind, "data": run.data})
    )


def check_study(run: Run, kind: str, dataset: Dataset) -> None:
    """Whether the recipe and the images allow of a study.

    Raises:
        VitrineError: which of them does not, and why.
    """
    checks = {"left-out": check_left_out, "training-labels": check_training_issues}
    if kind in checks:
        checks[kind](complete(run.recipe), dataset)


def last_study(run: Run, kind: str) -> Run | None:
    """The newest job that was to make this study of the run, whatever became of it."""
    return jobs.newest("study", lambda job: (job.spec["run"], job.spec["study"]) == (run.id, kind))


def forecast(data: str, recipe: Recipe, device: str = "auto") -> Run:
    """Submit the trainings of a recipe on fractions of a dataset that have not been done. One that is at it already is not begun twice.

    Raises:
        VitrineError: when there is no such dataset, it is too small, or the recipe cannot start from what it names.
    """
    dataset = get_dataset(data)
    recipe = fractions.to_forecast(settled(recipe, dataset))
    check_unseen(recipe, dataset)
    fractions.trainings(recipe, dataset)
    spec = {"data": dataset.name, "data_version": dataset.version, "recipe": recipe.model_dump(mode="json")}
    last = last_forecast(dataset, recipe)
    return last if last and last.active else jobs.submit("forecast", dataset.name, spec | {"device": device})


def last_forecast(dataset: Dataset, recipe: Recipe) -> Run | None:
    """The newest job that was to train this recipe (as :func:`core.evaluation.fractions.to_forecast` gives it) on fractions of this version."""

    def matches(job: Run) -> bool:
        try:
            return (job.data, job.data_version, complete(job.recipe)) == (dataset.name, dataset.version, recipe)
        except VitrineError:  # its recipe is of a later version
            return False

    return jobs.newest("forecast", matches)


def download_data(name: str) -> Run:
    """Submit the download of a public dataset."""
    if name not in SOURCES:
        raise VitrineError("source_unknown", name=name, known=", ".join(SOURCES))
    return jobs.submit("download", name, {"data": name})


def _called(recipe: Recipe) -> str:
    """The preset that a recipe began with, or its family where that is another by now."""
    begun = PRESETS.get(recipe.preset)
    return recipe.family if begun and not recipe.start and begun.family != recipe.family else recipe.preset


def _free_name(stem: str) -> str:
    taken = {run.name for run in store().runs()}
    number = 1
    while f"{stem}-{number}" in taken:
        number += 1
    return f"{stem}-{number}"
