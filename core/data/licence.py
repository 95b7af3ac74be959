"""Under what licence the images of a dataset may be used, in the words of whoever brought them."""

import json

from core.data.drafts import LOCK
from core.data.versions import Dataset, get_dataset, root, visible_versions
from core.errors import VitrineError
from core.files import replace
from core.runs import locks

NO_LICENCE = "not stated"  # until somebody says what it is


def note_licence(name: str, licence: str) -> Dataset:
    """Write it down in all versions of a dataset; the newest comes back. An empty one takes back what was said.

    Raises:
        VitrineError: ``dataset_unknown``, ``dataset_licence`` for one that comes with Vitrine, or ``disk_full``.
    """
    if get_dataset(name).embedded:
        raise VitrineError("dataset_licence", name=name)
    with locks.exclusive(root() / LOCK):  # a renaming copies these files
        for number in visible_versions(name):
            file = get_dataset(name, number).folder / "info.json"
            fields = json.loads(file.read_text(encoding="utf-8")) | {"licence": licence or NO_LICENCE}
            replace(file, json.dumps(fields, ensure_ascii=False, indent=1))
    return get_dataset(name)
