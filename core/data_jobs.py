"""What jobs about datasets do, in the worker's process. They import nothing heavy before they are called."""

from pathlib import Path

from core.errors import VitrineError
from core.runs import uploads
from core.runs.jobs import Job, counted
from core.runs.priority import step_back
from core.runs.store import State


def import_data(job: Job) -> State:
    """Make a dataset version of one or two ZIP files; and submit the training that waits for it, if there is one."""
    from core import tasks
    from core.data.adding import add_zip
    from core.data.corrections import newest
    from core.data.importing import import_zip
    from core.data.profile import profile_of
    from core.data.versions import get_dataset
    from core.training.recipe import Recipe

    step_back()
    files = [Path(file) for file in job.spec["files"]]
    try:
        if job.spec.get("add"):
            dataset = add_zip(newest(get_dataset(job.spec["data"])), files[0], counted(job), job.stopped)
        else:
            test = files[1] if len(files) > 1 else None
            dataset = import_zip(job.spec["data"], files[0], test, counted(job), job.stopped)
    finally:
        uploads.discard(job.run)
    profile_of(dataset)  # the page need not wait for it
    figures = {"name": dataset.name, "version": dataset.version, "images": dataset.images}
    job.result(**figures)
    if recipe := job.spec.get("then"):  # whether or not it can be begun, the dataset is there
        run = tasks.train(dataset.name, Recipe(**recipe))
        job.result(**figures, skipped=len(dataset.skipped), run_id=run.id)
    return "finished"


def label(job: Job) -> State:
    """Make a dataset version of the photos that were labelled: in the tray, or by a table of labels."""
    from core.data.labelled import make_labelled
    from core.data.labelling import Tray
    from core.data.profile import profile_of
    from core.data.tables import label_zip

    step_back()
    if files := job.spec.get("files"):
        made = label_zip(job.spec["data"], Path(files[0]), Path(files[1]), counted(job), job.stopped)
    else:
        made = make_labelled(Tray(), counted(job), job.stopped)
    dataset = made.dataset
    profile_of(dataset)  # the page need not wait for it
    job.result(
        name=dataset.name,
        version=dataset.version,
        images=dataset.images,
        known=made.known,
        refused=made.refused,
    )
    return "finished"


def download(job: Job) -> State:
    """Fetch a public dataset."""
    from core.data.profile import profile_of
    from core.data.sources import download as fetch

    step_back()
    dataset = fetch(job.spec["data"], counted(job), job.stopped)
    profile_of(dataset)  # the page need not wait for it
    job.result(name=dataset.name, version=dataset.version, images=dataset.images)
    return "finished"


def export(job: Job) -> State:
    """Pack a version of a dataset into a ZIP that the page can hand out."""
    from core.data import exports
    from core.data.exporting import export_zip
    from core.data.versions import get_dataset

    step_back()
    dataset = get_dataset(job.spec["data"], job.spec["data_version"])
    export_zip(dataset, exports.place(dataset), counted(job), job.stopped)
    return "finished"


def duplicates(job: Job) -> State:
    """Look for pictures of a dataset that are there twice, and keep what was found with the version."""
    from core.data.duplicates import find_duplicates, keep_duplicates
    from core.data.versions import get_dataset

    job.progress(0.0, phase="loading")
    step_back()
    dataset = get_dataset(job.spec["data"], job.spec["data_version"])
    found = find_duplicates(dataset, counted(job), job.stopped)
    if found is None:
        raise VitrineError("job_stopped")
    keep_duplicates(dataset, found)
    return "finished"


def sweep_exports() -> None:
    """Remove packed datasets that are older than a day."""
    from core.data import exports

    exports.sweep()
