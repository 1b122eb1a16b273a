"""Adds a row to a report: the ensemble that averages the predicted probabilities of all runs."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fer_lightning.errors import FerError
from fer_lightning.results.confusion_scores import FROM_COUNTS, RECALL, matrix_scores
from fer_lightning.results.intervals import intervals
from fer_lightning.results.predictions import Predictions, read
from fer_lightning.results.report.average_probabilities import Pool
from fer_lightning.results.report.model import Row, Run
from fer_lightning.results.report.paired_predictions import FILE
from fer_lightning.results.report.rows import score
from fer_lightning.results.result import Result

log = logging.getLogger(__name__)

NOT_KEPT = "they kept no predictions"
OTHER_TEST = "they were tested on other data, under another protocol or with other classes than the best row"
OTHER_LABELS = "images have another true class there"
WHOLE = "runs"  # the only key of a report whose runs differ in nothing


def with_ensemble(rows: Sequence[Row], metric: str) -> tuple[tuple[Row, ...], tuple[str, ...]]:
    """The rows followed by that of the ensemble, and notes on it.

    In each fold the probabilities of all runs that tested an image, of all rows and seeds, are averaged with equal
    weights (the rule of the sum: Kittler et al., "On combining classifiers", TPAMI 1998); what only one run tested is
    left out. Each fold gives one run of the row, so that mean and standard deviation are over the folds; its result
    has counts and metrics like any other, no file, no time, and seed 0. It keeps its predictions in memory, for the
    paired tests. Nothing is fitted, so the test labels do not help it.

    Runs count only where data, protocol and classes are those of the best row that kept predictions.

    Args:
        rows: by falling score.
        metric: of the report; one that does not follow from a confusion matrix gives no ensemble, and a note.
    """
    if metric not in FROM_COUNTS and not metric.startswith(RECALL):
        return tuple(rows), (f"No ensemble: {metric} is not among what is computed for it, {', '.join(FROM_COUNTS)}.",)
    pools: dict[Any, Pool] = {}
    members: dict[Any, Run] = {}
    left_out: dict[str, Counter[str]] = defaultdict(Counter)
    frame = None
    counted: Counter[int] = Counter()
    for place, row in enumerate(rows):
        for run in row.runs:
            reason, kept = NOT_KEPT, _read_predictions(run)
            if kept is not None:
                frame = frame or _frame(run, kept)
                reason = OTHER_TEST
                if _frame(run, kept) == frame:
                    pool = pools.setdefault(run.fold, Pool(kept.class_names))
                    reason = "" if pool.add(kept) else OTHER_LABELS
            if reason:
                left_out[reason][row.name] += 1
            else:
                counted[place] += 1
                members.setdefault(run.fold, run)
    notes = [f"Not in the ensemble, for {reason}: {_list(names)}." for reason, names in left_out.items()]
    runs = [_run(pool.average(), fold, members[fold].result) for fold, pool in pools.items() if pool.images]
    if not runs:
        return tuple(rows), ("No ensemble: it needs two runs that kept predictions of the same images.", *notes)
    many = f"{len(counted)} rows" if len(counted) > 1 else f"{counted.total()} runs"
    keys = list(rows[0].key) or [WHOLE]
    key = dict.fromkeys(keys, "") | {keys[0]: f"ensemble of {many}"}
    made = Row(key, tuple(runs), (), (), score(runs, metric), ensemble=True)
    return (*rows, made), (*_average_note(pools.values()), *notes)


def _read_predictions(run: Run) -> Predictions | None:
    """The run's predictions; None where there are none, and where the file is broken, which is a warning."""
    path = run.file(FILE)
    if path is None:
        return None
    try:
        return read(path)
    except FerError as broken:
        log.warning(f"{broken}; the ensemble is without this run")
        return None


def _frame(run: Run, kept: Predictions) -> tuple[Any, ...]:
    return run.result.choices.get("data"), run.result.protocol, sorted(kept.class_names)


def _run(averaged: Predictions, fold: Any, like: Result) -> Run:
    """One fold of the ensemble as a run; `like` is a run of this fold that is in it."""
    names, classes = list(averaged.class_names), len(averaged.class_names)
    cells = averaged.true * classes + averaged.predicted
    counts = np.bincount(cells, minlength=classes**2).reshape(classes, classes)
    result = Result(
        config_hash="",
        choices={"data": like.choices["data"]} if "data" in like.choices else {},
        overrides=[],
        config={"data": {"fold": fold}},
        seed=0,
        protocol=like.protocol,
        class_names=names,
        metrics=matrix_scores(counts, names),
        confusion_matrix=counts.tolist(),
        timing={},
        world_size=1,
        resumed_from_epoch=None,
        paper=None,
        files={},
        versions={},
        started="",
        finished="",
        counts={"test": len(averaged.ids)},
        intervals=intervals(counts, names),
    )
    return Run(Path(), result, {}, "", predictions=averaged)


def _average_note(pools: Iterable[Pool]) -> Iterator[str]:
    runs = np.concatenate([pool.runs for pool in pools])
    low, high = int(runs[runs > 1].min()), int(runs.max())
    many = f"{low}" if low == high else f"{low} to {high}"
    alone = int((runs == 1).sum())
    without = f"; {alone:,} that a single run tested are left out" if alone else ""
    yield f"The ensemble averages the probabilities of {many} runs for each image{without}."


def _list(names: Counter[str], shown: int = 8) -> str:
    more = f" and {len(names) - shown} more rows" if len(names) > shown else ""
    return ", ".join(f"{count} of {name}" for name, count in list(names.items())[:shown]) + more
