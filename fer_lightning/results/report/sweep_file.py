"""sweep.json as a report reads it: the jobs of a sweep and how far each is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fer_lightning.errors import FerError

FILE_NAME = "sweep.json"
PLANNED, DONE, FAILED = "planned", "done", "failed"


@dataclass(frozen=True)
class SweepJob:
    """One job.

    Attributes:
        name: unique in its sweep.
        folder: relative to the sweep's.
        overrides: all that it was asked for.
        state: `planned`, `running`, `done` or `failed`.
        error: the last lines of a failed job's log.
        command: what runs it alone; "" where it has not begun.
    """

    name: str
    folder: str
    overrides: list[str]
    state: str = PLANNED
    error: str = ""
    command: str = ""


@dataclass(frozen=True)
class SweepFile:
    """A sweep.

    Attributes:
        name: of the sweep.
        total: how many jobs there are to be; None where a sweeper decides as it goes.
        jobs: planned or begun.
        command: what was typed.
        dir: where it lay when its commands were written.
    """

    name: str
    total: int | None
    jobs: tuple[SweepJob, ...]
    command: str = ""
    dir: str = ""


def read_sweep(path: Path) -> SweepFile:
    """What the file says; what later versions add is left out.

    Raises:
        FerError: it is broken, or is no sweep's.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as broken:  # also bytes that are no UTF-8
        raise FerError(f"{path} is no whole JSON file ({broken})") from broken
    if not isinstance(content, dict) or not isinstance(content.get("jobs"), list):
        raise FerError(f"{path} has no list of jobs: is it another program's?")
    jobs = tuple(_job(entry, f"{path}: jobs[{number}]") for number, entry in enumerate(content["jobs"]))
    total = content.get("total")
    return SweepFile(
        name=str(content.get("sweep_name") or path.parent.name),
        total=total if isinstance(total, int) else None,
        jobs=jobs,
        command=str(content.get("command") or ""),
        dir=str(content.get("dir") or ""),
    )


def _job(entry: Any, place: str) -> SweepJob:
    if not isinstance(entry, Mapping) or not all(isinstance(entry.get(key), str) for key in ("name", "folder")):
        raise FerError(f"{place} has no name and folder")
    overrides = entry.get("overrides") or []
    if not isinstance(overrides, list):
        raise FerError(f"{place}: overrides are no list")
    return SweepJob(
        name=entry["name"],
        folder=entry["folder"],
        overrides=[str(word) for word in overrides],
        state=str(entry.get("state") or PLANNED),
        error=str(entry.get("error") or ""),
        command=str(entry.get("command") or ""),
    )
