"""A whole training: from a config to a folder with a result."""

from __future__ import annotations

import contextlib
import logging
import signal
from dataclasses import replace
from pathlib import Path

from pytorch_lightning.utilities.exceptions import SIGTERMException

from fer_lightning.results.result import Result
from fer_lightning.run.build import Run, build_run
from fer_lightning.run.check import check
from fer_lightning.run.fit import fit
from fer_lightning.run.folder_lock import held
from fer_lightning.run.initial import start_from
from fer_lightning.run.job import Job, Stopped
from fer_lightning.run.launch import is_first
from fer_lightning.run.outputs import begin, leave, promise
from fer_lightning.run.pictures import draw_curves, draw_faces, draw_steps
from fer_lightning.run.quiet import quiet
from fer_lightning.run.resume.first_part import first_part, keep_rows, move_checkpoint, rows_before
from fer_lightning.run.resume.same_data import check_same_data
from fer_lightning.run.stops import best_so_far, nonfinite, stopped
from fer_lightning.run.tracking import trackers
from fer_lightning.training.callbacks.finite import NonFiniteLoss
from fer_lightning.training.callbacks.interrupt import Interrupted

log = logging.getLogger(__name__)


def train(job: Job) -> Result | None:
    """Trains, tests and writes the run's folder; None in the processes that only helped to train.

    Raises:
        FerError: the config or the data are not as they should be, a loss was no finite number, or another process
            trains in this folder.
        Stopped: a signal asked to end; the folder holds what a resume goes on from.
    """
    quiet()
    first = is_first()
    if not first:
        logging.getLogger().setLevel(logging.ERROR)  # what there is to say is said once
    check(job.config)
    with held(job.output_dir) if first else contextlib.nullcontext():
        return _train(job, first)


def _train(job: Job, first: bool) -> Result | None:
    before = first_part(job)
    if before is not None:
        job = replace(job, config={**job.config, "logger": trackers.resumed(job.config["logger"], before.wandb_id)})
    if first:
        trackers.check(job.config["logger"])
    rows = rows_before(job.output_dir, before.epochs) if before is not None and first else []
    run = build_run(job)
    if before is not None:
        check_same_data(job, run.datamodule)
    if first:  # from here on what lies in the folder may change
        begin(job)
        move_checkpoint(job)
    keep_rows(run.trainer.loggers, rows)
    weights = job.config["init_from"]
    if weights and job.resume_from is None:
        start_from(run.module, Path(weights).expanduser())
    if first:
        job = promise(job, run.datamodule)
        return _lead(job, run, None if before is None else before.epochs)
    with contextlib.suppress(Interrupted, NonFiniteLoss):  # the first process tells of them
        fit(run, job.resume_from)
    return None


def _lead(job: Job, run: Run, epoch: int | None) -> Result:
    names, loggers = list(run.module.class_names), run.trainer.loggers
    _announce(job, run, epoch)
    draw_faces(job, run.datamodule)
    draw_steps(job, run.datamodule)
    done = False
    try:
        trackers.begin(loggers, job, names)
        run.module.record["wandb_id"] = trackers.wandb_id(loggers)
        outcome = fit(run, job.resume_from)
        assert outcome is not None
        result = leave(
            job, outcome, run.datamodule, run.answers, run.module, run.pages, run.record, run.trainer.world_size, epoch
        )
        trackers.publish(loggers, job, result, job.output_dir)
        done = True
    except Interrupted as stop:
        raise _stopped(stop.signum, job, run) from stop
    except SIGTERMException as end:  # Lightning's, before or after the training loop
        raise _stopped(signal.SIGTERM, job, run) from end
    except SystemExit as end:
        if isinstance(end.__context__, KeyboardInterrupt):  # which Lightning turns into this
            raise _stopped(signal.SIGINT, job, run) from end
        raise
    except NonFiniteLoss as failure:
        draw_curves(job, run.record, None)
        raise nonfinite(failure, job, run.datamodule.faces) from failure
    finally:
        for line in trackers.close(loggers, failed=not done):
            log.info("%s", line)
    return result


def _stopped(signum: int, job: Job, run: Run) -> Stopped:
    best = best_so_far(job, run.record)
    draw_curves(job, run.record, None if best is None else int(best["epoch"]))
    return stopped(signum, job, run.record)


def _announce(job: Job, run: Run, epoch: int | None) -> None:
    sides = ", ".join(f"{len(rows):,} {stage}" for stage, rows in run.datamodule.protocol.sides().items())
    parameters = sum(p.numel() for p in run.module.net.parameters())
    log.info("%s: %s images; net of %s parameters", job.described(), sides, f"{parameters:,}")
    if run.trainer.world_size > 1:
        log.info("%d processes share each batch of %d", run.trainer.world_size, run.datamodule.batch_size)
    if epoch is not None:
        log.info("going on after %d epochs in %s", epoch, job.output_dir)
