"""Which dataset a run's images are in. Those of a bundled run may be here under any name, in another order, or not at all."""

import hashlib
from collections.abc import Iterator

from core.data.versions import Dataset, all_versions, get_dataset, list_datasets, name_now
from core.errors import VitrineError
from core.runs.run import Run


def dataset_of(run: Run) -> Dataset:
    """The version that the run learnt from; of a bundled run, whatever has the same images in the same classes and splits.

    Raises:
        VitrineError: ``dataset_unknown``, or for a bundled run ``dataset_not_here``.
    """
    if not run.bundled:
        return get_dataset(run.data, run.data_version)
    for dataset in _everything_here():
        if dataset.fingerprint == run.spec["data_fingerprint"]:
            return dataset
    raise VitrineError("dataset_not_here", name=run.data, run=run.name)


def data_of(run: Run) -> str:
    """The name that the run's dataset goes by now; it may have been renamed since. Looks and photos that wait are kept under it."""
    return name_now(run.data, run.data_version)


def images_for(run: Run) -> Dataset:
    """The dataset whose test images the run can be judged by: its own, or else for a bundled run the newest of that name.

    The latter is another copy: CIFAR-10 as JPEG files, say, instead of the published arrays.

    Raises:
        VitrineError: as :func:`dataset_of`, when there is no dataset of that name with the run's classes either.
    """
    try:
        return dataset_of(run)
    except VitrineError:
        copy = next((dataset for dataset in list_datasets() if dataset.name == run.data), None)
        if not run.bundled or copy is None or list(copy.classes) != run.spec["classes"]:
            raise
        return copy


def has_rows_of(dataset: Dataset, run: Run) -> bool:
    """Whether the rows in the run's stored predictions are rows of this dataset's manifest."""
    if not run.bundled:
        return (dataset.name, dataset.version) == (run.data, run.data_version)
    # The fingerprint alone does not tell: it is the same whatever order the images came in.
    return dataset.fingerprint == run.spec["data_fingerprint"] and row_order(dataset) == run.spec["row_order"]


def row_order(dataset: Dataset) -> str:
    """A checksum of the images in the order of their rows."""
    return hashlib.sha256("\n".join(dataset.manifest("sha256")["sha256"].to_pylist()).encode()).hexdigest()


def _everything_here() -> Iterator[Dataset]:
    for newest in list_datasets():
        for version in reversed(all_versions(newest.name)):
            yield get_dataset(newest.name, version)
