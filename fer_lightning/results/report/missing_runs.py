"""What a report lacks: jobs without a result and missing cells of the grid of folds and seeds, with their commands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from fer_lightning.results.report.model import FOLD, SEED, Report, Row

ENDED = re.compile(r"exit code -?\d+|killed by signal \d+")
HINT = "(HYDRA_FULL_ERROR"  # below every mistake that a command tells
STATES = {
    "planned": "planned, not begun",
    "running": "running when the sweep last wrote sweep.json",
    "failed": "failed; its log says nothing",
}


class MissingRun(NamedTuple):
    """A job without a result, or a missing cell of the grid.

    Attributes:
        name: of the job, or of its row with fold and seed.
        reason: why it has no result, in one line.
        command: what runs it (again); "" where that is unknown.
        log: the last lines of its log where these are several; "" elsewhere.
    """

    name: str
    reason: str
    command: str
    log: str = ""


def missing_runs(report: Report) -> list[MissingRun]:
    """Everything that is missing, in the order of the rows."""
    found = []
    for row in report.rows:
        for job in row.missing_jobs:
            reason, log = in_a_line(job.reason) or STATES.get(job.state, job.state), job.reason.strip()
            found.append(MissingRun(job.name, reason, job.command, log if "\n" in log else ""))
        for cell in row.missing_cells:
            found.append(MissingRun(f"{row.name}: {cell}", "other rows have such a run", _command(row, cell)))
    return found


def in_a_line(reason: str) -> str:
    """The last line that says why; behind it how the process ended, where the sweep wrote that down last."""
    lines = [line.strip() for line in reason.splitlines() if line.strip()]
    if not lines:
        return ""
    ended = lines.pop() if ENDED.match(lines[-1]) else ""
    messages = [line for line in lines if not line.startswith(HINT)]
    # what a command tells as its mistake, and not what it says after it
    why = next((line for line in messages if line.startswith("error: ")), messages[-1] if messages else "")
    return f"{why} ({ended})" if why and ended else why or ended


def _command(row: Row, cell: str) -> str:
    """That of a run of the row, with the fold and the seed of the missing cell; "" of a row that has no run."""
    if not row.runs:
        return ""
    words = shlex.split(row.runs[0].command)
    wanted = cell.split(", ")
    named = tuple(f"{word.partition('=')[0]}=" for word in wanted if word.startswith((FOLD, SEED)))
    return shlex.join([*(word for word in words if not word.lstrip("+").startswith(named)), *wanted])


Place = tuple[str, ...]  # the values of fold and seed


@dataclass(frozen=True)
class Occupied:
    """What a row covers.

    Attributes:
        frame: data set and protocol; rows of different ones have different folds. None of a row without a run.
        places: of its runs and missing jobs.
    """

    frame: Any
    places: frozenset[Place]


def missing_cells(rows: Sequence[Occupied], axes: Sequence[str]) -> list[tuple[str, ...]]:
    """For each row what it lacks, as in `data.fold=2, seed=1`; an axis that has one value is not named.

    Rows are measured against each other where they have the same frame and share a place, directly or through a third
    row: folds of one row and seeds of another that have nothing in common are no grid, and a single row lacks nothing.
    """
    grids: list[tuple[Any, set[Place], list[int]]] = []
    for number, row in enumerate(rows):
        if row.frame is None:
            continue
        touching = [grid for grid in grids if grid[0] == row.frame and grid[1] & row.places]
        merged = set(row.places).union(*(grid[1] for grid in touching))
        members = [number, *(member for grid in touching for member in grid[2])]
        grids = [grid for grid in grids if grid not in touching]
        grids.append((row.frame, merged, members))
    found: list[tuple[str, ...]] = [()] * len(rows)
    for _, places, members in grids:
        varied = [k for k in range(len(axes)) if len({place[k] for place in places}) > 1]
        for member in members:
            lacking = sorted(places - rows[member].places, key=in_order)
            found[member] = tuple(", ".join(f"{axes[k]}={place[k]}" for k in varied) for place in lacking)
    return found


def in_order(place: Place) -> tuple[tuple[int, str], ...]:
    """A key for sorting: numbers by size, then texts."""
    return tuple((int(text), "") if text.isdecimal() else (2**63, text) for text in place)
