"""What a resumed run takes over from its first part, beside the weights."""

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
    """What lies behind a run that goes on: the number of whole epochs, and the id of its W&B run, if it has one."""

    epochs: int
    wandb_id: str | None


def read_previous_progress(job: Job) -> PreviousProgress | None:
    """None for a run that begins.

    Raises:
        FerError: the run is to end before the epochs that lie behind it, or last.ckpt is damaged.
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
    """Lets the checkpoint callbacks find best.ckpt again where the run's folder was moved."""
    if job.resume_from is not None and job.places:
        saved = read_checkpoint(job.resume_from, key="resume")
        saved["callbacks"] = replace_paths(saved["callbacks"], job.places)
        AtomicCheckpointIO().save_checkpoint(saved, job.resume_from)


def find_interrupted_wandb_id(job: Job) -> str | None:
    """The id of the W&B run of the same training, begun in this folder and killed before its first epoch had ended."""
    folder = job.output_dir
    left = (folder / LAST_CHECKPOINT).exists() or (
        folder / RESULT
    ).exists()  # then it moves aside, and this run is another
    if left or read_run_hash(folder) != config_hash(job.config):
        return None
    return saved_job.load(folder).wandb_id


def restore_metric_rows(loggers: Iterable[Logger], folder: Path, epochs: int) -> None:
    """Writes the rows of the first epochs into metrics.csv again, for Lightning's CSV logger begins an empty file.

    Args:
        loggers: of the run that goes on.
        folder: the run's.
        epochs: how many lie behind it; where rows of them are lost or damaged, a warning says so.
    """
    for logger in loggers:
        if isinstance(logger, CSVLogger) and epochs:
            rows = read_metric_rows(folder / METRICS, epochs)
            if rows:
                logger.experiment.metrics.extend(rows)
                logger.save()


def read_metric_rows(path: Path, epochs: int) -> list[dict[str, str]]:
    """The whole rows of the first epochs; a warning where some are lost."""
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
    """The rows that are whole, and whether others are not."""
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
    """Whether every column has a number or nothing, and that of the epochs a whole one."""
    try:
        numbers = [float(value) for value in row.values() if value != ""]
    except (TypeError, ValueError):  # too many or too few columns, or no number
        return False
    epoch = row.get("epoch")
    return bool(numbers) and (epoch == "" or (isinstance(epoch, str) and epoch.isdecimal()))
