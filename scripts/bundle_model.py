"""Make a finished run one of the models that come with Vitrine: ``python -m scripts.bundle_model RUN NAME``.

It fills ``bundled/NAME``, anew if that is there, and writes the table of ``bundled/README.md``. The run's dataset must be here.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from core import paths
from core.bundle.format import check_sums
from core.data.lookup import dataset_of, row_order
from core.errors import VitrineError
from core.evaluation.predictions import StoredPredictions
from core.evaluation.studies import copy_studies
from core.runs.bundled import CURVES, FACTS, bundled_runs
from core.runs.library import history
from core.runs.run import ENVIRONMENT, SAMPLES, Run
from core.runs.store import store
from core.training.command import command
from core.training.recipe import Recipe

KEYS = ("epoch", "batch_loss", "batch_accuracy", "val_loss", "val_accuracy")
HEAD = """# Models that come with Vitrine

Each folder is a finished run: what was sealed, what it says of the test images, its curves, and what it was trained with.
Nothing here is written to in use. Accuracy is plain (no test-time augmentation), of the sealed ONNX file, on test images that the
model was neither trained nor chosen by; Wilson's 95% interval. `python -m scripts.bundle_model RUN NAME` makes such a folder and this table.

| model | data | validation | test accuracy | 95% interval | test images |
|:--|:--|--:|--:|:--|--:|
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.bundle_model", description=__doc__)
    parser.add_argument("run", metavar="RUN", help="id or unique name of a finished run of your own, or latest")
    parser.add_argument("name", metavar="NAME", help="what the model is called from now on")
    chosen = parser.parse_args()
    try:
        bundle(store().find(chosen.run), chosen.name)
    except VitrineError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    (paths.bundled() / "README.md").write_text(readme(bundled_runs()), encoding="utf-8")
    return 0


def bundle(run: Run, name: str) -> Path:
    """Copy what there is of the run to ``bundled/name``, whole or not at all; the folder.

    Raises:
        VitrineError: ``bundle_missing`` unless it is finished, ``bundle_altered``, ``dataset_unknown``.
    """
    if run.state != "finished":
        raise VitrineError("bundle_missing", run=run.name, state=run.state)
    check_sums(run.bundle)
    folder, aside = paths.bundled() / name, paths.bundled() / f".{name}.part"
    shutil.rmtree(aside, ignore_errors=True)
    shutil.copytree(run.bundle, aside / run.bundle.name)
    for file in (run.predictions, run.folder / ENVIRONMENT, run.folder / SAMPLES):
        if file.exists():
            shutil.copy(file, aside)
    copy_studies(run, aside)
    (aside / CURVES).write_text(json.dumps(history(run, *KEYS)) + "\n", encoding="utf-8")
    (aside / FACTS).write_text(json.dumps(facts(run), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    aside.rename(folder)
    return folder


def facts(run: Run) -> dict[str, Any]:
    """What is remembered of the run, as JSON values; see :mod:`core.runs.bundled`."""
    dataset, predictions = dataset_of(run), StoredPredictions.load(run.predictions)
    known = {
        "data_fingerprint": dataset.fingerprint,
        "row_order": row_order(dataset),
        "classes": list(dataset.classes),
    }
    return {
        "created": run.created.isoformat(timespec="seconds"),
        "command": command(Recipe(**run.recipe), run.data),
        "spec": {**run.spec, **known},
        "metrics": run.metrics,
        "result": run.result,
        "test": {"accuracy": predictions.accuracy, "interval": list(predictions.interval), "n": len(predictions)},
    }


def readme(runs: list[Run]) -> str:
    """The text of ``bundled/README.md``."""
    rows, commands = [], []
    for run in runs:
        told = json.loads((run.folder / FACTS).read_text(encoding="utf-8"))
        low, high = told["test"]["interval"]
        rows.append(
            f"| `{run.name}` | {run.data} | {run.result['val_accuracy']:.2%} | {told['test']['accuracy']:.2%} "
            f"| {low:.2%} to {high:.2%} | {told['test']['n']:,} |\n"
        )
        commands.append(f"\n`{run.name}` was trained by\n\n```sh\n{told['command']}\n```\n")
    return HEAD + "".join(rows) + "".join(commands)


if __name__ == "__main__":
    sys.exit(main())
