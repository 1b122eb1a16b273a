"""Rows of runs whose answers to each image are said in the test, for tests of comparisons and ensembles."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import numpy as np
from reports import run

from fer_lightning.results.predictions import Predictions, write
from fer_lightning.results.report.model import Row
from fer_lightning.results.report.rows import score

NAMES = ("no", "yes")
FOLDERS = count()


def predictions(right, ids=None, true=None, names=NAMES):
    """Of two classes: `right` is True for each image that was recognised, or the probability of its true class."""
    right = np.asarray(right)
    chances = right if right.dtype.kind == "f" else np.where(right, 0.9, 0.1)
    true = np.zeros(len(chances), dtype=np.int64) if true is None else np.asarray(true, dtype=np.int64)
    ids = [f"image {k:05d}" for k in range(len(chances))] if ids is None else ids
    probabilities = np.empty((len(chances), 2), dtype=np.float32)
    probabilities[np.arange(len(chances)), true] = chances
    probabilities[np.arange(len(chances)), 1 - true] = 1 - chances
    return Predictions(np.array(ids, dtype=np.str_), true, names, probabilities)


def answered(folder: Path, right, ids=None, true=None, kept=True, names=NAMES, **fields):
    """A run, its file of predictions and its accuracy."""
    given = predictions(right, ids, true, names)
    own = folder / f"run {next(FOLDERS)}"
    own.mkdir()
    if kept:
        write(given, own / "predictions.parquet")
    files = {"predictions": "predictions.parquet"} if kept else {}
    return run(own, accuracy=float(given.correct.mean()), files=files, names=names, **fields)


def row_of(*runs, ensemble=False, **key):
    return Row(key, runs, (), (), score(runs, "test/accuracy"), ensemble=ensemble)
