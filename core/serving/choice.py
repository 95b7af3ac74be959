"""Which form of a run's model is served: the sealed one, unless somebody chose another. The choice is kept with the run.

Of a model that comes with Vitrine it is kept in the user's home, as all that is measured of it is.
"""

import json
from pathlib import Path

from core import files
from core.errors import VitrineError
from core.evaluation.studies import seal, study
from core.evaluation.variants import ORIGINAL, SERVABLE, Variants
from core.runs.run import Run, place

FILE = "served.json"


def chosen_form(run: Run) -> str:
    """The name of the form that is to be served; the original's where nobody chose, or chose of another bundle than the present one."""
    try:
        choice = json.loads(_file(run).read_text(encoding="utf-8"))
        return str(choice["form"]) if choice["sealed"] == seal(run) and choice["form"] in SERVABLE else ORIGINAL
    except (OSError, ValueError, KeyError, TypeError, StopIteration):  # not there, damaged, or another version's
        return ORIGINAL


def serve_as(run: Run, form: str) -> None:
    """From now on pages, API, command line and download use this form; ``original`` undoes the choice.

    Raises:
        VitrineError: ``bundle_missing``, ``variants_not_made``, ``variant_unknown``, or why this form could not be made.
    """
    if run.active or not run.has_bundle:
        raise VitrineError("bundle_missing", run=run.name, state=run.state)
    if form not in SERVABLE:
        raise VitrineError("variant_unknown", name=form, known=", ".join(SERVABLE))
    if form == ORIGINAL:
        _file(run).unlink(missing_ok=True)
        return
    found: Variants | None = study(run, "variants")
    if found is None:
        raise VitrineError("variants_not_made", run=run.name)
    if form not in found.forms:
        raise found.trouble(form)
    files.replace(_file(run), json.dumps({"form": form, "sealed": seal(run)}))


def _file(run: Run) -> Path:
    return place(run.id) / "artifacts" / FILE
