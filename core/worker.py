"""The process that does a job: ``python -m core.worker RUN_ID``.

It waits for its slot before it imports anything heavy. Whatever goes wrong becomes a sentence in the store, so that the
page can say it, and a traceback in the log.
"""

import sys
import traceback

from core import data_jobs, paths, study_jobs, training_jobs
from core.errors import DISK_FULL, VitrineError, lacks_memory
from core.runs import launcher, uploads
from core.runs.jobs import Job
from core.runs.store import store

KINDS = {
    "train": training_jobs.train,
    "import": data_jobs.import_data,
    "label": data_jobs.label,
    "download": data_jobs.download,
    "export": data_jobs.export,
    "duplicates": data_jobs.duplicates,
    "study": study_jobs.study,
    "forecast": study_jobs.forecast,
}


def main(run_id: str) -> int:
    work = launcher.wait_for_slot(run_id, lambda: launcher.stop_requested(run_id))
    runs = store()
    run = runs.get(run_id)
    if not work:
        uploads.discard(run)
        runs.set_state(run_id, "stopped")
        return 0
    runs.set_state(run_id, "running")
    try:
        with Job(run, runs) as job:
            state = KINDS[run.kind](job)
    except Exception as error:
        traceback.print_exc()
        failure = explain(error)
        runs.set_state(run_id, "stopped" if failure.code == "job_stopped" else "failed", failure)
        return 1
    runs.set_state(run_id, state)
    runs.purge()
    uploads.sweep()
    data_jobs.sweep_exports()
    return 0


def explain(error: BaseException) -> VitrineError:
    """The sentence that tells a user what went wrong, for anything that a job can throw."""
    if isinstance(error, VitrineError):
        return error
    if lacks_memory(error):
        return VitrineError("out_of_memory")
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in DISK_FULL:
            return VitrineError("disk_full", path=str(cause.filename or paths.home()))
        if "database or disk is full" in str(cause) or "No space left on device" in str(cause):
            return VitrineError("disk_full", path=str(paths.home()))
        cause = cause.__cause__ or cause.__context__
    return VitrineError(
        "worker_failed", error=f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
