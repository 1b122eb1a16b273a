"""Prepares the folder of a run after everything is built: archives the previous run and writes the records."""

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
    """Prepares the folder of a training, which can be resumed from now on and has no result yet.

    Call this after everything is built, when only a resumed run still reads its checkpoint from the folder.

    Args:
        job: a new or resumed run.
        lock: of the job's folder.
        datamodule: after the data were read; its split is written.
        world_size: number of training processes.

    Returns:
        The job with its data digests, and with the new path of `init_from` if that was archived.

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
    """Prepares the folder of a test; archives the previous run.

    Raises:
        FerError: what lies in the folder cannot be moved.
    """
    _claim_folder(job, lock, world_size=1)


def check_holds_no_training(folder: Path) -> None:
    """Raises FerError if the folder has a training, whose result a test would replace."""
    if (folder / saved_job.FILE_NAME).exists() or (folder / "checkpoints").is_dir():
        raise FerError(f"{folder}: this is the folder of a training; choose another hydra.run.dir for the test")


def open_log() -> None:
    """Writes the buffered messages to the run's log, and all further messages."""
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
        log.warning("%s: the previous run was moved to %s", folder, aside)
        if weights is not None:
            job = replace(job, config={**job.config, "init_from": str(aside / weights)})
    for name, text in job.records.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    open_log()
    return job


def _get_path_inside(job: Job) -> Path | None:
    """Returns `init_from` relative to the run's folder; None if it is outside or not set."""
    if not (weights := job.config.get("init_from")):
        return None
    source, folder = Path(weights).expanduser().resolve(), job.output_dir.resolve()
    return source.relative_to(folder) if source.is_relative_to(folder) else None
