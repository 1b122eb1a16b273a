"""One clear message for a process that loads images and dies."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager

from fer_lightning.errors import FerError
from fer_lightning.run.job import Job

WORKER_ERROR = "DataLoader worker"  # how what torch raises begins, in whatever the training process is doing then


@contextmanager
def report_worker_failures(job: Job) -> Iterator[None]:
    """Turns what torch raises for a loading process that was killed into one message with the ways out.

    Raises:
        FerError: such a process died.
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
