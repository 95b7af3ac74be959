"""Models that come with Vitrine: finished runs, each in a folder of the repository that is read and never written.

    bundled/<name>/run.json            what it was asked to do, and what came of it
    bundled/<name>/curves.json         its curves: [step, value] pairs by name
    bundled/<name>/bundle/             what was sealed
    bundled/<name>/predictions.npz     what the bundle said of the test images
    bundled/<name>/environment.json    what it was trained with; samples.jsonl too if there is one

``scripts/bundle_model.py`` makes such a folder. Beside a run's usual `spec`, a bundled one has ``data_fingerprint`` and
``row_order`` of the dataset it learnt from, which need not be here, and its ``classes``.
"""

import json
from datetime import datetime
from pathlib import Path

from core import paths
from core.runs.run import Run

FACTS, CURVES = "run.json", "curves.json"


def bundled_runs() -> list[Run]:
    """The models that come with Vitrine, by name."""
    return [_run(facts) for facts in sorted(paths.bundled().glob(f"[!.]*/{FACTS}"))]


def bundled_history(run: Run) -> dict[str, list[tuple[int, float]]]:
    """Every curve of a bundled run as (step, value) in order of steps."""
    curves = json.loads((run.folder / CURVES).read_text(encoding="utf-8"))
    return {key: [(step, value) for step, value in points] for key, points in curves.items()}


def _run(file: Path) -> Run:
    facts = json.loads(file.read_text(encoding="utf-8"))
    return Run(
        id=f"bundled-{file.parent.name}",
        name=file.parent.name,
        kind="train",
        state="finished",
        spec=facts["spec"],
        metrics=facts["metrics"],
        progress={},
        result=facts["result"],
        created=datetime.fromisoformat(facts["created"]),
        message=None,
        shipped=file.parent,
    )
