"""Runs a training: from a config to a folder with a result."""

from __future__ import annotations

import contextlib
import logging
import signal
from dataclasses import replace
from pathlib import Path

from fer_lightning.results.result import FILE_NAME, Result, read
from fer_lightning.run.artifacts.folder_lock import FolderLock, lock_folder
from fer_lightning.run.artifacts.run_figures import draw_curves, draw_faces, draw_steps
from fer_lightning.run.artifacts.run_folder import open_log, prepare_training_folder
from fer_lightning.run.artifacts.write_results import write_results
from fer_lightning.run.build import Run, build_run
from fer_lightning.run.checkpoint.init_weights import load_initial_weights
from fer_lightning.run.checkpoint.restore import describe_restore_needs
from fer_lightning.run.config.validate_config import validate_config
from fer_lightning.run.fit import fit
from fer_lightning.run.job import Job, Stopped
from fer_lightning.run.process.abort_messages import find_best_epoch, make_nonfinite_error, make_stop_error
from fer_lightning.run.process.distributed_env import is_global_zero
from fer_lightning.run.process.stop_signals import StopSignals, raise_on_signals
from fer_lightning.run.process.warning_filters import filter_warnings
from fer_lightning.run.process.worker_failures import report_worker_failures
from fer_lightning.run.resume import saved_job
from fer_lightning.run.resume.previous_progress import (
    PreviousProgress,
    find_interrupted_wandb_id,
    read_previous_progress,
    restore_metric_rows,
)
from fer_lightning.run.resume.same_data import check_same_data
from fer_lightning.run.step_check import check_steps
from fer_lightning.run.tracking import trackers
from fer_lightning.training.callbacks.interrupt import Interrupted
from fer_lightning.training.callbacks.terminate_on_nonfinite import NonFiniteLoss

log = logging.getLogger(__name__)


def train(job: Job) -> Result | None:
    """Trains, tests and writes the run's folder; returns None on processes of non-zero rank.

    Raises:
        FerError: the config or the data are invalid, a loss was not finite, a worker process was killed, or another
            process trains in this folder.
        Stopped: a signal arrived; the run can be resumed.
    """
    filter_warnings()
    validate_config(job.config)
    with report_worker_failures(job):
        if is_global_zero():
            with lock_folder(job.output_dir) as lock:
                return _train(job, lock)
        logging.getLogger().setLevel(logging.ERROR)  # only the first process logs
        open_log()
        return _train(job, None)


def _train(job: Job, lock: FolderLock | None) -> Result | None:
    """Trains on the first process, which holds the lock, or without a lock on one of the others."""
    before = read_previous_progress(job)
    run_id = find_interrupted_wandb_id(job) if before is None else before.wandb_id
    job = replace(job, config={**job.config, "logger": trackers.continue_wandb_run(job.config["logger"], run_id)})
    if lock is not None:
        trackers.check_account(job.config["logger"])
    run = build_run(job)
    if before is not None:
        check_same_data(job, run.datamodule)
    weights = job.config["init_from"]
    if weights and job.resume_from is None:
        load_initial_weights(run.module, Path(weights).expanduser())
    if lock is not None:
        name = f"model={job.choices['model']}, loss={job.choices['loss']}"
        check_steps(run.module, run.datamodule, run.trainer, bool(job.config["trainer"].get("sync_batchnorm")), name)
        return _train_on_first_process(
            prepare_training_folder(job, lock, run.datamodule, run.trainer.world_size), run, before
        )
    with contextlib.suppress(Interrupted, NonFiniteLoss):  # the first process reports them
        fit(run, job.resume_from)
    return None


def _train_on_first_process(job: Job, run: Run, before: PreviousProgress | None) -> Result:
    if before is not None:
        restore_metric_rows(run.trainer.loggers, job.output_dir, before.epochs)
    with raise_on_signals() as signals:
        try:
            return _fit_and_test(job, run, None if before is None else before.epochs, signals)
        except Interrupted as stop:
            signals.ignore_further()
            if not (job.output_dir / FILE_NAME).is_file():
                raise _make_stop_error(stop.signum, job, run) from stop
            log.warning("%s came after the result was written; trackers may lack a part of it", stop)
            return read(job.output_dir)
        except SystemExit as end:
            if isinstance(end.__context__, KeyboardInterrupt):  # Lightning converts it to SystemExit
                raise _make_stop_error(signal.SIGINT, job, run) from end
            raise


def _fit_and_test(job: Job, run: Run, epoch: int | None, signals: StopSignals) -> Result:
    names, loggers = list(run.module.class_names), run.trainer.loggers
    done = False
    try:
        _log_start(job, run, epoch)
        draw_faces(job, run.datamodule)
        draw_steps(job, run.datamodule)
        trackers.begin(loggers, job, names)
        run.module.record["wandb_id"] = run_id = trackers.wandb_id(loggers)
        if run_id is not None:  # the next start resumes this W&B run, even if training is killed in its first epoch
            saved_job.save(replace(job, wandb_id=run_id))
        outcome = fit(run, job.resume_from)
        assert outcome is not None
        result = write_results(job, run, outcome, epoch)
        trackers.publish(loggers, job, result, job.output_dir)
        done = True
    except Interrupted:
        signals.caught()  # closing trackers takes time, which a second signal ends
        raise
    except NonFiniteLoss as failure:
        draw_curves(job, run.epoch_log, None)
        raise make_nonfinite_error(failure, job, run.datamodule.faces) from failure
    finally:
        for line in trackers.close(loggers, failed=not done):
            log.info("%s", line)
    return result


def _make_stop_error(signum: int, job: Job, run: Run) -> Stopped:
    best = find_best_epoch(job, run.epoch_log.epochs)
    draw_curves(job, run.epoch_log, None if best is None else int(best["epoch"]))
    return make_stop_error(signum, job, run.epoch_log)


def _log_start(job: Job, run: Run, epoch: int | None) -> None:
    sides = ", ".join(f"{len(rows):,} {stage}" for stage, rows in run.datamodule.protocol.splits().items())
    parameters = sum(p.numel() for p in run.module.net.parameters())
    log.info("%s: %s images; net of %s parameters", job.described(), sides, f"{parameters:,}")
    if run.trainer.world_size > 1:
        log.info("%d processes share each batch of %d", run.trainer.world_size, run.datamodule.batch_size)
    if epoch is not None:
        log.info("resuming after %d epochs in %s", epoch, job.output_dir)
    if needs := describe_restore_needs(job.config):
        log.warning("%s", needs)
