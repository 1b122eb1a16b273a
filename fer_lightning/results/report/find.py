"""Finds the runs and sweeps in the folders that a report is asked for."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from fer_lightning.errors import FerError
from fer_lightning.results.archived import is_archived
from fer_lightning.results.result import FILE_NAME as RESULT
from fer_lightning.results.schema import printable
from fer_lightning.results.sweep import FILE_NAME as SWEEP
from fer_lightning.results.sweep import SweepState, read

log = logging.getLogger(__name__)

WITHIN = frozenset({"checkpoints", "wandb"})  # of a run: nothing to look for, and thousands of files
BESIDE = ("multirun.yaml", "optimization_results.yaml")  # what `sweeps/NAME/*` in a shell finds beside the jobs


@dataclass
class Found:
    """Folders, each once, in the order of the paths and of their names.

    Attributes:
        runs: hold a result.json and belong to no sweep that was found.
        sweeps: folder -> what its sweep.json says.
    """

    runs: list[Path] = field(default_factory=list)
    sweeps: dict[Path, SweepState] = field(default_factory=dict)


def find(paths: Sequence[Path]) -> Found:
    """What lies at and below the paths; links are followed, and a folder that two ways lead to counts once.

    In the folder of a sweep only those jobs count that its sweep.json names; elsewhere, what a later run in the same
    folder has moved aside counts only where it is named itself.

    Raises:
        FerError: a path that is not there.
    """
    found, seen = Found(), set[tuple[int, int]]()
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


def _walk(start: Path, found: Found, seen: set[tuple[int, int]]) -> None:
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
        sweep = read(folder / SWEEP)
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
