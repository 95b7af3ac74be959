"""A model to take away: one ZIP that runs it without Vitrine, on the command line or as an HTTP server.

The bundle's own files lie in it as they were sealed. Beside them: the programs of ``takeaway/``, the product's own way of
reading images, and two small files about the model.
"""

import json
import time
import zipfile
from pathlib import Path
from typing import IO

from core.bundle import preprocess
from core.bundle.format import CONVERTED, SEALED, check_sums
from core.evaluation.variants import ORIGINAL
from core.runs.run import Run
from core.serving.models import served

TAKEAWAY = Path(__file__).parents[2] / "takeaway"
PROGRAMS = ("README.md", "predict.py", "serve.py", "requirements.txt", "Dockerfile")
PREPROCESS, LABELS, ABOUT = "preprocess.py", "labels.txt", "model.json"


def sizes(run: Run) -> dict[str, int]:
    """The ZIP's files by name, and how many bytes each has."""
    return {
        name: len(content) if isinstance(content, bytes) else content.stat().st_size
        for name, content in _files(run).items()
    }


def pack(run: Run, target: Path | IO[bytes]) -> list[str]:
    """Write the ZIP; the names of its files.

    Raises:
        VitrineError: the bundle is missing or was altered.
    """
    files = _files(run)
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            member = zipfile.ZipInfo(name, time.localtime()[:6])
            member.external_attr = (
                0o644 << 16
            )  # unpacked and put into a container, others than the owner have to read it
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, content if isinstance(content, bytes) else content.read_bytes())
    return list(files)


def _files(run: Run) -> dict[str, bytes | Path]:
    found = served(run)
    check_sums(found.folder, SEALED if found.form == ORIGINAL else CONVERTED)
    classes = found.predictor.classes
    return {
        **{path.name: path for path in sorted(found.folder.iterdir())},
        **{name: TAKEAWAY / name for name in PROGRAMS},
        PREPROCESS: Path(preprocess.__file__),
        LABELS: "".join(f"{name}\n" for name in classes).encode(),
        # What GET /api/v1/models says of it, here and there.
        ABOUT: json.dumps({"id": run.id, "name": run.name, "classes": classes}, ensure_ascii=False).encode(),
    }
