"""Reads what the runs and sweeps in some folders say of themselves."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fer_lightning.errors import FerError
from fer_lightning.results.report.consistency import contradiction, foreign_files
from fer_lightning.results.report.find import find
from fer_lightning.results.report.model import Lost, Run
from fer_lightning.results.report.settings import settings
from fer_lightning.results.result import FILE_NAME, Result, read
from fer_lightning.results.sweep import DONE, FAILED, JobState, SweepState

log = logging.getLogger(__name__)

NAMED = 4  # files that a note lists


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

    A result that is broken, or contradicts itself, is a warning in the log and counts as a failed job.

    Args:
        paths: result.json, the folder of a run, of a sweep, or any folder above them.

    Raises:
        FerError: a path that is not there.
    """
    found = find(paths)
    runs: list[Run] = []
    lost: list[Lost] = []
    notes: list[str] = []
    foreign: list[Path] = []
    for folder in found.runs:
        result, wrong = _read(folder)
        if result is not None and not wrong:
            runs.append(_run(folder, result, None, foreign))
        else:
            chosen, command = ({}, "") if result is None else (_settings(result), _made_by(result))
            lost.append(Lost(folder.name, folder, FAILED, chosen, wrong, command))
    for sweep_dir, sweep in found.sweeps.items():
        for job in sweep.jobs:
            folder = sweep_dir / job.folder
            result, wrong = _read(folder) if (folder / FILE_NAME).is_file() else (None, _without_result(job))
            if result is not None and not wrong:
                runs.append(_run(folder, result, sweep.sweep_name, foreign))
            else:
                state = FAILED if job.state == DONE else job.state
                command = job.command or _command("fer-train", job.overrides)
                if sweep.dir:  # it may have been moved, or copied
                    command = command.replace(f"{sweep.dir}/", f"{sweep_dir.absolute()}/")
                chosen = settings({}, job.overrides)
                lost.append(Lost(job.name, folder, state, chosen, wrong, command, sweep.sweep_name))
        notes += _unplanned(sweep)
    return Collected(tuple(runs), tuple(lost), (*notes, *_foreign(foreign)))


def _read(folder: Path) -> tuple[Result | None, str]:
    """The result, if it can be read, and what is wrong with it: "" where nothing is."""
    result = None
    try:
        result = read(folder)
        if contradicts := contradiction(result):
            raise FerError(f"{folder / FILE_NAME} contradicts itself: {contradicts}; test the checkpoint again")
    except FerError as wrong:
        log.warning("left out: %s", wrong)
        return result, str(wrong)
    return result, ""


def _without_result(job: JobState) -> str:
    if job.state == DONE:
        return "sweep.json says done, but its result.json is gone"
    return job.error


def _run(folder: Path, result: Result, sweep: str | None, foreign: list[Path]) -> Run:
    """The run without files that are not those it wrote, which go to `foreign`."""
    for name in foreign_files(result, folder):
        foreign.append(folder / result.files[name])
        log.warning("left out: %s is not the file that the run wrote: it was changed, or is another run's", foreign[-1])
        result = replace(result, files={key: path for key, path in result.files.items() if key != name})
    return Run(folder, result, _settings(result), _made_by(result), sweep)


def _settings(result: Result) -> dict[str, str]:
    return settings(result.choices, result.overrides)


def _made_by(result: Result) -> str:
    program = "fer-eval" if result.config.get("ckpt") is not None else "fer-train"
    return _command(program, result.overrides)


def _command(program: str, overrides: Sequence[str]) -> str:
    return shlex.join([program, *overrides])


def _foreign(files: Sequence[Path]) -> list[str]:
    if not files:
        return []
    more = f" and {len(files) - NAMED} more" if len(files) > NAMED else ""
    named = ", ".join(map(str, files[:NAMED])) + more
    return [f"Left out, for they are not the files that the runs wrote (changed, or another run's): {named}."]


def _unplanned(sweep: SweepState) -> list[str]:
    """Of a sweep that is to have more jobs than it has begun."""
    to_come = (sweep.total or 0) - len(sweep.jobs)
    return (
        [f"The sweep {sweep.sweep_name} has yet to begin {to_come} of its {sweep.total} jobs."] if to_come > 0 else []
    )
