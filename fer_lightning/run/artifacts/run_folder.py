"""Takes a run's folder when everything is built: what lies there moves aside, the record of this run goes in."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

from fer_lightning.data.datamodule import FaceDataModule
from fer_lightning.errors import FerError
from fer_lightning.results.result import FILE_NAME as RESULT
from fer_lightning.run.artifacts.archive_previous import archive_run
from fer_lightning.run.artifacts.folder_lock import FolderLock
from fer_lightning.run.artifacts.log_buffer import LogBuffer
from fer_lightning.run.artifacts.split_table import SPLIT_FILE, write_split
from fer_lightning.run.job import Job
from fer_lightning.run.resume import saved_job
from fer_lightning.run.resume.best_checkpoint import restore_best_checkpoint
from fer_lightning.run.resume.previous_progress import update_checkpoint_paths

log = logging.getLogger(__name__)


def prepare_training_folder(job: Job, lock: FolderLock, datamodule: FaceDataModule, world_size: int) -> Job:
    """Takes the folder for a training; from here on it can be resumed, and has no result until this run's own.

    Called when all is built and nothing more is read from that folder but the checkpoint of a resumed run.

    Args:
        job: a new run, or one that goes on.
        lock: of the job's folder.
        datamodule: has read the data; the folder gets its split.
        world_size: how many processes train.

    Returns:
        The job with the digests of its images, and with its `init_from` where the run that lay in the folder is now.

    Raises:
        FerError: what lies in the folder cannot be moved, or other processes still have to read from it; a resumed
            run has lost its best epoch.
    """
    update_checkpoint_paths(job)
    restore_best_checkpoint(job)
    if not job.resumed:
        job = _claim_folder(job, lock, world_size)
    (job.output_dir / RESULT).unlink(missing_ok=True)
    if not job.resumed:
        job.last_checkpoint.unlink(missing_ok=True)
    write_split(datamodule.prepared_data.source, datamodule.protocol.splits(), job.output_dir / SPLIT_FILE)
    job = replace(job, data_digest=datamodule.data_digest())
    saved_job.save(job)
    return job


def prepare_test_folder(job: Job, lock: FolderLock) -> None:
    """Takes the folder for the results of a test; that of a run that lies there moves aside.

    Raises:
        FerError: what lies in the folder cannot be moved.
    """
    _claim_folder(job, lock, world_size=1)


def check_holds_no_training(folder: Path) -> None:
    """Raises FerError where a training lies in the folder: a test would take the place of its result."""
    if (folder / saved_job.FILE_NAME).exists() or (folder / "checkpoints").is_dir():
        raise FerError(f"{folder}: this is the folder of a training; choose another hydra.run.dir for the test")


def open_log() -> None:
    """Writes what was said so far into the run's log, and from here on what is said."""
    root = logging.getLogger()
    for handler in root.handlers[:]:
        if isinstance(handler, LogBuffer) and handler.target is not None:
            root.removeHandler(handler)
            root.addHandler(handler.target)
            handler.flush_to_target()


def _claim_folder(job: Job, lock: FolderLock, world_size: int) -> Job:
    folder, weights = job.output_dir, _get_path_inside(job)
    if weights is not None and world_size > 1:
        raise FerError(
            f"init_from={job.config['init_from']}: it lies in this run's own folder, which begins anew while the other "
            "processes read it; choose another hydra.run.dir"
        )
    aside = archive_run(folder)
    if aside is not None:
        lock.acquire()
        log.warning("%s: the run that lay here is now %s", folder, aside)
        if weights is not None:
            job = replace(job, config={**job.config, "init_from": str(aside / weights)})
    for name, text in job.records.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    open_log()
    return job


def _get_path_inside(job: Job) -> Path | None:
    """`init_from` relative to the run's folder; None where it lies elsewhere or is not set."""
    if not (weights := job.config.get("init_from")):
        return None
    source, folder = Path(weights).expanduser().resolve(), job.output_dir.resolve()
    return source.relative_to(folder) if source.is_relative_to(folder) else None
