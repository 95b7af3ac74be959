"""The commands about datasets: ``python -m core data --help`` lists them."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from core import tasks
from core.data.corrections import correct, rows_named
from core.data.revisions import change_of, divide, history, make_current
from core.data.versions import check_name, delete_dataset, get_dataset, list_datasets, restore_dataset
from core.errors import VitrineError
from core.terminal import answers, as_json, counter, follow, lines, on_device, show, table


@click.group(
    help="Datasets: import, add to, look into, divide, correct, rename, export and delete them; go back to an earlier version; say how many images one lacks."
)
def data() -> None:
    pass


@data.command("import")
@click.argument("name")
@click.argument("train_zip", type=click.Path(path_type=Path))
@click.option("--test", "test_zip", type=click.Path(path_type=Path), help="A ZIP of test images, a folder per class.")
@as_json
def import_data(name: str, train_zip: Path, test_zip: Path | None, as_json: bool) -> None:
    """Import TRAIN_ZIP, a folder of images per class, as dataset NAME."""
    follow(tasks.import_data(name, train_zip, test_zip))
    show(_dataset(name), as_json, lines)


@data.command("label")
@click.argument("name")
@click.argument("photos_zip", type=click.Path(path_type=Path))
@click.option(
    "--from", "labels_csv", required=True, type=click.Path(path_type=Path), help="CSV with the columns file and label."
)
@as_json
def label_data(name: str, photos_zip: Path, labels_csv: Path, as_json: bool) -> None:
    """Make dataset NAME, or a version of it with more training images, of the photos in PHOTOS_ZIP that a table labels."""
    job = follow(tasks.label_files(name, photos_zip, labels_csv))
    left = {key: job.result[key] for key in ("known", "refused")}
    show(_dataset(job.result["name"]) | left, as_json, lines)


@data.command("download")
@click.argument("name")
@as_json
def download_data(name: str, as_json: bool) -> None:
    """Download the public dataset NAME."""
    follow(tasks.download_data(name))
    show(_dataset(name), as_json, lines)


@data.command("list")
@as_json
def list_data(as_json: bool) -> None:
    """List the datasets."""
    rows = [_dataset(dataset.name) for dataset in list_datasets()]
    show(rows, as_json, table)


@data.command("add")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@as_json
def add_data(name: str, file: Path, as_json: bool) -> None:
    """Add the images of ZIP FILE, a folder per class, to dataset NAME: a new version."""
    job = follow(tasks.import_data(name, file, add=True))
    show(_dataset(job.result["name"]), as_json, lines)


@data.command("inspect")
@click.argument("name")
@click.option("--duplicates", is_flag=True, help="Look for pictures that are there twice, or nearly, first.")
@as_json
def inspect_data(name: str, duplicates: bool, as_json: bool) -> None:
    """Say what the images of dataset NAME are like, and what will hurt training."""
    from core import data_tasks

    if duplicates:
        follow(data_tasks.submit("duplicates", get_dataset(name)))
    show(_inspected(name), as_json, lines)


@data.command("versions")
@click.argument("name")
@as_json
def list_versions(name: str, as_json: bool) -> None:
    """List the versions of dataset NAME, the current one first, and what each changed."""
    show(_versions(name), as_json, table)


@data.command("use")
@click.argument("name")
@click.argument("version", type=int)
@as_json
def use_version(name: str, version: int, as_json: bool) -> None:
    """Make an earlier VERSION of dataset NAME the current one: a new version with what it has."""
    show(_dataset(make_current(get_dataset(name, version)).name), as_json, lines)


@data.command("split")
@click.argument("name")
@click.option("--share", type=float, required=True, help="How much of every class is for the test, e.g. 0.2.")
@click.option("--seed", type=int, default=0, help="Another seed, other test images.")
@as_json
def split_data(name: str, share: float, seed: int, as_json: bool) -> None:
    """Divide the images of dataset NAME anew into training and test: a new version."""
    made = divide(get_dataset(name), share, seed)
    show(_dataset(made.name) | {"train": made.size("train"), "test": made.size("test")}, as_json, lines)


@data.command("rename")
@click.argument("old")
@click.argument("new")
@as_json
def rename_data(old: str, new: str, as_json: bool) -> None:
    """Call dataset OLD NEW; runs that learnt from it keep working."""
    from core.data.renaming import rename

    show(_dataset(rename(old, new).name), as_json, lines)


@data.command("export")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--version", type=int, help="An earlier version.")
@as_json
def export_data(name: str, file: Path, version: int | None, as_json: bool) -> None:
    """Write the images of dataset NAME, as they came, to ZIP FILE: train and test, a folder per class in each."""
    from core.data.exporting import export_zip

    dataset = get_dataset(name, version)
    if file.exists():
        raise VitrineError("file_there", path=str(file))
    with counter(dataset.name) as count:
        images = export_zip(dataset, file, count)
    show({"file": str(file), "version": dataset.version, "images": images}, as_json, lines)


@data.command("delete")
@click.argument("name")
@as_json
def delete_data(name: str, as_json: bool) -> None:
    """Hide dataset NAME; runs that learnt from it keep working."""
    dataset = _dataset(name)
    delete_dataset(name)
    show(dataset, as_json, lines)


@data.command("restore")
@click.argument("name")
@as_json
def restore_data(name: str, as_json: bool) -> None:
    """Bring the deleted dataset NAME back."""
    check_name(name)
    restore_dataset(name)
    show(_dataset(name), as_json, lines)


@data.command("attributes")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@as_json
def add_attributes(name: str, file: Path, as_json: bool) -> None:
    """Keep what CSV FILE knows of the images of dataset NAME: a column “path”, and one for each attribute."""
    from core.data.attributes import add_attributes

    count, names = add_attributes(get_dataset(name), file.read_bytes())
    show({"name": name, "images": count, "attributes": names}, as_json, lines)


@data.command("correct")
@click.argument("name")
@click.option(
    "--leave-out", "left_out", multiple=True, metavar="PATH", help="An image, as its ZIP named it: cat/1.jpg."
)
@click.option("--label", "relabelled", multiple=True, metavar="PATH=CLASS", help="An image, and the class it shows.")
@as_json
def correct_data(name: str, left_out: Sequence[str], relabelled: Sequence[str], as_json: bool) -> None:
    """Make a version of dataset NAME without some images, or with some under another class."""
    dataset = get_dataset(name)
    labels = dict(text.rpartition("=")[::2] for text in relabelled)
    for label in labels.values():
        if label not in dataset.classes:
            raise VitrineError("class_unknown", name=label, known=", ".join(dataset.classes))
    if not left_out and not labels:
        raise VitrineError("nothing_to_correct")
    rows = rows_named(dataset, [*left_out, *labels])
    made = correct(
        dataset,
        {row for path in left_out for row in rows[path]},
        {row: dataset.classes.index(label) for path, label in labels.items() for row in rows[path]},
    )
    show(_dataset(made.name), as_json, lines)


@data.command("forecast")
@click.argument("name")
@click.option(
    "--target", type=click.FloatRange(0, 1, min_open=True, max_open=True), help="The accuracy to reach, as 0.95."
)
@click.option("--price", type=click.FloatRange(0), help="What one more image costs.")
@click.option("--preset", default="article-cnn", show_default=True, help="The recipe that is to learn from them.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A hyper-parameter, e.g. epochs=5.")
@on_device
@as_json
def forecast_data(
    name: str,
    target: float | None,
    price: float | None,
    preset: str,
    settings: Sequence[str],
    device: str,
    as_json: bool,
) -> None:
    """Say how many images more dataset NAME needs to reach an accuracy.

    Trains on parts of it, which takes several times as long as training once; what was trained is kept and used again. Measured on
    images held out of the training images: the test images are not touched.
    """
    from core.arguments import recipe_from
    from core.evaluation.forecast import forecast
    from core.evaluation.fractions import measured_points, missing, to_forecast
    from core.training.start import settled

    dataset = get_dataset(name)
    recipe = to_forecast(settled(recipe_from(preset, None, settings, None), dataset))
    if missing(recipe, dataset):
        follow(tasks.forecast(name, recipe, device))
    points = measured_points(dataset, recipe)
    said = forecast(points)
    figures = {
        "name": dataset.name,
        "version": dataset.version,
        "preset": recipe.preset,
        "trainings": [{**asdict(point), "accuracy": 1 - point.error} for point in points],
        **(answers(said, target, price) if said else {}),
    }
    show(figures, as_json, lines)


def _dataset(name: str) -> dict[str, Any]:
    dataset = get_dataset(name)
    return {
        "name": dataset.name,
        "version": dataset.version,
        "images": dataset.images,
        "classes": list(dataset.classes),
        "skipped": len(dataset.skipped),
    }


def _inspected(name: str) -> dict[str, Any]:
    from core.data.cautions import cautions
    from core.data.profile import profile_of, sizes_of
    from core.evaluation.studies import duplicates_in

    dataset = get_dataset(name)
    profile, sizes, found = profile_of(dataset), sizes_of(dataset), duplicates_in(dataset)
    return {
        **_dataset(name),
        "source": dataset.source,
        "licence": dataset.licence,
        "fingerprint": dataset.fingerprint,
        "train": dataset.counts["train"],
        "test": dataset.counts["test"],
        "mean": list(profile.mean),
        "deviation": list(profile.deviation),
        "grey": sum(profile.grey),
        "shorter_side": [int(sizes.shorter.min()), int(sizes.shorter.max())],
        "copies_in_test": dataset.copies,
        "alike_in_test": None if found is None else len(found.leaked),
        "cautions": [str(caution) for caution in cautions(dataset, sizes, profile, found)],
    }


def _versions(name: str) -> list[dict[str, Any]]:
    keys = ("added", "removed", "relabelled", "moved")
    rows = []
    for dataset in history(name):
        changed = change_of(dataset)
        figures = {key: getattr(changed, key) if changed else None for key in keys}
        row = {"version": dataset.version, "created": dataset.created, "images": dataset.images}
        rows.append({**row, **figures, "source": dataset.source})
    return rows
