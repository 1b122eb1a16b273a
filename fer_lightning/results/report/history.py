"""Reads how a run's figures went, epoch by epoch, from its metrics.csv."""

from __future__ import annotations

import csv
import logging
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from fer_lightning.results.report.model import Run

log = logging.getLogger(__name__)

FILE = "metrics"  # the name in result.json's `files`
EPOCHS, ITERATIONS = OVER = ("epochs", "iterations")  # what a curve goes over


class History(NamedTuple):
    """A metric over K epochs from 1, ascending; K finite values.

    Attributes:
        epochs: whole numbers.
        values: as logged, at the end of each epoch.
        iterations: steps of the optimizer until then, from 1; none where the file does not say.
    """

    epochs: Sequence[int]
    values: Sequence[float]
    iterations: Sequence[float] = ()

    def at(self, over: str) -> Sequence[float]:
        """Where the values stand, in `epochs` or `iterations`."""
        return self.iterations if over == ITERATIONS else self.epochs


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


def mean(curves: Sequence[History]) -> History:
    """Of several runs, over the epochs that each of them has; of iterations, which folds differ in, the mean too."""
    shared = sorted(set.intersection(*(set(curve.epochs) for curve in curves)))
    values = [dict(zip(curve.epochs, curve.values, strict=True)) for curve in curves]
    counted = all(curve.iterations for curve in curves)
    steps = [dict(zip(curve.epochs, curve.iterations, strict=True)) for curve in curves] if counted else []
    return History(
        shared,
        [fmean(of[epoch] for of in values) for epoch in shared],
        [fmean(of[epoch] for of in steps) for epoch in shared] if counted else (),
    )


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
