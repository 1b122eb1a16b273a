"""sweep.json: what a sweep planned, and how far each job is; as fer-train writes and reports read it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from fer_lightning.errors import FerError

FILE_NAME = "sweep.json"
PLANNED, RUNNING, DONE, FAILED = "planned", "running", "done", "failed"


@dataclass(frozen=True)
class JobState:
    """One job.

    Attributes:
        name: unique in its sweep.
        folder: relative to the sweep's.
        overrides: as Hydra gives them to the job.
        state: `planned`, `running`, `done` or `failed`; `running` of a launcher that was killed is what it last was.
        value: what the sweep watches, of a finished job.
        error: the last lines of a failed job's log.
        command: what runs it alone.
        seconds: that the last attempt took.
    """

    name: str
    folder: str
    overrides: list[str]
    state: str = PLANNED
    value: float | None = None
    error: str = ""
    command: str = ""
    seconds: float | None = None


@dataclass(frozen=True)
class SweepState:
    """The whole file.

    Attributes:
        sweep_name: of its folder.
        command: what was typed.
        overrides: what was typed, as Hydra has it.
        keys: what the jobs differ in.
        total: how many jobs there are to be; None where a sweeper decides as it goes.
        created, updated: ISO 8601, UTC.
        jobs: planned or begun, in their order.
        dir: the sweep's folder when it was planned, with which the commands of the jobs begin their paths.
    """

    sweep_name: str
    command: str
    overrides: list[str]
    keys: list[str]
    total: int | None
    created: str
    updated: str
    jobs: list[JobState]
    dir: str = ""

    def of(self, state: str) -> list[JobState]:
        """The jobs in that state."""
        return [job for job in self.jobs if job.state == state]

    def with_job(self, job: JobState) -> SweepState:
        """The same with this job in place of the one of its name, or after all others."""
        names = [other.name for other in self.jobs]
        if job.name not in names:
            return replace(self, jobs=[*self.jobs, job])
        return replace(self, jobs=[job if other.name == job.name else other for other in self.jobs])


def read(path: Path) -> SweepState:
    """What the file says; what other versions add is left out, and what they lack is empty.

    Raises:
        FerError: it is broken, or is no sweep's.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as broken:  # also bytes that are no UTF-8
        raise FerError(f"{path} is no whole JSON file ({broken})") from broken
    if not isinstance(content, dict) or not isinstance(content.get("jobs"), list):
        raise FerError(f"{path} has no list of jobs: is it another program's?")
    total = content.get("total")
    return SweepState(
        sweep_name=str(content.get("sweep_name") or path.parent.name),
        command=str(content.get("command") or ""),
        overrides=[str(word) for word in content.get("overrides") or []],
        keys=[str(key) for key in content.get("keys") or []],
        total=total if isinstance(total, int) else None,
        created=str(content.get("created") or ""),
        updated=str(content.get("updated") or ""),
        jobs=[_job(entry, f"{path}: jobs[{number}]") for number, entry in enumerate(content["jobs"])],
        dir=str(content.get("dir") or ""),
    )


def _job(entry: Any, place: str) -> JobState:
    if not isinstance(entry, Mapping) or not all(isinstance(entry.get(key), str) for key in ("name", "folder")):
        raise FerError(f"{place} has no name and folder")
    overrides = entry.get("overrides") or []
    if not isinstance(overrides, list):
        raise FerError(f"{place}: overrides are no list")
    known = {field.name: entry[field.name] for field in fields(JobState) if entry.get(field.name) is not None}
    return JobState(**{**known, "overrides": [str(word) for word in overrides]})
