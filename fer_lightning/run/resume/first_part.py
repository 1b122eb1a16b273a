"""What a resumed run takes over from its first part, beside the weights."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from pytorch_lightning.loggers import CSVLogger, Logger

from fer_lightning.errors import FerError
from fer_lightning.run.checkpoint import read_checkpoint
from fer_lightning.run.job import Job
from fer_lightning.run.resume.saved_job import moved
from fer_lightning.training.checkpoints import AtomicCheckpoints

METRICS = "metrics.csv"


class FirstPart(NamedTuple):
    """What lies behind a run that goes on: the number of whole epochs, and the id of its W&B run, if it has one."""

    epochs: int
    wandb_id: str | None


def first_part(job: Job) -> FirstPart | None:
    """None for a run that begins.

    Raises:
        FerError: the run is to end before the epochs that lie behind it.
    """
    if job.resume_from is None:
        return FirstPart(0, None) if job.resumed else None
    saved = read_checkpoint(job.resume_from, key="resume")
    progress = saved["loops"]["fit_loop"]["epoch_progress"]
    epochs, asked = int(progress["current"]["processed"]), job.config["trainer"]["max_epochs"]
    if asked is not None and 0 <= asked < epochs:
        raise FerError(
            f"trainer.max_epochs={asked}: the run in {job.output_dir} has {epochs} epochs behind it; "
            "choose at least as many"
        )
    return FirstPart(epochs, saved["fer_config"].get("wandb_id"))


def move_checkpoint(job: Job) -> None:
    """Lets the checkpoint callbacks find best.ckpt again where the run's folder was moved."""
    if job.resume_from is not None and job.places:
        saved = read_checkpoint(job.resume_from, key="resume")
        saved["callbacks"] = moved(saved["callbacks"], job.places)
        AtomicCheckpoints().save_checkpoint(saved, job.resume_from)


def rows_before(folder: Path, epoch: int) -> list[dict[str, Any]]:
    """The lines that the epochs before `epoch` left in metrics.csv."""
    path = folder / METRICS
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        return [row for row in csv.DictReader(stream) if row.get("epoch") and int(row["epoch"]) < epoch]


def keep_rows(loggers: Iterable[Logger], rows: list[dict[str, Any]]) -> None:
    """Writes them again: Lightning's CSV logger begins an empty file."""
    for logger in loggers:
        if isinstance(logger, CSVLogger) and rows:
            logger.experiment.metrics.extend(rows)
            logger.save()
