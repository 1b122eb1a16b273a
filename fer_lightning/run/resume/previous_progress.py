"""The progress of an interrupted run: epochs, W&B run and logged metrics."""

from __future__ import annotations

import csv
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pytorch_lightning.loggers import CSVLogger, Logger

from fer_lightning.errors import FerError
from fer_lightning.results.result import FILE_NAME as RESULT
from fer_lightning.results.result import config_hash
from fer_lightning.run.artifacts.archive_previous import LAST_CHECKPOINT, read_run_hash
from fer_lightning.run.checkpoint.restore import read_checkpoint
from fer_lightning.run.job import Job
from fer_lightning.run.resume import saved_job
from fer_lightning.run.resume.best_checkpoint import suggest_restart
from fer_lightning.run.resume.saved_job import replace_paths
from fer_lightning.training.checkpoint_io import AtomicCheckpointIO

METRICS = "metrics.csv"
log = logging.getLogger(__name__)


class PreviousProgress(NamedTuple):
    """Progress of a resumed run: the number of finished epochs, and the id of its W&B run."""

    epochs: int
    wandb_id: str | None


def read_previous_progress(job: Job) -> PreviousProgress | None:
    """Reads the progress of a resumed run; None for a new run.

    Raises:
        FerError: `trainer.max_epochs` is below the finished epochs, or last.ckpt is damaged.
    """
    if job.resume_from is None:
        return PreviousProgress(0, job.wandb_id) if job.resumed else None
    try:
        saved = read_checkpoint(job.resume_from, key="resume")
    except FerError as damage:
        best = job.resume_from.with_name("best.ckpt")
        raise FerError(f"{damage}\n  {suggest_restart(job, best)}") from damage
    progress = saved["loops"]["fit_loop"]["epoch_progress"]
    epochs, asked = int(progress["current"]["processed"]), job.config["trainer"]["max_epochs"]
    if asked is not None and 0 <= asked < epochs:
        raise FerError(
            f"trainer.max_epochs={asked}: the run in {job.output_dir} has {epochs} epochs behind it; "
            "choose at least as many"
        )
    return PreviousProgress(epochs, saved["fer_config"].get("wandb_id"))


def update_checkpoint_paths(job: Job) -> None:
    """Updates the paths in the state of the checkpoint callbacks if the run's folder was moved."""
    if job.resume_from is not None and job.places:
        saved = read_checkpoint(job.resume_from, key="resume")
        saved["callbacks"] = replace_paths(saved["callbacks"], job.places)
        AtomicCheckpointIO().save_checkpoint(saved, job.resume_from)


def find_interrupted_wandb_id(job: Job) -> str | None:
    """Returns the W&B id of the same training in this folder if it was killed in its first epoch."""
    folder = job.output_dir
    left = (folder / LAST_CHECKPOINT).exists() or (
        folder / RESULT
    ).exists()  # then it is archived, and this is another run
    if left or read_run_hash(folder) != config_hash(job.config):
        return None
    return saved_job.load(folder).wandb_id


def restore_metric_rows(loggers: Iterable[Logger], folder: Path, epochs: int) -> None:
    """Restores the rows of finished epochs in metrics.csv, as Lightning's CSV logger starts an empty file.

    Args:
        loggers: of the resumed run.
        folder: the run's.
        epochs: number of finished epochs; missing or damaged rows are logged as a warning.
    """
    for logger in loggers:
        if isinstance(logger, CSVLogger) and epochs:
            rows = read_metric_rows(folder / METRICS, epochs)
            if rows:
                logger.experiment.metrics.extend(rows)
                logger.save()


def read_metric_rows(path: Path, epochs: int) -> list[dict[str, str]]:
    """Reads the valid rows of the first epochs; logs a warning if some are missing."""
    rows, damaged = _read_rows(path)
    kept = [row for row in rows if row["epoch"] and int(row["epoch"]) < epochs]
    lost = sorted(set(range(epochs)) - {int(row["epoch"]) for row in kept})
    if lost or damaged:
        kept_of_it = f"nothing of epoch {', '.join(str(epoch + 1) for epoch in lost)}" if lost else "not every row"
        log.warning(
            "%s is gone or damaged: %s is kept from it; learning_curves.png still shows every epoch", path, kept_of_it
        )
    return kept


def _read_rows(path: Path) -> tuple[list[dict[str, str]], bool]:
    """Returns the valid rows, and whether there are invalid ones."""
    if not path.is_file():
        return [], True
    rows = []
    with path.open(encoding="utf-8", errors="replace", newline="") as stream:
        try:
            for row in csv.DictReader(stream):
                rows.append(row)
        except csv.Error:
            return [row for row in rows if _is_complete(row)], True
    whole = [row for row in rows if _is_complete(row)]
    return whole, len(whole) < len(rows)


def _is_complete(row: Mapping[Any, Any]) -> bool:
    """Whether every column is empty or a number, and the epoch an integer."""
    try:
        numbers = [float(value) for value in row.values() if value != ""]
    except (TypeError, ValueError):  # too many or too few columns, or no number
        return False
    epoch = row.get("epoch")
    return bool(numbers) and (epoch == "" or (isinstance(epoch, str) and epoch.isdecimal()))
