"""What the page says of each row: its runs with the commands that made them, its counts and its recalls."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from fer_lightning.results.report.metrics import figure
from fer_lightning.results.report.model import FOLD, Report, Row, Run
from fer_lightning.results.report.pictures import Picture
from fer_lightning.results.report.pooled import Pooled
from fer_lightning.results.report.sortable import anchor
from fer_lightning.results.report.text import mean_and_spread
from fer_lightning.results.summary import NONE

NEAR = 3  # folders up from the page that a link may go; what lies further away hardly moves together with it


class Place(NamedTuple):
    """A folder, and a link to it where it lies near the page; "" elsewhere."""

    text: str
    link: str


class Made(NamedTuple):
    """A run as the page tells it."""

    fold: str
    seed: str
    value: str
    place: Place


class Detail(NamedTuple):
    """A row as the page tells it.

    Attributes:
        anchor: where it stands on the page.
        name: the row in one line.
        value: its score.
        ensemble: whether it averages others instead of being runs.
        paper: where the figure to compare with was printed; "" where that is unknown.
        runs: each of them.
        commands: what made them, in the same order.
        absent: how many jobs and holes it has.
        counts: its test counts; None where they cannot be summed.
        confusion: the same as a picture; None beyond the first rows.
    """

    anchor: str
    name: str
    value: str
    ensemble: bool
    paper: str
    runs: list[Made]
    commands: list[str]
    absent: int
    counts: Pooled | None
    confusion: Picture | None

    @property
    def recalls(self) -> list[tuple[str, str, str]]:
        """Class, recall and images, in words."""
        known = self.counts.recalls() if self.counts else []
        return [(name, NONE if share is None else f"{100 * share:.1f} %", f"{n:,}") for name, n, share in known]


def detail(report: Report, place: int, counts: Pooled | None, confusion: Picture | None, page: Path) -> Detail:
    """What there is to say of the row at a place.

    Args:
        report: the whole.
        place: of the row.
        counts: of the row, see `pooled`.
        confusion: their picture.
        page: where the page will lie; links start there.
    """
    row = report.rows[place]
    return Detail(
        anchor=anchor(place),
        name=row.name,
        value=mean_and_spread(row.score, report.metric),
        ensemble=row.ensemble,
        paper=_paper(row),
        runs=[_made(run, row.ensemble, report.metric, page) for run in row.runs],
        commands=list(dict.fromkeys(run.command for run in row.runs if run.command)),
        absent=len(row.lost) + len(row.holes),
        counts=counts,
        confusion=confusion,
    )


def _made(run: Run, ensemble: bool, metric: str, page: Path) -> Made:
    value = run.result.metrics.get(metric)
    fold = run.settings.get(FOLD) or (run.result.config.get("data") or {}).get("fold")
    return Made(
        fold=NONE if fold in (None, "") else str(fold),
        seed=NONE if ensemble else str(run.result.seed),
        value=NONE if value is None else figure(value, metric),
        place=Place(NONE, "") if ensemble else _place(run.folder, page),
    )


def _place(folder: Path, page: Path) -> Place:
    folder, start = folder.absolute(), page.parent.absolute()
    if folder.anchor != start.anchor:  # two drives
        return Place(str(folder), "")
    relative = Path(os.path.relpath(folder, start))
    if relative.parts.count(os.pardir) > NEAR:
        return Place(str(folder), "")
    return Place(str(relative), f"./{quote(relative.as_posix())}/")


def _paper(row: Row) -> str:
    """Of the first run that names one."""
    papers = [run.result.paper for run in row.runs if run.result.paper]
    return ", ".join(str(papers[0][key]) for key in ("title", "table") if papers[0].get(key)) if papers else ""
