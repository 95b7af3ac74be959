"""The command line: all that the pages do. ``python -m core --help`` lists it.

With ``--json`` a command prints one JSON value and nothing else on stdout; progress and errors go to stderr.
"""

import os
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from core import tasks
from core.data.lookup import images_for
from core.data_commands import data
from core.errors import VitrineError
from core.evaluation.studies import KINDS, study
from core.evaluation.variants import SERVABLE
from core.runs import jobs, launcher
from core.runs.library import all_runs, find_run
from core.runs.store import Run, exists, store
from core.terminal import as_json, costs, follow, lines, on_device, show, table


@click.group(help="Build an image model, prove it, show it, and say what it is worth.")
def cli() -> None:
    launcher.adopt()


cli.add_command(data)


@cli.command()
@click.option("--data", "data_name", required=True, help="The dataset's name.")
@click.option("--preset", help="The recipe to start from, by its name …")
@click.option("--recipe", "file", type=click.Path(path_type=Path), help="… or as a file of JSON.")
@click.option("--name", help="The run's name.")
@click.option("--seed", type=int, help="The seed of everything random.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A hyper-parameter, e.g. epochs=5.")
@on_device
@click.option("--detach", is_flag=True, help="Return at once; the run goes on by itself.")
@as_json
def train(
    data_name: str,
    preset: str | None,
    file: Path | None,
    name: str | None,
    seed: int | None,
    settings: tuple[str, ...],
    device: str,
    detach: bool,
    as_json: bool,
) -> None:
    """Train a model."""
    from core.arguments import recipe_from

    run = tasks.train(data_name, recipe_from(preset, file, settings, seed), name, device)
    show(_brief(run) if detach else _trained(follow(run)), as_json, lines)


@cli.command()
@click.option("--data", "data_name", required=True, help="The dataset's name.")
@click.option("--preset", help="The recipe to start from.")
@click.option("--recipe", "file", type=click.Path(path_type=Path), help="A recipe's file, instead of a preset.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A hyper-parameter, e.g. epochs=5.")
@on_device
@as_json
def estimate(
    data_name: str, preset: str | None, file: Path | None, settings: tuple[str, ...], device: str, as_json: bool
) -> None:
    """Say what a training run would cost, without starting it."""
    from core.arguments import recipe_from

    show(costs(*tasks.estimate(data_name, recipe_from(preset, file, settings, None), device)), as_json, lines)


@cli.command()
@click.argument("run")
@as_json
def resume(run: str, as_json: bool) -> None:
    """Go on with an interrupted, stopped or failed RUN."""
    show(_trained(follow(jobs.resume(find_run(run).id))), as_json, lines)


@cli.command()
@click.argument("run")
@as_json
def stop(run: str, as_json: bool) -> None:
    """Ask RUN to stop; it keeps its best weights."""
    found = find_run(run)
    jobs.stop(found.id)
    show(_brief(found), as_json, lines)


@cli.command()
@click.argument("run")
@as_json
def delete(run: str, as_json: bool) -> None:
    """Delete RUN, which must not be at work."""
    found = find_run(run)
    jobs.delete(found.id)
    show(_brief(found), as_json, lines)


@cli.command()
@click.argument("run")
@as_json
def restore(run: str, as_json: bool) -> None:
    """Bring RUN back, within a day after it was deleted."""
    if not exists():
        raise VitrineError("run_not_deleted", run=run)
    show(_brief(jobs.restore(store().find_deleted(run).id)), as_json, lines)


@cli.command()
@as_json
def runs(as_json: bool) -> None:
    """List the training runs, newest first, and the models that come with Vitrine."""
    keys = ("preset", "data", "epoch", "val_accuracy", "bundled")
    show([{**_brief(run), **{key: getattr(run, key) for key in keys}} for run in all_runs()], as_json, table)


@cli.command()
@click.argument("run")
@click.option("--data", "data_name", help="Another dataset with the same classes.")
@as_json
def evaluate(run: str, data_name: str | None, as_json: bool) -> None:
    """Measure RUN's bundle on the test split."""
    from core.evaluation.predictions import evaluate_run

    predictions = evaluate_run(find_run(run), data_name)
    low, high = predictions.interval
    figures = {"accuracy": predictions.accuracy, "interval": [low, high], "n": len(predictions)}
    show(figures, as_json, lines)


