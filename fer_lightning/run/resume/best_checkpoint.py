"""Ensures that a resumed run has the checkpoint of its best epoch, before it trains further."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fer_lightning.errors import FerError
from fer_lightning.run.checkpoint.restore import read_checkpoint
from fer_lightning.run.job import Job
from fer_lightning.run.process.abort_messages import find_best_epoch
from fer_lightning.training.checkpoint_io import AtomicCheckpointIO

log = logging.getLogger(__name__)


def restore_best_checkpoint(job: Job) -> None:
    """Restores a missing or damaged best.ckpt from last.ckpt, if that is the best epoch.

    Raises:
        FerError: the weights of the best epoch are lost.
    """
    if job.resume_from is None:
        return
    saved = read_checkpoint(job.resume_from, key="resume")
    chosen = _find_monitor_state(saved["callbacks"])
    if chosen is None:  # before the end of the first validation
        return
    path = Path(chosen["best_model_path"])
    try:
        read_checkpoint(path, key="best checkpoint")
    except FerError as damage:
        if not _is_best_epoch(saved, float(chosen["best_model_score"]), job):
            raise FerError(
                f"{damage}\n  The best epoch of this run is lost with it; {job.resume_from.name} holds the last one.\n"
                f"  {suggest_restart(job, job.resume_from)}"
            ) from damage
        AtomicCheckpointIO().save_checkpoint(saved, path)
        log.warning("%s\n  Written again from %s, which holds the best epoch", damage, job.resume_from.name)


def suggest_restart(job: Job, weights: Path) -> str:
    """Suggests commands for a run that cannot be resumed."""
    anew = shlex.join(["fer-train", *job.overrides, f"hydra.run.dir={job.output_dir}"])
    return f"Start it anew with: {anew}\n  or a new run from the weights that are left, with init_from={weights}"


def _find_monitor_state(callbacks: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Returns the state of the ModelCheckpoint with a monitor, as in `fit`."""
    states = (state for state in callbacks.values() if isinstance(state, Mapping))
    return next((state for state in states if state.get("monitor") and state.get("best_model_path")), None)


def _is_best_epoch(saved: Mapping[str, Any], score: float, job: Job) -> bool:
    """Whether last.ckpt was written at the end of the epoch with the best validation metric."""
    interval = job.config["trainer"].get("val_check_interval")
    once_an_epoch = interval is None or (isinstance(interval, float) and interval == 1)
    best = find_best_epoch(job, saved["callbacks"]["Record"]["epochs"])
    if "Interrupt" in saved["callbacks"] or not once_an_epoch or best is None:
        return False
    return int(best["epoch"]) == saved["epoch"] and best[job.config["monitor"]] == score
