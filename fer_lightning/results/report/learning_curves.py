"""Learning curves of a report: read from each run's metrics.csv, and where each row converges."""

from __future__ import annotations

import csv
import logging
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from matplotlib.figure import Figure

from fer_lightning.errors import FerError, choices
from fer_lightning.results.figures.curve_bundles import EPOCHS, ITERATIONS, OVER, Bundle, History, curve_bundles, mean
from fer_lightning.results.metric_names import format_value, is_fraction, label, low_is_good, unit
from fer_lightning.results.report.model import Report, Row, Run

log = logging.getLogger(__name__)

ROWS, RUNS = 8, 24  # that are drawn; a row of more runs shows the first of them
NEAR = 0.01  # one percentage point


class Curves(NamedTuple):
    """What is drawn.

    Attributes:
        metric: as logged, such as `val/accuracy`.
        over: `epochs` or `iterations`.
        bundles: the curves of each row that has some, at least one.
        about: how much of the report that is; "" where it is all.
    """

    metric: str
    over: str
    bundles: list[Bundle]
    about: str

    @property
    def title(self) -> str:
        """`train accuracy over the iterations`."""
        return f"{label(self.metric)} over the {self.over}"

    def draw(self) -> Figure:
        """The picture."""
        return curve_bundles(self.bundles, self.metric, self.about, self.over)

    def ends(self) -> str:
        """What it shows in words: the last value of each row's runs."""
        return "; ".join(f"{bundle.name}: {_ends(bundle.curves, self.metric)}" for bundle in self.bundles)

    def convergence(self) -> pd.DataFrame:
        """A table of texts: where each row comes near its highest value; empty of no percentage.

        Of several runs it is their mean, the thick line.
        """
        if not is_fraction(self.metric) or low_is_good(self.metric):
            return pd.DataFrame()
        lines = []
        for bundle in self.bundles:
            line = mean(bundle.curves)
            if line.epochs:
                highest = max(line.values)
                lines.append(
                    [bundle.name, f"{first_within_a_point(line, self.over):,.0f}", format_value(highest, self.metric)]
                )
        head = ["row", f"reached at {self.over.removesuffix('s')}", f"highest{unit(self.metric)}"]
        return pd.DataFrame(lines, columns=head, dtype=object)

    def notes(self) -> list[str]:
        """How to read it, a sentence each."""
        several = ", of several runs their mean," if any(len(bundle.curves) > 1 for bundle in self.bundles) else ""
        near = f"Reached: where the curve{several} first comes within one point of its highest value (our definition)."
        step = "An iteration is a step of the optimizer."
        return [*[near] * (not self.convergence().empty), *[step] * (self.over == ITERATIONS)]


def first_within_a_point(curve: History, over: str) -> float:
    """The first place, in `epochs` or `iterations`, where a fraction is at most one point below its highest value."""
    enough = max(curve.values) - NEAR - 1e-9  # 0.8 - 0.01 is a little more than 0.79
    return next(at for at, value in zip(curve.at(over), curve.values, strict=True) if value >= enough)


def curves_of(report: Report) -> Curves | None:
    """The report's curve; where none was asked for the validation of its metric, or else of the accuracy.

    None where no run kept its figures.
    """
    wanted = [report.curve] if report.curve else [f"val/{report.metric.partition('/')[2]}", "val/accuracy"]
    for metric in dict.fromkeys(wanted):  # not every metric of a test is one of validation
        if bundles := _bundles(report.rows, metric, report.over):
            more = any(len(row.runs) > RUNS for row in report.rows)
            several = len(report.rows) > len(bundles)
            about = f"{len(bundles)} of {len(report.rows):,} rows" * several
            about += f"{', ' * several}of each row at most {RUNS} runs" * more
            return Curves(metric, report.over, bundles, about)
    return None


def check_curve(curve: str | None, over: str, runs: Sequence[Run]) -> None:
    """Tries what was asked for.

    Raises:
        FerError: `over` is neither epochs nor iterations, or no run logged the curve.
    """
    if over not in OVER:
        raise FerError(f"over={over}: choose among {choices(OVER, over)}")
    if curve is None:
        return
    known = dict.fromkeys(name for run in runs for name in logged(run))
    if not known:
        raise FerError(f"curve={curve}: no run here kept its metrics.csv; logger=csv, the default of fer-train, does")
    if curve not in known:
        once = " (the test is read once, after training)" if curve.startswith("test/") else ""
        ranked = sorted(known, key=lambda name: "/recall/" in name)
        raise FerError(f"curve={curve}: no run logged it{once}; choose among {choices(ranked, curve)}")


def _bundles(rows: Sequence[Row], metric: str, over: str) -> list[Bundle]:
    bundles: list[Bundle] = []
    for row in rows:
        found = [history(run, metric, over) for run in row.runs[:RUNS]]
        if known := [curve for curve in found if curve is not None]:
            bundles.append(Bundle(row.name, known))
        if len(bundles) == ROWS:
            break
    return bundles


def _ends(found: Sequence[History], metric: str) -> str:
    last = [curve.values[-1] for curve in found]
    low, high = format_value(min(last), metric), format_value(max(last), metric)
    return low if low == high else f"{low} to {high}"


FILE = "metrics"  # the name in result.json's `files`


def history(run: Run, metric: str, over: str = EPOCHS) -> History | None:
    """The metric's curve; None of a run that kept none, or logged no such metric.

    A file that cannot be read, or does not count iterations where they are asked for, is a warning, and the run is left
    out of the figure alone.
    """
    path = run.file(FILE)
    if path is None:
        return None
    try:
        values = _read(path, metric)
    except (ValueError, csv.Error) as broken:  # also bytes that are no UTF-8
        log.warning(f"{path} is no table of epochs ({broken}): the learning curves are without this run")
        return None
    iterations = [step for _, step in values.values() if step is not None]
    if over == ITERATIONS and len(iterations) < len(values):
        log.warning(f"{path} has no column step: the learning curves over iterations are without this run")
        return None
    if not values:
        return None
    return History(
        list(values), [value for value, _ in values.values()], iterations if len(iterations) == len(values) else ()
    )


def logged(run: Run) -> list[str]:
    """The metrics of which the run may have a curve; those of the test are read once and have none."""
    path = run.file(FILE)
    if path is None:
        return []
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            names = next(csv.reader(stream), [])
    except (ValueError, csv.Error):  # `history` names it
        return []
    known = names if "epoch" in names else []
    return [name for name in known if name not in ("", "epoch", "step") and not name.startswith("test/")]


def _read(path: Path, metric: str) -> dict[int, tuple[float, int | None]]:
    """Epoch from 1 -> the metric, and how many steps the optimizer had taken."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    # after the last epoch the chosen weights are validated once more: a row like an epoch's, but nothing trained in it
    trained = {int(row["epoch"]) for row in rows if row.get("epoch") and _has_trained(row)}
    found = {}
    for row in rows:
        text, epoch, step = row.get(metric), row.get("epoch"), row.get("step")
        if text and epoch and int(epoch) in trained and math.isfinite(value := float(text)):
            # of an epoch that was resumed the later value; Lightning counts steps from 0
            found[int(epoch) + 1] = value, int(step) + 1 if step else None
    return dict(sorted(found.items()))


def _has_trained(row: Mapping[str, str]) -> bool:
    return any(text for name, text in row.items() if name and name.startswith("train/"))
