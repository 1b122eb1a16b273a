"""Reads how a run's validation went, epoch by epoch, from its metrics.csv."""

from __future__ import annotations

import csv
import logging
import math
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from fer_lightning.results.report.model import Run

log = logging.getLogger(__name__)

FILE = "metrics"  # the name in result.json's `files`


class History(NamedTuple):
    """A metric over K epochs from 1, ascending; K finite values."""

    epochs: list[int]
    values: list[float]


def history(run: Run, metric: str) -> History | None:
    """The metric's curve; None of a run that kept none, or logged no such metric.

    A file that cannot be read is a warning, and the run is left out of the figure alone.
    """
    path = run.file(FILE)
    if path is None:
        return None
    try:
        values = _read(path, metric)
    except (ValueError, csv.Error) as broken:  # also bytes that are no UTF-8
        log.warning(f"{path} is no table of epochs ({broken}): the learning curves are without this run")
        return None
    return History(list(values), list(values.values())) if values else None


def _read(path: Path, metric: str) -> dict[int, float]:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    # after the last epoch the chosen weights are validated once more: a row like an epoch's, but nothing trained in it
    trained = {int(row["epoch"]) for row in rows if row.get("epoch") and _has_trained(row)}
    found = {}
    for row in rows:
        text, epoch = row.get(metric), row.get("epoch")
        if text and epoch and int(epoch) in trained and math.isfinite(value := float(text)):
            found[int(epoch) + 1] = value  # of an epoch that was resumed the later value
    return dict(sorted(found.items()))


def _has_trained(row: Mapping[str, str]) -> bool:
    return any(text for name, text in row.items() if name and name.startswith("train/"))
