"""Which curves a report draws: of what, over what, of which rows; and where each of them has converged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.figure import Figure

from fer_lightning.errors import FerError, choices
from fer_lightning.results.report.curves_figure import Bundle, curve_bundles
from fer_lightning.results.report.history import ITERATIONS, OVER, History, history, logged, mean
from fer_lightning.results.report.metrics import figure, is_fraction, label, low_is_good, unit
from fer_lightning.results.report.model import Report, Row, Run

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

    def converged(self) -> list[list[str]]:
        """A table of texts, its head first: where each row comes near its highest value; none of no percentage.

        Of several runs it is their mean, the thick line.
        """
        if not is_fraction(self.metric) or low_is_good(self.metric):
            return []
        lines = [["row", f"reached at {self.over.removesuffix('s')}", f"highest{unit(self.metric)}"]]
        for bundle in self.bundles:
            line = mean(bundle.curves)
            if line.epochs:
                highest = max(line.values)
                lines.append([bundle.name, f"{reached(line, self.over):,.0f}", figure(highest, self.metric)])
        return lines

    def told(self) -> list[str]:
        """How to read it, a sentence each."""
        several = ", of several runs their mean," if any(len(bundle.curves) > 1 for bundle in self.bundles) else ""
        near = f"Reached: where the curve{several} first comes within one point of its highest value (our definition)."
        step = "An iteration is a step of the optimizer."
        return [*[near] * bool(self.converged()), *[step] * (self.over == ITERATIONS)]


def reached(curve: History, over: str) -> float:
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
    low, high = figure(min(last), metric), figure(max(last), metric)
    return low if low == high else f"{low} to {high}"
