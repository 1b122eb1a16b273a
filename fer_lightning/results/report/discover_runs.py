"""Finds the runs and sweeps below the folders of a report, and reads their results."""

from __future__ import annotations

import logging
import os
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from fer_lightning.errors import FerError
from fer_lightning.results.archived import is_archived
from fer_lightning.results.consistency import contradiction, foreign_files
from fer_lightning.results.report.keys import settings
from fer_lightning.results.report.model import Collected, MissingJob, Run
from fer_lightning.results.result import FILE_NAME as RESULT
from fer_lightning.results.result import Result, read
from fer_lightning.results.schema import printable
from fer_lightning.results.sweep import DONE, FAILED, JobState, SweepState
from fer_lightning.results.sweep import FILE_NAME as SWEEP
from fer_lightning.results.sweep import read as read_sweep

log = logging.getLogger(__name__)

WITHIN = frozenset({"checkpoints", "wandb"})  # of a run: nothing to look for, and thousands of files
BESIDE = ("multirun.yaml", "optimization_results.yaml")  # what `sweeps/NAME/*` in a shell finds beside the jobs


@dataclass
class Folders:
    """Folders, each once, in the order of the paths and of their names.

    Attributes:
        runs: hold a result.json and belong to no sweep that was found.
        sweeps: folder -> what its sweep.json says.
    """

    runs: list[Path] = field(default_factory=list)
    sweeps: dict[Path, SweepState] = field(default_factory=dict)


def find_folders(paths: Sequence[Path]) -> Folders:
    """What lies at and below the paths; links are followed, and a folder that two ways lead to counts once.

    In the folder of a sweep only those jobs count that its sweep.json names; elsewhere, what a later run in the same
    folder has moved aside counts only where it is named itself.

    Raises:
        FerError: a path that is not there.
    """
    found, seen = Folders(), set[tuple[int, int]]()
    for path in paths:
        if not path.exists():
            raise FerError(f"{path} does not exist: name result.json, a run's folder, a sweep's, or any above them")
        if path.name in BESIDE:
            continue
        start = path if path.is_dir() else path.parent
        if path.is_file() and path.name not in (RESULT, SWEEP):
            raise FerError(f"{path} is neither a {RESULT} nor a {SWEEP}: name the folder of a run or of a sweep")
        _walk(start, found, seen)
    jobs = {_identity(job) for folder, sweep in found.sweeps.items() for job in _places(folder, sweep)}
    sweeps = {_identity(folder) for folder in found.sweeps}
    # a job that is also named by itself, and what a sweep has set aside
    found.runs = [run for run in found.runs if _identity(run) not in jobs and _identity(run.parent) not in sweeps]
    return found


def _walk(start: Path, found: Folders, seen: set[tuple[int, int]]) -> None:
    waiting = [start]
    while waiting:
        folder = waiting.pop()
        if _identity(folder) in seen:
            continue
        seen.add(_identity(folder))
        try:
            with os.scandir(folder) as entries:
                inner = {entry.name: entry.is_dir() for entry in entries}
        except OSError as shut:
            log.warning("%s cannot be read and is left out: %s", folder, shut.strerror)
            continue
        if SWEEP in inner and (sweep := _sweep(folder)) is not None:
            found.sweeps[folder] = sweep
            continue
        if RESULT in inner:
            found.runs.append(folder)
        skipped = WITHIN if RESULT in inner else frozenset()
        below = [name for name, is_dir in inner.items() if is_dir and name not in skipped and name[0] != "."]
        below = [name for name in below if not is_archived(name, inner)]
        waiting += [folder / name for name in sorted(below, reverse=True)]


def _sweep(folder: Path) -> SweepState | None:
    try:
        sweep = read_sweep(folder / SWEEP)
    except FerError as broken:
        log.warning("%s; every result below %s counts", broken, folder)
        return None
    # the folder is where a job lies, whatever it is called
    shown = [{key: printable(value) for key, value in vars(job).items() if key != "folder"} for job in sweep.jobs]
    jobs = [replace(job, **changed) for job, changed in zip(sweep.jobs, shown, strict=True)]
    return replace(sweep, sweep_name=printable(sweep.sweep_name), jobs=jobs)


def _places(folder: Path, sweep: SweepState) -> Iterator[Path]:
    return (folder / job.folder for job in sweep.jobs if (folder / job.folder).is_dir())


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


NAMED = 4  # files that a note lists


def discover_runs(paths: Sequence[Path]) -> Collected:
    """Reads every result.json at and below the paths, and what sweeps say of jobs that have none.

    A result that is broken, or contradicts itself, is a warning in the log and counts as a failed job.

    Args:
        paths: result.json, the folder of a run, of a sweep, or any folder above them.

    Raises:
        FerError: a path that is not there.
    """
    found = find_folders(paths)
    runs: list[Run] = []
    missing: list[MissingJob] = []
    notes: list[str] = []
    foreign: list[Path] = []
    for folder in found.runs:
        result, wrong = _read(folder)
        if result is not None and not wrong:
            runs.append(_run(folder, result, None, foreign))
        else:
            chosen, command = ({}, "") if result is None else (_settings(result), _command_of(result))
            missing.append(MissingJob(folder.name, folder, FAILED, chosen, wrong, command))
    for sweep_dir, sweep in found.sweeps.items():
        for job in sweep.jobs:
            folder = sweep_dir / job.folder
            result, wrong = _read(folder) if (folder / RESULT).is_file() else (None, _without_result(job))
            if result is not None and not wrong:
                runs.append(_run(folder, result, sweep.sweep_name, foreign))
            else:
                state = FAILED if job.state == DONE else job.state
                command = job.command or _command("fer-train", job.overrides)
                if sweep.dir:  # it may have been moved, or copied
                    command = command.replace(f"{sweep.dir}/", f"{sweep_dir.absolute()}/")
                chosen = settings({}, job.overrides)
                missing.append(MissingJob(job.name, folder, state, chosen, wrong, command, sweep.sweep_name))
        notes += _unplanned_note(sweep)
    return Collected(tuple(runs), tuple(missing), (*notes, *_foreign_note(foreign)))


def _read(folder: Path) -> tuple[Result | None, str]:
    """The result, if it can be read, and what is wrong with it: "" where nothing is."""
    result = None
    try:
        result = read(folder)
        if contradicts := contradiction(result):
            raise FerError(f"{folder / RESULT} contradicts itself: {contradicts}; test the checkpoint again")
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
    return Run(folder, result, _settings(result), _command_of(result), sweep)


def _settings(result: Result) -> dict[str, str]:
    return settings(result.choices, result.overrides)


def _command_of(result: Result) -> str:
    program = "fer-eval" if result.config.get("ckpt") is not None else "fer-train"
    return _command(program, result.overrides)


def _command(program: str, overrides: Sequence[str]) -> str:
    return shlex.join([program, *overrides])


def _foreign_note(files: Sequence[Path]) -> list[str]:
    if not files:
        return []
    more = f" and {len(files) - NAMED} more" if len(files) > NAMED else ""
    named = ", ".join(map(str, files[:NAMED])) + more
    return [f"Left out, for they are not the files that the runs wrote (changed, or another run's): {named}."]


def _unplanned_note(sweep: SweepState) -> list[str]:
    """Of a sweep that is to have more jobs than it has begun."""
    to_come = (sweep.total or 0) - len(sweep.jobs)
    return (
        [f"The sweep {sweep.sweep_name} has yet to begin {to_come} of its {sweep.total} jobs."] if to_come > 0 else []
    )
