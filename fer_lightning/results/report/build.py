"""Makes a report of the results in some folders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from fer_lightning.errors import FerError
from fer_lightning.results.figures.curve_bundles import EPOCHS
from fer_lightning.results.report.discover_runs import discover_runs
from fer_lightning.results.report.ensemble import with_ensemble
from fer_lightning.results.report.figures import bar_keys
from fer_lightning.results.report.learning_curves import check_curve
from fer_lightning.results.report.missing_runs import in_a_line
from fer_lightning.results.report.model import Collected, Report, Run
from fer_lightning.results.report.rows import in_rank, make_rows
from fer_lightning.results.report.significance import compare

USUAL = ("test/accuracy", "test/psnr")
NAMED = 3  # sweeps or folders that a title names


def make_report(
    paths: Sequence[Path],
    metric: str | None = None,
    by: Sequence[str] | None = None,
    ensemble: bool = False,
    title: str | None = None,
    bars: Sequence[str] | None = None,
    curve: str | None = None,
    over: str = EPOCHS,
    timing: bool = False,
) -> Report:
    """Reads the results at and below the paths, and compares the best row with each other one.

    Args:
        paths: result.json, the folder of a run, of a sweep, or any folder above them.
        metric: what is averaged; None takes that of the paper's figures where every run names the same, or else the
            accuracy, or the PSNR where no run has one.
        by: the keys to tell rows apart by; None takes those that vary, but for fold and seed.
        ensemble: also make a row of the averaged probabilities of the others.
        title: names of the sweeps, or else of the paths, where None.
        bars: the keys of the figure of bars, the last one a bar each, those before it the groups; none for no bars;
            None takes column and row of the paper's table where every run names them.
        curve: the logged metric whose curves are drawn; None takes the validation of `metric`.
        over: what they go over, `epochs` or `iterations`.
        timing: also tell how long a batch took.

    Raises:
        FerError: no path, one that is not there, no result, or an unknown metric, curve or key.
    """
    if not paths:
        raise FerError(
            "no path: name what to report on, as in fer-report logs/sweeps/NAME; any folder above results will do"
        )
    collected = discover_runs(paths)
    if not collected.runs:
        raise FerError(_nothing(paths, collected))
    metric = metric or _usual_metric(collected.runs)
    keys, rows, notes = make_rows(collected, metric, by)
    drawn = bar_keys(bars, collected.runs)
    check_curve(curve, over, collected.runs)
    if ensemble:
        more, ensemble_notes = with_ensemble(rows, metric)
        rows, notes = in_rank(more, metric), (*notes, *ensemble_notes)
    return Report(
        metric=metric,
        keys=keys,
        rows=rows,
        comparisons=compare(rows, metric),
        notes=(*collected.notes, *notes),
        title=title or _title(paths, collected),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        bars=drawn,
        curve=curve,
        over=over,
        timing=timing,
    )


def _usual_metric(runs: Sequence[Run]) -> str:
    named = {(run.result.paper or {}).get("metric") for run in runs}
    if len(named) == 1 and (metric := named.pop()):
        return str(metric)
    usual = (metric for metric in USUAL if any(metric in run.result.metrics for run in runs))
    return next(usual, USUAL[0])


def _title(paths: Sequence[Path], collected: Collected) -> str:
    sweeps = sorted({run.sweep for run in collected.runs if run.sweep})
    alone = any(run.sweep is None for run in collected.runs)
    names = sweeps if sweeps and not alone else [path.resolve().name or str(path.resolve()) for path in paths]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _nothing(paths: Sequence[Path], collected: Collected) -> str:
    places = ", ".join(str(path) for path in paths[:NAMED]) + (" ..." if len(paths) > NAMED else "")
    if not collected.missing_jobs:
        return f"{places}: no result.json here or below: a run writes it when it is finished"
    jobs = len(collected.missing_jobs)
    why = next((f"; {job.name}: {in_a_line(job.reason)}" for job in collected.missing_jobs if job.reason), "")
    return f"{places}: no finished run, and {jobs} job{'s' * (jobs > 1)} without a whole result{why}"