@cli.command()
@click.argument("run")
@click.argument("kind", type=click.Choice(list(KINDS)))
@as_json
def measure(run: str, kind: str, as_json: bool) -> None:
    """Measure of RUN what takes long, and keep it with the run.

    KIND is the stress test, test-time augmentation (views), images of things that it cannot know (unknowns), its own classes, two
    left out at a time (left-out), wrong labels among held-out or among training images (labels, training-labels), duplicates,
    smaller and faster forms of the model, which are made too (variants), or what photos are compared with (neighbours).
    """
    found = find_run(run)
    follow(tasks.measure(found, kind))
    measured = study(found, kind, images_for(found))
    assert measured is not None  # or the job would have failed
    # An embedding of each image is for nobody's eyes.
    figures = {key: value for key, value in asdict(measured).items() if key != "directions"}
    show({"run_id": found.id, **figures}, as_json, lines)


@cli.command("serve-as")
@click.argument("run")
@click.argument("form", type=click.Choice(SERVABLE))
@as_json
def serve_as(run: str, form: str, as_json: bool) -> None:
    """Choose in which FORM RUN's model answers from now on; `original` undoes it.

    The other forms are there after `measure RUN variants`.
    """
    from core.serving import choice

    found = find_run(run)
    choice.serve_as(found, form)
    show({"run_id": found.id, "name": found.name, "form": form}, as_json, lines)


@cli.command()
@click.argument("run")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@as_json
def predict(run: str, files: tuple[Path, ...], as_json: bool) -> None:
    """A verdict on each of FILES by RUN's bundle, or the form of it that was chosen by `serve-as`; folders and ZIPs mean the images in them."""
    from core.serving.models import predict_paths, served

    found = find_run(run)
    if (trouble := served(found).trouble) is not None:
        click.echo(f"Warning: {trouble}", err=True)
    show(predict_paths(found, files), as_json, table)


@cli.command()
@click.argument("run")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option(
    "--zip", "file", type=click.Path(path_type=Path), help="Write this ZIP, with programs that run the model."
)
@as_json
def export(run: str, folder: Path | None, file: Path | None, as_json: bool) -> None:
    """Copy RUN's bundle, or the form of it that was chosen by `serve-as`, to FOLDER, which must be new or empty; or pack it with all that
    runs it without Vitrine (--zip)."""
    from core.serving.models import served
    from core.serving.packing import pack

    if (folder is None) == (file is None):
        raise click.UsageError("Name a new folder, or a ZIP file with --zip FILE.")
    run_found = find_run(run)
    found = served(run_found)  # an altered or missing bundle is refused here
    if found.trouble is not None:
        raise found.trouble
    if file is not None:
        if file.exists():
            raise VitrineError("file_there", path=str(file))
        show({"file": str(file), "files": pack(run_found, file)}, as_json, lines)
        return
    assert folder is not None
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise VitrineError("folder_not_empty", path=str(folder))
    shutil.copytree(found.folder, folder, dirs_exist_ok=True)
    show({"folder": str(folder), "files": sorted(path.name for path in folder.iterdir())}, as_json, lines)


@cli.command()
@click.argument("run")
@click.argument("file", type=click.Path(path_type=Path))
@as_json
def report(run: str, file: Path, as_json: bool) -> None:
    """Write RUN's report, one HTML file that needs no network, to FILE."""
    from core.evaluation.report import write_report

    write_report(find_run(run), file)
    show({"file": str(file)}, as_json, lines)


def _brief(run: Run) -> dict[str, Any]:
    return {"run_id": run.id, "name": run.name, "state": run.state}


def _trained(run: Run) -> dict[str, Any]:
    keys = ("val_accuracy", "seconds", "images_per_second")
    return {**_brief(run), **{key: run.result.get(key) for key in keys}}


def main() -> int:
    """Run a command. Every error a user can meet is one line on stderr and a non-zero exit status."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 2
    except click.ClickException as error:
        return _complain(error.format_message(), 2)
    except VitrineError as error:
        return _complain(str(error), 1)
    except OSError as error:
        place = f"“{error.filename}”: {error.strerror}" if error.filename else str(error)
        return _complain(f"{place}. Check the path, its permissions and the space on its disk.", 1)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        return 130
    except Exception as error:
        if os.environ.get("VITRINE_DEBUG"):
            raise
        what = " ".join([f"{type(error).__name__}:", *str(error).splitlines()[:1]])
        return _complain(f"Something unexpected went wrong. {what} (VITRINE_DEBUG=1 shows where.)", 1)
    return 0


def _complain(sentence: str, status: int) -> int:
    click.echo(f"Error: {' '.join(sentence.split())}", err=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
