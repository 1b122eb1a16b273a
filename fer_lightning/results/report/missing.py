"""What a report lacks: jobs without a result and holes in the grid of folds and seeds, with the command for each."""

from __future__ import annotations

import re
import shlex

from fer_lightning.results.report.model import FOLD, SEED, Report, Row

ENDED = re.compile(r"exit code -?\d+|killed by signal \d+")
HINT = "(HYDRA_FULL_ERROR"  # below every mistake that a command tells
STATES = {
    "planned": "planned, not begun",
    "running": "running when the sweep last wrote sweep.json",
    "failed": "failed; its log says nothing",
}


def losses(report: Report) -> list[tuple[str, str, str]]:
    """Job or hole, why it has no result, and what runs it (again); in the order of the rows."""
    found = []
    for row in report.rows:
        for lost in row.lost:
            found.append((lost.name, in_a_line(lost.reason) or STATES.get(lost.state, lost.state), lost.command))
        for hole in row.holes:
            found.append((f"{row.name}: {hole}", "other rows have such a run", _command(row, hole)))
    return found


def in_a_line(reason: str) -> str:
    """The last line that says why; behind it how the process ended, where the sweep wrote that down last."""
    lines = [line.strip() for line in reason.splitlines() if line.strip()]
    if not lines:
        return ""
    ended = lines.pop() if ENDED.match(lines[-1]) else ""
    told = [line for line in lines if not line.startswith(HINT)]
    # what a command tells as its mistake, and not what it says after it
    why = next((line for line in told if line.startswith("error: ")), told[-1] if told else "")
    return f"{why} ({ended})" if why and ended else why or ended


def _command(row: Row, hole: str) -> str:
    """That of a run of the row, with the fold and the seed of the hole; "" of a row that has no run."""
    if not row.runs:
        return ""
    words = shlex.split(row.runs[0].command)
    wanted = hole.split(", ")
    named = tuple(f"{word.partition('=')[0]}=" for word in wanted if word.startswith((FOLD, SEED)))
    return shlex.join([*(word for word in words if not word.lstrip("+").startswith(named)), *wanted])
