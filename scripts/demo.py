"""Fill a store with what a demonstration needs, offline: ``make demo``. What is there already is not made again.

Two models of the digits that come with Vitrine, a first try and a better one; of the better one what takes long to measure; and how
many digits more it would take. docs/demo.md says what to show with it.
"""

import os
import sys
import time
from collections.abc import Sequence

from core import tasks
from core.data.lookup import images_for
from core.data.versions import get_dataset
from core.errors import VitrineError
from core.evaluation.fractions import missing, to_forecast
from core.evaluation.studies import study
from core.runs import jobs
from core.runs.store import Run, store
from core.training.presets import make_recipe
from core.training.recipe import Recipe

DATA = "digits"
FIRST, BETTER = "first-try", "better-try"
RECIPES = {FIRST: make_recipe("case-study", epochs=5), BETTER: make_recipe("article-cnn", translate=0.0625, epochs=15)}
MEASURED = ("stress", "unknowns", "labels", "variants")  # of the better one
FORECAST = make_recipe("article-cnn")  # the one that the Data page shows first


def main() -> int:
    # Short jobs start for longer than they compute: two at a time with a core each are done sooner than one with two.
    os.environ.update(VITRINE_SLOTS="2", OMP_NUM_THREADS="1")
    begun = time.monotonic()
    try:
        forecast = _forecast()  # the longest: it has one core, all others take turns at the other
        _wait([_train(name, recipe) for name, recipe in RECIPES.items()])
        _wait([*(_measure(store().find(BETTER), kind) for kind in MEASURED), forecast])
    except VitrineError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    print(f"All there after {time.monotonic() - begun:.0f} s.")
    print("Now: make run, open http://127.0.0.1:8501, and follow docs/demo.md.")
    return 0


def _train(name: str, recipe: Recipe) -> Run | None:
    """A job that trains this run, or goes on with it; None where it is finished."""
    run = next((run for run in store().runs() if run.name == name), None)
    if run is None:
        return tasks.train(DATA, recipe, name)
    if run.state in jobs.RESUMABLE:
        return jobs.resume(run.id)
    return run if run.active else None


def _forecast() -> Run | None:
    if missing(to_forecast(FORECAST), get_dataset(DATA)):
        return tasks.forecast(DATA, FORECAST)
    return None


def _measure(run: Run, kind: str) -> Run | None:
    return None if study(run, kind, images_for(run)) else tasks.measure(run, kind)


def _wait(begun: Sequence[Run | None]) -> None:
    """Until all of these jobs are done.

    Raises:
        VitrineError: what one of them failed with.
    """
    for job in begun:
        if job is None:
            continue
        ended = jobs.wait(job.id)
        what = ended.spec.get("study", ended.kind)
        if ended.state != "finished":
            raise ended.message or VitrineError("run_interrupted", run=f"{ended.name} ({what})")
        print(f"{ended.name}: {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
