"""Judges the claims of the papers by the kept results: agrees, disagrees or undecided."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import fmean
from typing import Any

from fer_lightning.config_keys import is_place, may_differ
from fer_lightning.errors import FerError, first_few
from fer_lightning.results.metric_names import low_is_good
from fer_lightning.results.report.caveats import test_sets, without_repeats
from fer_lightning.results.report.discover_runs import discover_runs
from fer_lightning.results.report.keys import leaves, value
from fer_lightning.results.report.model import FOLD, SEED, Row, Run, Score
from fer_lightning.results.report.rows import score
from fer_lightning.results.report.significance import group_runs, over_runs
from tools.claims import BETTER, NOT_WORSE, Claim, Claims, Selection

AGREES, DISAGREES, UNDECIDED = "agrees", "disagrees", "undecided"
FEWEST = 3  # pairs of runs below which no claim is decided
NO_RUNS, OLDER, NO_DIFFERENCE = "no runs yet", "older settings", "no proven difference"
# what two rows share, whatever a claim is about: the length of the training, its arithmetic and the images
SHARED = ("data.protocol", "model.input.size", "trainer.max_epochs", "trainer.precision")


@dataclass(frozen=True)
class Verdict:
    """What the kept results say of a claim.

    Attributes:
        claim: the claim.
        verdict: `agrees`, `disagrees` or `undecided`.
        reason: why it is undecided; "" where it is decided.
        difference: mean of the metric of the first row minus that of the second over the pairs; None without a pair.
        interval: its 95 % interval, Student's t over the pairs; None of fewer than two.
        seeds: how many seeds the pairs have.
        folds: how many folds; one also under a protocol without folds.
    """

    claim: Claim
    verdict: str
    reason: str = ""
    difference: float | None = None
    interval: tuple[float, float] | None = None
    seeds: int = 0
    folds: int = 0


def judge_claims(claims: Claims, results: Path) -> list[Verdict]:
    """The verdict on each claim.

    A claim is decided where both rows share at least three pairs of runs of the same fold and seed, and the 95 %
    interval of the mean difference (Student's paired t) lies wholly inside what the claim allows (agrees) or wholly
    outside (disagrees). For `better` that is the paired t test with two-sided p < 0.05.

    Args:
        claims: as read from their file.
        results: the folder that holds a folder of runs for each name, docs/results.

    Raises:
        FerError: a result that is broken.
    """
    names = dict.fromkeys(name for claim in claims.claims for name in claim.results)
    runs = {name: _whole_runs(results / name) for name in names if (results / name).is_dir()}
    return [_judge(claim, runs, claims.older) for claim in claims.claims]


def _whole_runs(folder: Path) -> Sequence[Run]:
    collected = discover_runs([folder])
    if broken := [str(job.folder) for job in collected.missing_jobs]:
        raise FerError(f"no whole result in {first_few(broken)}: keep it again from the run, or remove it")
    return collected.runs


def _judge(claim: Claim, runs: Mapping[str, Sequence[Run]], older: Mapping[str, date]) -> Verdict:
    found = [
        [
            (run, name in older and run.result.started < older[name].isoformat())
            for name in claim.results
            for run in runs.get(name, ())
            if all(value(run, key) == wanted for key, wanted in side.wanted.items())
        ]
        for side in (claim.first, claim.second)
    ]
    # where only one row has runs of the present settings, the earlier pair of rows is shown
    for outdated in (False, True):
        of_age = [[run for run, is_older in side if is_older is outdated] for side in found]
        if all(of_age):
            first, second = map(_row, (claim.first, claim.second), of_age)
            return _compare(claim, first, second, OLDER if outdated else _mismatch(first, second))
    return Verdict(claim, UNDECIDED, NO_RUNS)


def _compare(claim: Claim, first: Row, second: Row, objection: str) -> Verdict:
    ours, theirs = (_means(row, claim.metric) for row in (first, second))
    pairs = [key for key in ours if key in theirs]
    if not pairs:
        return Verdict(claim, UNDECIDED, objection or "no shared seed or fold")
    folds = len({fold for fold, _ in pairs})
    test = over_runs(first, second, claim.metric)
    verdict, reason = UNDECIDED, objection
    if not objection and len(pairs) < FEWEST:
        reason = "one run" if len(pairs) == 1 else f"{len(pairs)} runs"
    elif not objection and test is not None:
        verdict, reason = _decide(claim, test.interval)
    difference = fmean(ours[key] - theirs[key] for key in pairs)
    seeds = len({seed for _, seed in pairs})
    return Verdict(claim, verdict, reason, difference, None if test is None else test.interval, seeds, folds)


def _decide(claim: Claim, interval: tuple[float, float]) -> tuple[str, str]:
    low, high = (-interval[1], -interval[0]) if low_is_good(claim.metric) else interval
    least = 0.0 if claim.says == BETTER else -claim.margin
    most = math.inf if claim.says in (BETTER, NOT_WORSE) else claim.margin
    if least < low and high < most:
        return AGREES, ""
    if high < least or low > most:
        return DISAGREES, ""
    return UNDECIDED, NO_DIFFERENCE if claim.says == BETTER else "interval reaches beyond the margin"


def _means(row: Row, metric: str) -> dict[Any, float]:
    """Fold and seed -> mean of the metric over the runs that have it."""
    means = {key: score(runs, metric).mean for key, runs in group_runs(row, by_fold=False).items()}
    return {key: mean for key, mean in means.items() if mean is not None}


def _row(said: Selection, runs: Sequence[Run]) -> Row:
    kept, _ = without_repeats(runs, ())
    return Row({"row": said.row}, tuple(kept), (), (), Score(None, None, 0, None))


def _mismatch(first: Row, second: Row) -> str:
    """Why the rows cannot be compared, in a word or two; "" where they can."""
    if list(test_sets((first, second))):
        return "different test images"
    both = (*first.runs, *second.runs)
    if len({str(run.result.versions) for run in both}) > 1:
        return "different versions"
    keys = dict.fromkeys(key for row in (first, second) for key in _varying(row))
    keys |= dict.fromkeys(key for key in SHARED if len({value(run, key) for run in both}) > 1)
    return f"different {first_few(list(keys))}" if keys else ""


def _varying(row: Row) -> list[str]:
    """Keys but fold and seed that decide a figure and vary within the row; a place may follow the seed."""
    configs = [leaves(run.result.config) for run in row.runs]
    keys = dict.fromkeys(key for config in configs for key in config)
    counted = [key for key in keys if key not in (FOLD, SEED) and may_differ(key) and not is_place(key)]
    return [key for key in counted if len({_text(config.get(key)) for config in configs}) > 1]


def _text(found: Any) -> str:
    return "" if found is None else str(found)
