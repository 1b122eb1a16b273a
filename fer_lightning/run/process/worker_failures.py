"""One clear message when a worker process that loads images dies."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager

from fer_lightning.errors import FerError
from fer_lightning.run.job import Job

WORKER_ERROR = "DataLoader worker"  # start of the message of torch's RuntimeError


@contextmanager
def report_worker_failures(job: Job) -> Iterator[None]:
    """Converts torch's error about a killed worker process to a FerError with possible fixes.

    Raises:
        FerError: a worker process died.
    """
    try:
        yield
    except RuntimeError as death:
        if not str(death).startswith(WORKER_ERROR):
            raise
        told = str(death).splitlines()[0].split(". ")[0].strip()
        resume = (
            f"; fer-train {shlex.quote(f'resume={job.output_dir}')} goes on" if job.last_checkpoint.is_file() else ""
        )
        raise FerError(
            f"data.num_workers={job.config['data'].get('num_workers')}: a process that loads images ended ({told}), "
            f"most often for want of memory; choose fewer, or 0, which loads in the main process{resume}"
        ) from death
