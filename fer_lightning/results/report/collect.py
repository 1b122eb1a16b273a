"""Reads what the runs and sweeps in some folders say of themselves."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fer_lightning.errors import FerError
from fer_lightning.results.report.find import find
from fer_lightning.results.report.model import Lost, Run
from fer_lightning.results.report.settings import settings
from fer_lightning.results.result import FILE_NAME, Result, read
from fer_lightning.results.sweep import DONE, FAILED, JobState, SweepState

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Collected:
    """All that was found.

    Attributes:
        runs: with a result.
        lost: jobs without one, and runs whose result is broken.
        notes: what a reader must know, a sentence each.
    """

    runs: tuple[Run, ...]
    lost: tuple[Lost, ...]
    notes: tuple[str, ...] = ()


def collect(paths: Sequence[Path]) -> Collected:
    """Reads every result.json at and below the paths, and what sweeps say of jobs that have none.

    A broken result is a warning in the log and counts as a failed job.

    Args:
        paths: result.json, the folder of a run, of a sweep, or any folder above them.

    Raises:
        FerError: a path that is not there.
    """
    found = find(paths)
    runs: list[Run] = []
    lost: list[Lost] = []
    notes: list[str] = []
    for folder in found.runs:
        outcome = _read(folder)
        if isinstance(outcome, Result):
            runs.append(_run(folder, outcome))
        else:
            lost.append(Lost(folder.name, folder, FAILED, {}, outcome, ""))
    for sweep_dir, sweep in found.sweeps.items():
        for job in sweep.jobs:
            folder = sweep_dir / job.folder
            outcome = _read(folder) if (folder / FILE_NAME).is_file() else _without_result(job)
            if isinstance(outcome, Result):
                runs.append(_run(folder, outcome, sweep.sweep_name))
            else:
                state = FAILED if job.state == DONE else job.state
                command = job.command or _command("fer-train", job.overrides)
                if sweep.dir:  # it may have been moved, or copied
                    command = command.replace(f"{sweep.dir}/", f"{sweep_dir.absolute()}/")
                lost.append(
                    Lost(job.name, folder, state, settings({}, job.overrides), outcome, command, sweep.sweep_name)
                )
        notes += _unplanned(sweep)
    return Collected(tuple(runs), tuple(lost), tuple(notes))


def _read(folder: Path) -> Result | str:
    """The result, or what is wrong with it."""
    try:
        return read(folder)
    except FerError as broken:
        log.warning("left out: %s", broken)
        return str(broken)


def _without_result(job: JobState) -> str:
    if job.state == DONE:
        return "sweep.json says done, but its result.json is gone"
    return job.error


def _run(folder: Path, result: Result, sweep: str | None = None) -> Run:
    program = "fer-eval" if result.config.get("ckpt") is not None else "fer-train"
    command = _command(program, result.overrides)
    return Run(folder, result, settings(result.choices, result.overrides), command, sweep)


def _command(program: str, overrides: Sequence[str]) -> str:
    return shlex.join([program, *overrides])


def _unplanned(sweep: SweepState) -> list[str]:
    """Of a sweep that is to have more jobs than it has begun."""
    to_come = (sweep.total or 0) - len(sweep.jobs)
    return (
        [f"The sweep {sweep.sweep_name} has yet to begin {to_come} of its {sweep.total} jobs."] if to_come > 0 else []
    )
