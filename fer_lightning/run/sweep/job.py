"""Runs one job of a sweep from its launcher: skips finished jobs, resumes unfinished ones, starts new ones."""

from __future__ import annotations

import logging
import os
import shlex
import signal
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from fer_lightning.errors import FerError
from fer_lightning.results.result import FILE_NAME as RESULT
from fer_lightning.results.result import config_hash
from fer_lightning.results.sweep import DONE, FAILED, PLANNED, RUNNING, JobState
from fer_lightning.run.artifacts.archive_previous import read_result_hash, read_run_hash
from fer_lightning.run.artifacts.folder_lock import wait_for_folder
from fer_lightning.run.config.compose import to_plain
from fer_lightning.run.sweep import state
from fer_lightning.run.sweep.data_changes import has_data_changed
from fer_lightning.run.sweep.gpu_assignment import assign_gpu, list_gpus
from fer_lightning.run.sweep.job_arguments import job_arguments
from fer_lightning.run.sweep.job_folder import archive_stale, read_value
from fer_lightning.run.sweep.names import make_job_name
from fer_lightning.run.sweep.subprocess_job import run_subprocess
from fer_lightning.signals import EXIT_CODES

log = logging.getLogger(__name__)

MODULE = "fer_lightning.commands.train"
OUTPUT = "output.log"  # in the job's folder: output of its process
JOBLIB = "JoblibLauncher"
QUEUE, NOTICE = "SUBMITIT_EXECUTOR", 120  # variable of submitit's workers; seconds
SHOWN_LINES = 12  # lines of the output in the message of a failed job


def run_job(cfg: DictConfig) -> float | None:
    """Runs the job that Hydra has composed unless it is finished; returns the value for the sweeper, None on failure.

    Waits while another launcher runs the job. A folder with another config is archived as `<job>.<oldhash>`; an
    unfinished run with the same config is resumed. A failure is recorded and does not stop other jobs.
    """
    hydra = HydraConfig.get()
    sweep_dir, overrides = Path(hydra.sweep.dir), list(hydra.overrides.task)
    sweep = state.read(sweep_dir)
    name = make_job_name(overrides, sweep.keys)
    job = JobState(name, name, overrides)
    lock = state.get_job_lock(sweep_dir, name)
    if state.is_running(sweep_dir, name):
        log.info("%s: another launch runs it; waiting", name)
    with lock:
        folder = sweep_dir / name
        wait_for_folder(folder)
        config = _resolve(cfg)
        wanted = None if config is None else config_hash(config)
        monitor = str(cfg.get("monitor"))
        if config is not None and read_run_hash(folder) == wanted and has_data_changed(folder, config):
            log.info("%s: its data have changed since it began; it runs anew", name)
            wanted = None
        if wanted is not None and read_result_hash(folder) == wanted:
            value = read_value(folder, monitor)
            known = next((other for other in state.read(sweep_dir).jobs if other.name == name), job)
            done = replace(known, state=DONE, value=value, error="", overrides=overrides)
            state.update(sweep_dir, lambda found: found.with_job(done))
            log.info("%s: done before", name)
            return value
        again = archive_stale(folder, wanted)
        arguments = job_arguments(overrides, hydra, sweep.sweep_name, folder, resume=again)
        job = replace(job, command=f"fer-train {shlex.join(arguments)}", state=RUNNING)
        with _assign_gpu(cfg, sweep_dir) as variables:
            return _run(job, arguments, variables, sweep_dir, monitor)


def _run(
    job: JobState, arguments: list[str], variables: Mapping[str, str], sweep_dir: Path, monitor: str
) -> float | None:
    folder = sweep_dir / job.folder
    state.update(sweep_dir, lambda found: found.with_job(job))
    output = folder / OUTPUT
    said_before = output.stat().st_size if output.is_file() else 0
    began = time.monotonic()
    try:
        code = run_subprocess(MODULE, arguments, output, variables)
    except BaseException:  # interrupted: the job can be resumed, or is finished
        reached = DONE if (folder / RESULT).is_file() else PLANNED
        stopped = replace(job, state=reached, value=read_value(folder, monitor))
        state.update(sweep_dir, lambda found: found.with_job(stopped))
        raise
    seconds = time.monotonic() - began
    value = read_value(folder, monitor) if code == 0 else None
    if code == 0 and (folder / RESULT).is_file():
        ended = replace(job, state=DONE, value=value, seconds=seconds)
    elif code in EXIT_CODES:
        ended = replace(job, state=PLANNED, seconds=seconds)
    else:
        ended = replace(job, state=FAILED, error=_describe_failure(code, output, said_before), seconds=seconds)
    state.update(sweep_dir, lambda found: found.with_job(ended))
    if code in EXIT_CODES and QUEUE in os.environ:
        # SLURM preempts the node: submitit's own signal follows, ends this process and requeues the job
        time.sleep(NOTICE)
    return value


def _assign_gpu(cfg: DictConfig, sweep_dir: Path) -> AbstractContextManager[dict[str, str]]:
    """Assigns a GPU if joblib runs several jobs on this machine that use one device each."""
    launcher = HydraConfig.get().launcher
    if not str(launcher["_target_"]).endswith(JOBLIB) or cfg.trainer.get("devices") not in (1, "auto"):
        return nullcontext({})
    at_once = int(launcher["n_jobs"])
    return assign_gpu(list_gpus(), at_once if at_once > 0 else os.cpu_count() or 1, sweep_dir / state.LOCKS)


def _resolve(cfg: DictConfig) -> dict[str, Any] | None:
    """Returns the config as plain data; None if it cannot be resolved, which the job's process reports."""
    try:
        return to_plain(cfg)
    except FerError:
        return None


def _describe_failure(code: int, output: Path, said_before: int) -> str:
    """Returns the last lines of this attempt and its exit code; output of earlier attempts is before `said_before`."""
    how = f"exit code {code}" if code >= 0 else f"killed by signal {-code}"
    how += " (out of memory?)" if code == -signal.SIGKILL else ""
    printed = output.read_bytes()[said_before:] if output.is_file() else b""
    lines = printed.decode("utf-8", "replace").splitlines()
    return "\n".join([*(line for line in lines[-SHOWN_LINES:] if line.strip()), how])
